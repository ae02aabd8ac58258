import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { instant } from '../domain/brands.ts'
import { accessKeys, accounts, endedSessions, EVERYWHERE, roles, users } from '../entities/iam.ts'
import { INSTANCE_IDENTITY_ROLE } from '../entities/ec2.ts'
import type { SessionProof } from './caller.ts'
import { HOME, openFixture, roleRow, SECRET, userRow } from './fixture.ts'
import type { Fixture } from './fixture.ts'
import { identify } from './identify.ts'
import type { NotIdentified } from './identify.ts'

const alice = userRow('alice', { path: '/team/' })
const reader = roleRow('Reader', { path: '/apps/' })
const LIVE = 'AKIATESTTESTTESTLIVE'
const ROOT = 'AKIATESTTESTTESTROOT'

let world: Fixture
before(async () => {
  world = await openFixture('identify')
  await world.putUser(alice)
  await world.putRole(reader)
  await world.putKey(LIVE, alice)
  await world.putKey(ROOT, 'root')
  await world.putKey('AKIATESTTESTINACTIVE', alice, { status: 'Inactive' })
  await world.putKey('AKIATESTTESTTESTGONE', userRow('nobody'))
  await world.putKey('AKIATESTTESTNAMESAKE', { ...alice, id: 'AIDAEARLIERALICE' })
})
after(() => world.store.close())

const found = (accessKeyId: string, sessionToken?: string, now = world.clock.session()) =>
  identify({ accessKeyId, sessionToken, now }, world.store.current(), world)
const why = async (...given: Parameters<typeof found>): Promise<NotIdentified | 'ok'> => {
  const result = await found(...given)
  return result.ok ? 'ok' : result.why
}
const session = (more: Parameters<Fixture['roleSession']>[1] = {}) =>
  world.issuer.issue(world.roleSession(reader, more))

const longTerm: readonly (readonly [name: string, key: string, want: NotIdentified | 'ok'])[] = [
  ['a key', LIVE, 'ok'],
  ['a key of root', ROOT, 'ok'],
  ['a key that nobody has', 'AKIATESTTESTTESTNONE', 'unknown-key'],
  ['a key id in other letters', LIVE.toLowerCase(), 'unknown-key'],
  ['no key', '', 'unknown-key'],
  ['a key that is off', 'AKIATESTTESTINACTIVE', 'inactive-key'],
  ['a key whose user is gone', 'AKIATESTTESTTESTGONE', 'holder-gone'],
  ['a key of an earlier user of the name', 'AKIATESTTESTNAMESAKE', 'holder-gone'],
  ['a key of a session without a token', 'ASIATESTTESTTESTTEST', 'token-missing'],
]
for (const [name, key, want] of longTerm)
  test(name, async () => {
    assert.equal(await why(key), want)
    // An empty token header is no token.
    assert.equal(await why(key, ''), want)
  })

test('the secret that was sealed, and who it is', async () => {
  const result = await found(LIVE)
  assert.ok(result.ok)
  assert.equal(result.secret, SECRET)
  assert.deepEqual(result.caller, {
    kind: 'user',
    principal: { kind: 'user', accountId: HOME, arn: `arn:aws:iam::${HOME}:user/team/alice`, userId: alice.id },
    account: HOME,
    userName: 'alice',
    userId: alice.id,
    accessKeyId: LIVE,
  })
  const root = await found(ROOT)
  assert.ok(root.ok)
  assert.equal(root.caller.kind, 'root')
})

test('a secret that was copied from another row is not opened', async () => {
  const copied = await world.store.current().get(accessKeys, HOME, LIVE)
  assert.ok(copied)
  const id = 'AKIATESTTESTTESTCOPY'
  await world.store.write([HOME], (writer) => writer.put(accessKeys, HOME, { ...copied, id }))
  await assert.rejects(found(id))
})

test('tokens: which go with which key, and which do not', async () => {
  const [one, two] = [await session(), await session()]
  const changed = Buffer.from(one.sessionToken, 'base64')
  changed[60] = (changed[60] ?? 0) ^ 1
  const cases: readonly (readonly [name: string, key: string, token: string, want: NotIdentified | 'ok'])[] = [
    ['its own', one.accessKeyId, one.sessionToken, 'ok'],
    ["another session's", one.accessKeyId, two.sessionToken, 'token-of-another-key'],
    ['beside a long-term key', LIVE, one.sessionToken, 'token-unexpected'],
    ['nonsense beside a long-term key', LIVE, 'nonsense', 'token-unexpected'],
    ['beside a key that nobody has', 'AKIATESTTESTTESTNONE', one.sessionToken, 'unknown-key'],
    ['cut short', one.accessKeyId, one.sessionToken.slice(0, 40), 'token-malformed'],
    ['text', one.accessKeyId, 'FwoGZXIvYXdzEXAMPLETOKEN', 'token-malformed'],
    ['changed', one.accessKeyId, changed.toString('base64'), 'token-changed'],
    ['with a key id that carries no account', 'ASIAIOSFODNN7EXAMPLE', one.sessionToken, 'token-of-another-key'],
  ]
  for (const [name, key, token, want] of cases) assert.equal(await why(key, token), want, name)
})

test('a session lasts until its last second, and says when it ended', async () => {
  const made = await session()
  const end = made.expiresAt
  assert.equal(await why(made.accessKeyId, made.sessionToken, instant(end - 1)), 'ok')
  const late = await found(made.accessKeyId, made.sessionToken, end)
  assert.ok(!late.ok && late.why === 'expired')
  assert.equal(late.expired?.expiresAt, end)
})

test('a session that was ended, and no other', async () => {
  const [ended, other] = [await session(), await session()]
  assert.equal(await why(ended.accessKeyId, ended.sessionToken), 'ok')
  const row = { accessKeyId: ended.accessKeyId, endedAt: world.clock.session(), keptUntil: ended.expiresAt }
  await world.store.write([HOME], (writer) => writer.put(endedSessions, HOME, row))
  assert.equal(await why(ended.accessKeyId, ended.sessionToken), 'ended')
  assert.equal(await why(other.accessKeyId, other.sessionToken), 'ok')
})

test('the order: expiry is told in front of the end and of a holder that is gone', async () => {
  const made = await session({ holder: { kind: 'role', name: 'None', path: '/', id: 'AROANONE' } })
  assert.equal(await why(made.accessKeyId, made.sessionToken), 'holder-gone')
  assert.equal(await why(made.accessKeyId, made.sessionToken, made.expiresAt), 'expired')
})

test('a role that was made again under its name is somebody else', async () => {
  const temporary = roleRow('Temporary')
  await world.putRole(temporary)
  const made = await world.issuer.issue(world.roleSession(temporary))
  assert.equal(await why(made.accessKeyId, made.sessionToken), 'ok')
  await world.store.write([HOME], (writer) => writer.remove(roles, HOME, roles.key(temporary)))
  assert.equal(await why(made.accessKeyId, made.sessionToken), 'holder-gone')
  await world.putRole({ ...temporary, id: 'AROASOMEBODYELSE' })
  assert.equal(await why(made.accessKeyId, made.sessionToken), 'holder-gone')
})

test('a user that was renamed keeps his sessions', async () => {
  const bob = userRow('bob')
  await world.putUser(bob)
  const holder = { kind: 'user', name: bob.name, path: bob.path, id: bob.id } as const
  const made = await session({ holder, proof: { kind: 'session-token' } })
  await world.store.write([HOME], async (writer) => {
    await writer.remove(users, HOME, users.key(bob))
    await writer.put(users, HOME, { ...bob, name: 'robert', path: '/new/' })
  })
  const result = await found(made.accessKeyId, made.sessionToken)
  assert.ok(result.ok && result.caller.kind === 'user')
  assert.equal(result.caller.userName, 'robert')
  assert.equal('arn' in result.caller.principal && result.caller.principal.arn, `arn:aws:iam::${HOME}:user/new/robert`)
})

const USER = { kind: 'user', name: alice.name, path: alice.path, id: alice.id } as const
const INSTANCE: SessionProof = { kind: 'instance', instanceArn: 'a', roleDelivery: '2.0', vpcId: 'v', privateIp: '1' }
const WEB: SessionProof = { kind: 'web-identity', provider: 'issuer.example', claims: {} }
const ROLE_ARN = `arn:aws:sts::${HOME}:assumed-role/Reader/session`
const FEDERATED = `arn:aws:sts::${HOME}:federated-user/session`
const kinds: readonly (readonly [
  name: string,
  more: Parameters<Fixture['roleSession']>[1],
  kind: string,
  arn: string,
])[] = [
  ['a role session: without the path', {}, 'role-session', ROLE_ARN],
  ['one that began with a token', { proof: WEB }, 'role-session', ROLE_ARN],
  [
    'GetSessionToken',
    { holder: USER, proof: { kind: 'session-token' } },
    'user',
    `arn:aws:iam::${HOME}:user/team/alice`,
  ],
  [
    'GetSessionToken of root',
    { holder: { kind: 'root' }, proof: { kind: 'session-token' } },
    'root',
    `arn:aws:iam::${HOME}:root`,
  ],
  ['GetFederationToken', { holder: USER, proof: { kind: 'federation-token' } }, 'federated-user', FEDERATED],
  [
    'GetFederationToken of root',
    { holder: { kind: 'root' }, proof: { kind: 'federation-token' } },
    'federated-user',
    FEDERATED,
  ],
  [
    'the identity role of an instance, which is no row',
    { holder: { kind: 'role', name: INSTANCE_IDENTITY_ROLE, path: '/', id: 'AROAINSTANCE' }, proof: INSTANCE },
    'role-session',
    `arn:aws:sts::${HOME}:assumed-role/${INSTANCE_IDENTITY_ROLE}/session`,
  ],
]
for (const [name, more, kind, arn] of kinds)
  test(name, async () => {
    const made = await session(more)
    const result = await found(made.accessKeyId, made.sessionToken)
    assert.ok(result.ok)
    assert.equal(result.caller.kind, kind)
    assert.equal('arn' in result.caller.principal && result.caller.principal.arn, arn)
    assert.equal(result.secret, made.secretAccessKey)
    assert.ok('session' in result.caller && result.caller.session, 'the session goes with the caller')
  })

test('the provider is what trust policies see of a session that began with a token', async () => {
  const made = await session({ proof: WEB })
  const result = await found(made.accessKeyId, made.sessionToken)
  assert.ok(result.ok && result.caller.principal.kind === 'role-session')
  assert.equal(result.caller.principal.provider, 'issuer.example')
  assert.equal(result.caller.principal.roleArn, `arn:aws:iam::${HOME}:role/apps/Reader`)
})

test('only an instance has the identity role without a row', async () => {
  const holder = { kind: 'role', name: INSTANCE_IDENTITY_ROLE, path: '/', id: 'AROAINSTANCE' } as const
  const made = await session({ holder })
  assert.equal(await why(made.accessKeyId, made.sessionToken), 'holder-gone')
})

test('an account that is gone takes its root with it', async () => {
  const made = await session({ holder: { kind: 'root' }, proof: { kind: 'session-token' } })
  await world.store.write([EVERYWHERE], (writer) => writer.remove(accounts, EVERYWHERE, HOME))
  assert.equal(await why(ROOT), 'holder-gone')
  assert.equal(await why(made.accessKeyId, made.sessionToken), 'holder-gone')
})
