import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { can } from './can.ts'
import type { Query } from './can.ts'
import { A, B, allow, analysisWorld, arn, document, trusting } from './fixture.ts'
import type { AnalysisWorld } from './fixture.ts'
import { findPrincipal } from './principals.ts'

let world: AnalysisWorld

before(async () => {
  world = await analysisWorld()
  await world.user('alice', { policy: document(allow('s3:GetObject', 'arn:aws:s3:::data/*'), allow('sts:AssumeRole')) })
  await world.user('tagged', {
    policy: document(allow('s3:GetObject', 'arn:aws:s3:::data/${aws:PrincipalTag/team}/*')),
    tags: [{ key: 'team', value: 'blue' }],
  })
  await world.user('network', {
    policy: document(allow('s3:GetObject', '*', { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })),
  })
  await world.user('mfa', {
    policy: document(allow('s3:*'), {
      Effect: 'Deny',
      Action: 's3:DeleteObject',
      Resource: '*',
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    }),
  })
  await world.user('both', {
    policy: document(
      allow('s3:GetObject', '*', { StringEquals: { 's3:ExistingObjectTag/class': 'open' } }),
      allow('s3:GetObject', '*', { StringNotEquals: { 's3:ExistingObjectTag/class': 'open' } }),
    ),
  })
  await world.user('never', {
    policy: document(allow('s3:GetObject', '*', { StringEquals: { 's3:prefix': 'home/' } })),
  })
  await world.user('claims', {
    policy: document(allow('s3:GetObject', '*', { StringEquals: { 'accounts.google.com:aud': 'app' } })),
  })
  await world.role('claimed', document(trusting(A)), {
    policy: document(allow('s3:GetObject', '*', { StringEquals: { 'accounts.google.com:aud': 'app' } })),
  })
  await world.user('bob', {}, B)
  await world.role('open', document(trusting(A)), { policy: document(allow('s3:GetObject')) })
  await world.role('partner', document(trusting(arn('user', 'alice'), { StringEquals: { 'sts:ExternalId': 'e1' } })))
  await world.role('team', document(trusting(A)), {
    policy: document(allow('s3:GetObject', '*', { StringEquals: { 'aws:PrincipalTag/team': 'red' } })),
    tags: [{ key: 'team', value: 'red' }],
  })
  await world.role('taggable', document({ ...trusting(A), Action: ['sts:AssumeRole', 'sts:TagSession'] }), {
    policy: document(allow('s3:GetObject', '*', { StringEquals: { 'aws:PrincipalTag/team': 'red' } })),
  })
  await world.role('sessions', document(trusting(A)))
  await world.bucket(
    'data',
    document({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:sts::${A}:assumed-role/sessions/only` },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::data/*',
    }),
  )
})
after(() => world.close())

const get = (key: string, context: Query['context'] = {}): Query => ({
  action: 's3:GetObject',
  resource: `arn:aws:s3:::data/${key}`,
  context,
})
const assume = (role: string, context: Query['context'] = {}): Query => ({
  action: 'sts:AssumeRole',
  resource: arn('role', role),
  context,
})
const remove: Query = { ...get('a'), action: 's3:DeleteObject' }

const cases: readonly (readonly [name: string, principal: string, query: Query, want: string])[] = [
  ['an identity policy allows', arn('user', 'alice'), get('a'), 'allowed'],
  ['nothing allows', arn('user', 'alice'), remove, 'denied'],
  ['root of the bucket’s account', `arn:aws:iam::${A}:root`, get('a'), 'allowed'],
  ['a user of another account', arn('user', 'bob', B), get('a'), 'denied'],
  ['tags of a user are known', arn('user', 'tagged'), get('blue/x'), 'allowed'],
  ['and so what they do not cover', arn('user', 'tagged'), get('red/x'), 'denied'],
  ['the address is the request’s', arn('user', 'network'), get('a'), 'depends aws:SourceIp'],
  ['a given key is not open', arn('user', 'network'), get('a', { 'aws:SourceIp': '192.0.2.9' }), 'allowed'],
  ['nor is a wrong one', arn('user', 'network'), get('a', { 'aws:sourceip': '198.51.100.1' }), 'denied'],
  ['MFA is the credentials’', arn('user', 'mfa'), remove, 'depends aws:MultiFactorAuthPresent'],
  ['MFA does not matter elsewhere', arn('user', 'mfa'), get('a'), 'allowed'],
  ['whatever the key holds, one of two allows', arn('user', 'both'), get('a'), 'allowed'],
  ['a key that the action does not know', arn('user', 'never'), get('a'), 'denied'],
  ['a user has no claims', arn('user', 'claims'), get('a'), 'denied'],
  ['a session may', arn('role', 'claimed'), get('a'), 'depends accounts.google.com:aud'],
  ['a role through a session', arn('role', 'open'), get('a'), 'allowed'],
  ['tags of a role that nobody may tag', arn('role', 'team'), get('a'), 'allowed'],
  ['tags that a session may bring', arn('role', 'taggable'), get('a'), 'depends aws:PrincipalTag/team'],
  ['a session name that the bucket policy wants', arn('role', 'sessions'), get('a'), 'depends sts:RoleSessionName'],
  ['that session', `arn:aws:sts::${A}:assumed-role/sessions/only`, get('a'), 'allowed'],
  ['a role that trusts the account', arn('user', 'alice'), assume('open'), 'allowed'],
  ['a role that wants an external id', arn('user', 'alice'), assume('partner'), 'depends sts:ExternalId'],
  ['with it', arn('user', 'alice'), assume('partner', { 'sts:ExternalId': 'e1' }), 'allowed'],
  ['a role that is not there', arn('user', 'alice'), assume('gone'), 'denied'],
  ['root may not assume roles', `arn:aws:iam::${A}:root`, assume('open'), 'denied'],
]
for (const [name, principal, query, want] of cases)
  test(name, async () => {
    const at = world.at()
    const caller = await findPrincipal(principal, at.reader, at.now)
    assert.ok(caller, principal)
    const { outcome, dependsOn } = await can(caller, query, at)
    assert.equal([outcome, ...dependsOn].join(' '), want)
  })

test('an example of what it takes', async () => {
  const at = world.at()
  const caller = await findPrincipal(arn('user', 'alice'), at.reader, at.now)
  assert.ok(caller)
  assert.deepEqual((await can(caller, assume('partner'), at)).allowedWith, { 'sts:ExternalId': 'e1' })
})

test('principals that are not there', async () => {
  const { reader, now } = world.at()
  for (const gone of [
    arn('user', 'gone'),
    arn('role', 'gone'),
    'arn:aws:iam::333333333333:root',
    'alice',
    arn('user', 'x/alice'),
  ])
    assert.equal(await findPrincipal(gone, reader, now), undefined, gone)
})
