/** Which policies and tags a caller has: the columns of policy-semantics 4.2. */
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { AttachedPolicy } from '@understudy/policy'
import { AWAY, HOME, openFixture, roleRow, userRow } from '../credentials/fixture.ts'
import type { Fixture } from '../credentials/fixture.ts'
import { identify } from '../credentials/identify.ts'
import type { SessionRequest } from '../credentials/issuer.ts'
import type { SignedCaller } from '../credentials/caller.ts'
import { groups, managedPolicies, users } from '../entities/iam.ts'
import { INSTANCE_IDENTITY_ROLE } from '../entities/ec2.ts'
import { callerPolicies, isServiceLinked, managedPolicy, overlaid } from './caller-policies.ts'
import { catalogue, document, putPolicy } from './fixture.ts'

const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const own = (sid: string) => ({ name: sid.toLowerCase(), text: document(sid) })

let world: Fixture
let bound: string
let shared: string
before(async () => {
  world = await openFixture('caller policies')
  bound = await putPolicy(world, HOME, 'Bound')
  shared = await putPolicy(world, HOME, 'Shared', '/team/')
  await putPolicy(world, AWAY, 'Shared', '/team/')
  await world.store.write([HOME], async (writer) => {
    const base = { path: '/', createdAt: 0 as never }
    await writer.put(groups, HOME, {
      ...base,
      name: 'Analysts',
      id: 'AGPA1',
      attached: [shared],
      inline: [own('OfGroup')],
    })
    await writer.put(groups, HOME, { ...base, name: 'Empty', id: 'AGPA2', attached: [], inline: [] })
  })
  await world.putUser(
    userRow('alice', {
      attached: [READ_ONLY, shared],
      inline: [own('OfAlice')],
      groups: ['Analysts', 'Empty', 'Deleted'],
      boundary: bound,
      tags: [{ key: 'Team', value: 'blue' }],
    }),
  )
  await world.putUser(userRow('lost', { boundary: `arn:aws:iam::${HOME}:policy/Gone` }))
  await world.putRole(
    roleRow('Reader', {
      attached: [shared],
      inline: [own('OfRole')],
      boundary: bound,
      tags: [
        { key: 'Team', value: 'blue' },
        { key: 'Stage', value: 'prod' },
      ],
    }),
  )
  await world.putRole(roleRow('AWSServiceRoleForX', { path: '/aws-service-role/x.amazonaws.com/' }))
  await world.putKey('AKIATESTTESTTESTLIVE', userRow('alice'))
  await world.putKey('AKIATESTTESTTESTLOST', userRow('lost'))
  await world.putKey('AKIATESTTESTTESTROOT', 'root')
})
after(() => world.store.close())

async function callerOf(accessKeyId: string, sessionToken?: string): Promise<SignedCaller> {
  const found = await identify({ accessKeyId, sessionToken, now: world.clock.session() }, world.store.current(), world)
  assert.ok(found.ok)
  return found.caller
}
async function sessionOf(more: Partial<SessionRequest>, role = roleRow('Reader')): Promise<SignedCaller> {
  const made = await world.issuer.issue(world.roleSession(role, more))
  return callerOf(made.accessKeyId, made.sessionToken)
}
/** Sids of the policies, `none` for a layer that is not in use. */
const sids = (policies: readonly AttachedPolicy[] | undefined): readonly string[] | 'none' =>
  policies?.flatMap(({ policy }) => policy.statements.map((statement) => statement.sid ?? '')) ?? 'none'
async function policiesOf(caller: SignedCaller) {
  const found = await callerPolicies(caller, world.store.current(), catalogue)
  return {
    identity: sids(found.identity),
    boundary: sids(found.boundary && [found.boundary]),
    session: sids(found.session),
    tags: Object.fromEntries(found.tags.map(({ key, value }) => [key, value])),
    serviceLinked: found.serviceLinked,
  }
}

const ALICE = ['FromAws', 'Shared1', 'OfAlice', 'Shared1', 'OfGroup']
const PLAIN = { boundary: 'none', session: 'none', tags: {}, serviceLinked: false } as const
const USER = { kind: 'user', name: 'alice', path: '/', id: 'AIDAALICE' } as const
const POLICY = { sessionPolicies: [document('Passed')] }

test('a user: own and group policies, managed ones in their default version, the boundary, his tags', async () => {
  const want = { identity: ALICE, boundary: ['Bound1'], session: 'none', tags: { Team: 'blue' }, serviceLinked: false }
  assert.deepEqual(await policiesOf(await callerOf('AKIATESTTESTTESTLIVE')), want)
  const session = await sessionOf({ holder: USER, proof: { kind: 'session-token' } })
  assert.deepEqual(await policiesOf(session), want)
})

test('another default version counts at once, for managed and session policies alike', async () => {
  const arn = await putPolicy(world, HOME, 'Changing')
  const caller = await sessionOf({ sessionPolicyArns: [arn] })
  assert.deepEqual((await policiesOf(caller)).session, ['Changing1'])
  await world.store.write([HOME], async (writer) => {
    const row = await writer.get(managedPolicies, HOME, 'changing')
    assert.ok(row)
    await writer.put(managedPolicies, HOME, { ...row, defaultVersion: 'v2' })
  })
  assert.deepEqual((await policiesOf(caller)).session, ['Changing2'])
})

test('a boundary whose policy is gone allows nothing, and is there', async () => {
  assert.deepEqual((await policiesOf(await callerOf('AKIATESTTESTTESTLOST'))).boundary, [])
})

test('root has no policies, with a session or without', async () => {
  const want = { identity: [], ...PLAIN }
  assert.deepEqual(await policiesOf(await callerOf('AKIATESTTESTTESTROOT')), want)
  assert.deepEqual(
    await policiesOf(await sessionOf({ holder: { kind: 'root' }, proof: { kind: 'session-token' } })),
    want,
  )
})

test('a task policy limits root, and one that is gone denies everything', async () => {
  const root = { holder: { kind: 'root' }, proof: { kind: 'assume-root' } } as const
  const known = await policiesOf(await sessionOf({ ...root, sessionPolicyArns: [READ_ONLY] }))
  assert.deepEqual(known.session, ['FromAws'])
  const gone = await policiesOf(await sessionOf({ ...root, sessionPolicyArns: [`${READ_ONLY}Gone`] }))
  assert.deepEqual(gone.session, ['Gone'])
})

const ROLE = { identity: ['Shared1', 'OfRole'], boundary: ['Bound1'], serviceLinked: false }
const ROLE_TAGS = { Team: 'blue', Stage: 'prod' }
test('a role session is limited by session policies only where some were passed', async () => {
  assert.deepEqual(await policiesOf(await sessionOf({})), { ...ROLE, session: 'none', tags: ROLE_TAGS })
  const passed = await sessionOf({ ...POLICY, sessionPolicyArns: [shared, READ_ONLY] })
  assert.deepEqual(await policiesOf(passed), { ...ROLE, session: ['Passed', 'Shared1', 'FromAws'], tags: ROLE_TAGS })
})

test('each policy of GetScopedCredentials is a ceiling of its own, of every kind of session', async () => {
  const scopePolicies = [document('First'), document('Second')]
  for (const more of [{}, { holder: USER, proof: { kind: 'session-token' } as const }]) {
    const found = await callerPolicies(await sessionOf({ ...more, scopePolicies }), world.store.current(), catalogue)
    assert.deepEqual(sids(found.scopeDown), ['First', 'Second'])
  }
  const { scopeDown } = await callerPolicies(await sessionOf({}), world.store.current(), catalogue)
  assert.equal(scopeDown, undefined)
})

test('a session policy that is gone leaves the limit in place', async () => {
  const gone = await sessionOf({ sessionPolicyArns: [`arn:aws:iam::${HOME}:policy/Gone`] })
  assert.deepEqual((await policiesOf(gone)).session, [])
})

test('session tags lie over those of the role', async () => {
  const tags = [
    { key: 'TEAM', value: 'red' },
    { key: 'Cost', value: '7' },
  ]
  assert.deepEqual((await policiesOf(await sessionOf({ tags }))).tags, { Stage: 'prod', TEAM: 'red', Cost: '7' })
})

test('a federated user has the policies of his issuer, and nothing without session policies', async () => {
  const proof = { kind: 'federation-token' } as const
  const silent = { identity: ALICE, boundary: ['Bound1'], session: [], tags: { Team: 'blue' }, serviceLinked: false }
  assert.deepEqual(await policiesOf(await sessionOf({ holder: USER, proof })), silent)
  const passed = await sessionOf({ holder: USER, proof, ...POLICY, tags: [{ key: 'team', value: 'red' }] })
  assert.deepEqual(await policiesOf(passed), { ...silent, session: ['Passed'], tags: { team: 'red' } })
})

test('a federated user of root has what the session policies say', async () => {
  const of = { holder: { kind: 'root' }, proof: { kind: 'federation-token' } } as const
  assert.deepEqual(await policiesOf(await sessionOf({ ...of, ...POLICY })), {
    ...PLAIN,
    identity: ['Passed'],
    session: ['Passed'],
  })
  assert.deepEqual((await policiesOf(await sessionOf(of))).identity, [])
})

test('service-linked roles are known by their path', async () => {
  const role = roleRow('AWSServiceRoleForX', { path: '/aws-service-role/x.amazonaws.com/' })
  assert.equal((await policiesOf(await sessionOf({}, role))).serviceLinked, true)
  assert.equal(isServiceLinked(roleRow('AWSServiceRoleForX')), false)
})

test('nobody, services and who has only proved a token have no policies; nor has the identity role', async () => {
  const none = { identity: [], tags: [], serviceLinked: false }
  const reader = world.store.current()
  assert.deepEqual(
    await callerPolicies({ kind: 'anonymous', principal: { kind: 'anonymous' } }, reader, catalogue),
    none,
  )
  const service = { kind: 'service', principal: { kind: 'service', name: 'x' }, name: 'x' } as const
  assert.deepEqual(await callerPolicies(service, reader, catalogue), none)
  const caller = await sessionOf({})
  assert.ok(caller.kind === 'role-session')
  assert.deepEqual(await callerPolicies({ ...caller, roleName: INSTANCE_IDENTITY_ROLE }, reader, catalogue), none)
})

test('who is gone from the picture is a fault, not a caller without policies', async () => {
  const caller = await callerOf('AKIATESTTESTTESTLIVE')
  await world.store.write([HOME], (writer) => writer.remove(users, HOME, 'alice'))
  await assert.rejects(
    async () => callerPolicies(caller, world.store.current(), catalogue),
    /is gone from this picture/,
  )
})

const arns: readonly (readonly [name: string, arn: () => string, sid: string | undefined])[] = [
  ["a customer's", () => shared, 'Shared1'],
  ["AWS's", () => READ_ONLY, 'FromAws'],
  ['names compare without case', () => shared.replace('Shared', 'SHARED'), 'Shared1'],
  ['another path', () => shared.replace('/team/', '/'), undefined],
  ['another account', () => shared.replace(HOME, '999999999999'), undefined],
  ['another kind', () => shared.replace(':policy/', ':role/'), undefined],
  ['none of AWS', () => 'arn:aws:iam::aws:policy/Nothing', undefined],
  ['no ARN', () => 'Shared', undefined],
]
for (const [name, arn, sid] of arns)
  test(`managed policy: ${name}`, async () => {
    const policy = await managedPolicy(arn(), world.store.current(), catalogue)
    assert.equal(policy?.policy.statements[0]?.sid, sid)
  })

test('tags: nothing passed leaves the own ones, keys are one without case', () => {
  const tags = [{ key: 'A', value: '1' }]
  assert.equal(overlaid(tags, []), tags)
  assert.deepEqual(overlaid(tags, [{ key: 'a', value: '2' }]), [{ key: 'a', value: '2' }])
  assert.deepEqual(overlaid(tags, [{ key: 'b', value: '2' }]), [...tags, { key: 'b', value: '2' }])
})
