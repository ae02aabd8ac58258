/** From a question to a decision: which sides take part, which facts go along. */
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { openFixture, userRow, HOME, AWAY } from '../credentials/fixture.ts'
import type { Fixture } from '../credentials/fixture.ts'
import type { Caller } from '../credentials/caller.ts'
import { rootArn, userArn } from '../domain/arn.ts'
import { instant, knownAccountId } from '../domain/brands.ts'
import type { AccountId } from '../domain/brands.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import { organizations } from '../entities/organization.ts'
import { judge } from './authorize.ts'
import type { Asker } from './authorize.ts'
import { catalogue, document } from './fixture.ts'
import type { Ask, ResourcePolicy } from './question.ts'

const MEMBER = knownAccountId('777788889999')
let world: Fixture
before(async () => {
  world = await openFixture('authorize')
  for (const account of [HOME, AWAY, MEMBER])
    await world.putUser(
      userRow('alice', { id: `AIDA${account}`, inline: [{ name: 'all', text: document('All') }] }),
      account,
    )
  await world.store.write([EVERYWHERE], (writer) =>
    writer.put(organizations, EVERYWHERE, {
      id: 'o-1',
      createdAt: instant(0),
      managementAccount: HOME,
      scpEnabled: true,
      rcpEnabled: true,
      units: [
        {
          id: 'r-1',
          name: 'Root',
          accounts: [MEMBER],
          serviceControlPolicies: [{ name: 'deny', arn: 'arn:scp', text: document('Scp', { Effect: 'Deny' }) }],
          resourceControlPolicies: [
            { name: 'deny', arn: 'arn:rcp', text: document('Rcp', { Effect: 'Deny', Principal: '*' }) },
          ],
        },
      ],
      accountPolicies: {},
    }),
  )
})
after(() => world.store.close())

const alice = (account: AccountId): Caller => ({
  kind: 'user',
  principal: { kind: 'user', accountId: account, arn: userArn(account, '/', 'alice'), userId: `AIDA${account}` },
  account,
  userName: 'alice',
  userId: `AIDA${account}`,
  accessKeyId: 'AKIA',
})
const root = (account: AccountId): Caller => ({
  kind: 'root',
  principal: { kind: 'root', accountId: account, arn: rootArn(account) },
  account,
  accessKeyId: 'AKIA',
})
const nobody: Caller = { kind: 'anonymous', principal: { kind: 'anonymous' } }
const PRINCIPAL = { kind: 'service', name: 'x.amazonaws.com' } as const
const service = { kind: 'service', principal: PRINCIPAL, name: 'x.amazonaws.com' } as const

const asker = (caller: Caller): Asker => ({ caller, region: 'us-east-1', now: instant(0), secure: true })
const judged = (caller: Caller, ask: Partial<Ask> = {}) =>
  judge(
    { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', ...ask },
    asker(caller),
    world.store.current(),
    catalogue,
  )
const reasonOf = async (caller: Caller, ask: Partial<Ask> = {}) => (await judged(caller, ask)).decision.reason

const bucket = (text: string, more: Partial<ResourcePolicy> = {}): ResourcePolicy => ({
  layer: 'resource',
  name: 'bucket policy of b',
  text,
  owner: AWAY,
  ...more,
})
const open = document('Public', { Principal: '*' })

const cases: readonly (readonly [name: string, caller: Caller, ask: Partial<Ask>, reason: string])[] = [
  ['at home, in the management account: no SCP binds', alice(HOME), {}, 'identity'],
  ['a member is bound by SCPs', alice(MEMBER), {}, 'explicit-deny:scp'],
  ['and so is its root', root(MEMBER), {}, 'explicit-deny:scp'],
  ['outside of any organization', alice(AWAY), {}, 'identity'],
  ['RCPs bind who comes from elsewhere', alice(AWAY), { resourceAccount: MEMBER }, 'explicit-deny:rcp'],
  ['and who is nobody', nobody, { resourceAccount: MEMBER }, 'explicit-deny:rcp'],
  ['not in the management account', root(AWAY), { resourceAccount: HOME }, 'implicit-deny:resource'],
  ['elsewhere the resource must agree', alice(HOME), { resourceAccount: AWAY }, 'implicit-deny:resource'],
  ['and does', alice(HOME), { resourceAccount: AWAY, resourcePolicy: bucket(open) }, 'identity+resource'],
  ['nobody needs the resource alone', nobody, { resourceAccount: AWAY, resourcePolicy: bucket(open) }, 'resource'],
  [
    'public policies are restricted: nobody',
    nobody,
    { resourceAccount: AWAY, resourcePolicy: bucket(open, { restrictPublic: true }) },
    'explicit-deny:resource',
  ],
  [
    'somebody of another account',
    alice(HOME),
    { resourceAccount: AWAY, resourcePolicy: bucket(open, { restrictPublic: true }) },
    'explicit-deny:resource',
  ],
  [
    'its own account is not restricted',
    alice(AWAY),
    { resourceAccount: AWAY, resourcePolicy: bucket(open, { restrictPublic: true }) },
    'resource',
  ],
  [
    'nor are AWS services',
    service,
    { resourceAccount: AWAY, resourcePolicy: bucket(open, { restrictPublic: true }) },
    'resource',
  ],
  [
    'one statement without a list is restricted too',
    nobody,
    {
      resourceAccount: AWAY,
      resourcePolicy: bucket(
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}',
        { restrictPublic: true },
      ),
    },
    'explicit-deny:resource',
  ],
  ['who asks may be another one than who calls', nobody, { caller: alice(HOME) }, 'identity'],
  ['an operation may bar the credentials', alice(HOME), { flags: { stsRestriction: true } }, 'sts-restriction'],
  [
    'a trust policy is one',
    alice(AWAY),
    {
      action: 'sts:AssumeRole',
      resource: `arn:aws:iam::${AWAY}:role/R`,
      resourcePolicy: { layer: 'trust', name: 'trust', text: '{"Version":"2012-10-17","Statement":[]}', owner: AWAY },
    },
    'implicit-deny:trust',
  ],
]
for (const [name, caller, ask, reason] of cases)
  test(name, async () => assert.equal(await reasonOf(caller, ask), reason))

test('the owner of the resource is the caller, where the question names none', async () => {
  assert.equal((await judged(alice(HOME))).request.resourceAccount, HOME)
  assert.equal((await judged(nobody)).request.resourceAccount, undefined)
})

test('the organization of the account that a service acts for', async () => {
  const acting = async (sourceAccount: AccountId) => (await judged({ ...service, sourceAccount })).request.context
  const member = await acting(MEMBER)
  assert.equal(member.get('aws:sourceaccount'), MEMBER)
  assert.equal(member.get('aws:sourceorgid'), 'o-1')
  assert.deepEqual(member.get('aws:sourceorgpaths'), ['o-1/r-1/'])
  assert.equal(member.has('aws:principalorgid'), false)
  const outside = await acting(AWAY)
  assert.deepEqual([outside.has('aws:sourceaccount'), outside.has('aws:sourceorgid')], [true, false])
})

test('what an operation knows of a refusal is kept, of an allow it is not asked', async () => {
  const whenDenied = () => ({ diagnosis: 'FOUND', note: 'out', details: { claims: 1 } })
  const denied = await judged(nobody, { diagnosis: 'KNOWN', note: 'before', whenDenied })
  assert.deepEqual([denied.diagnosis, denied.note, denied.details], ['FOUND', 'out', { claims: 1 }])
  const plain = await judged(nobody, { diagnosis: 'KNOWN', note: 'before' })
  assert.deepEqual([plain.diagnosis, plain.note], ['KNOWN', 'before'])
  const allowed = await judged(alice(HOME), { whenDenied: () => assert.fail('asked') })
  assert.equal(allowed.details, undefined)
})

test('policies that were compiled once are the same objects, so the journal holds them once', async () => {
  const ask = { resourceAccount: AWAY, resourcePolicy: bucket(open) }
  const [one, two] = [await judged(alice(HOME), ask), await judged(alice(HOME), ask)]
  assert.equal(one.set.identity[0], two.set.identity[0])
  assert.equal(one.set.resource, two.set.resource)
})
