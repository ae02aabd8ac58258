/** Which policies take part, and how each layer reads its principals: one line a case. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import type { PolicySet, Principal, RequestContext, RequestFlags } from '../types.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'

const A = '111122223333'
const B = '444455556666'
const role = `arn:aws:iam::${A}:role/app`
const alice: Principal = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' }
const root: Principal = { kind: 'root', accountId: A, arn: `arn:aws:iam::${A}:root` }
const session: Principal = {
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/app/s1`,
  userId: 'AROAAPP:s1',
  roleArn: role,
}
const carol: Principal = {
  kind: 'federated-user',
  accountId: A,
  arn: `arn:aws:sts::${A}:federated-user/carol`,
  userId: `${A}:carol`,
  issuerArn: alice.arn,
}
const ec2: Principal = { kind: 'service', name: 'ec2.amazonaws.com' }
const web: Principal = { kind: 'web-identity', provider: 'idp.example' }

const attach = (...statements: readonly object[]) => ({
  name: 'policy',
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const deny = { ...all, Effect: 'Deny' }
const full = attach(all)
const none = attach()
const anyone = attach({ ...all, Principal: '*' })
const nobodyNamed = attach(all)
const allBut = (Principal: unknown) => attach({ ...all, Principal: '*' }, { ...deny, NotPrincipal: Principal })
const aliceAndAccount = { AWS: [A, alice.arn] }
const key = `arn:aws:kms:us-east-1:${A}:key/k`
const object = { action: 's3:GetObject', resource: 'arn:aws:s3:::data/a' }
const decrypt = { action: 'kms:Decrypt', resource: key }
const assume = { action: 'sts:AssumeRole', resource: role }
const rescue = { action: 's3:PutBucketPolicy', resource: 'arn:aws:s3:::data' }

type Row = readonly [
  name: string,
  principal: Principal,
  given: Partial<RequestContext> & { readonly flags?: RequestFlags },
  set: Partial<PolicySet>,
  reason: string,
]
const rows: readonly Row[] = [
  ['a resource policy that names nobody', ec2, object, { resource: nobodyNamed }, 'implicit-deny:resource'],
  ['a VPC endpoint policy that names nobody', alice, object, { identity: [full], vpce: full }, 'implicit-deny:vpce'],
  ['an identity policy needs no name', alice, object, { identity: [full] }, 'identity'],
  ['an SCP needs no name', alice, object, { identity: [full], scp: [[full]] }, 'identity'],
  ['an RCP that names nobody denies nobody', alice, object, { identity: [full], rcp: [[attach(deny)]] }, 'identity'],
  ['an RCP does not have to allow', alice, object, { identity: [full], rcp: [[none], []] }, 'identity'],
  [
    'a boundary spoils NotPrincipal of an RCP',
    alice,
    object,
    { identity: [full], boundary: full, rcp: [[allBut(aliceAndAccount)]] },
    'explicit-deny:rcp',
  ],
  ['and without it', alice, object, { identity: [full], rcp: [[allBut(aliceAndAccount)]] }, 'identity'],
  [
    'a boundary spoils NotPrincipal of an endpoint policy',
    alice,
    object,
    { identity: [full], boundary: full, vpce: allBut(aliceAndAccount) },
    'explicit-deny:vpce',
  ],
  ['an endpoint policy without it', alice, object, { identity: [full], vpce: allBut(aliceAndAccount) }, 'identity'],
  [
    'a boundary spoils NotPrincipal of a trust policy',
    alice,
    assume,
    { identity: [full], boundary: full, trust: allBut(aliceAndAccount) },
    'explicit-deny:trust',
  ],
  ['a trust policy without it', alice, assume, { identity: [full], trust: allBut(aliceAndAccount) }, 'trust'],
  ['everybody is no web identity', web, assume, { trust: anyone }, 'implicit-deny:trust'],
  ['nor with a boundary somewhere', web, assume, { trust: anyone, boundary: full }, 'implicit-deny:trust'],
  ['but everybody reaches a bucket', web, object, { resource: anyone }, 'resource'],
  ['a key without policy gives nothing to users', alice, decrypt, { identity: [full] }, 'implicit-deny:resource'],
  ['nor to sessions', session, decrypt, { identity: [full] }, 'implicit-deny:resource'],
  ['nor to root', root, decrypt, {}, 'implicit-deny:resource'],
  [
    'nor in another account',
    session,
    { ...decrypt, resourceAccount: B },
    { identity: [full] },
    'implicit-deny:resource',
  ],
  [
    'root of a key policy that names the account',
    root,
    decrypt,
    { resource: attach({ ...all, Principal: { AWS: A } }) },
    'resource',
  ],
  [
    'a key policy that names the user',
    alice,
    decrypt,
    { resource: attach({ ...all, Principal: { AWS: alice.arn } }) },
    'resource',
  ],
  [
    'a key policy that names the role, under a boundary',
    session,
    decrypt,
    { resource: attach({ ...all, Principal: { AWS: role } }), boundary: none },
    'implicit-deny:boundary',
  ],
  ['kms on another resource', alice, { ...decrypt, resource: '*' }, { identity: [full] }, 'identity'],
  ['another service on a key', alice, { ...object, resource: key }, { identity: [full] }, 'identity'],
  ['root reaches its own bucket', root, object, {}, 'root'],
  ['root of another account does not', root, { ...object, resourceAccount: B }, {}, 'implicit-deny:resource'],
  [
    'root under a bucket policy that denies',
    root,
    object,
    { resource: attach({ ...deny, Principal: '*' }) },
    'explicit-deny:resource',
  ],
  ['root may repair it', root, rescue, { resource: attach({ ...deny, Principal: '*' }) }, 'root'],
  [
    'a user may not',
    alice,
    rescue,
    { identity: [full], resource: attach({ ...deny, Principal: '*' }) },
    'explicit-deny:resource',
  ],
  [
    'root elsewhere may not',
    root,
    { ...rescue, resourceAccount: B },
    { resource: attach({ ...deny, Principal: '*' }) },
    'explicit-deny:resource',
  ],
  ['a task policy only takes away', root, object, { session: [none] }, 'root'],
  ['a task policy takes away', root, object, { session: [attach(deny)] }, 'explicit-deny:session'],
  ['root has no boundary', root, object, { boundary: attach(deny) }, 'root'],
  ['a federated user without session policy', carol, object, { identity: [full] }, 'implicit-deny:session'],
  ['with one', carol, object, { identity: [full], session: [full] }, 'identity'],
  ['a role session without one', session, object, { identity: [full] }, 'identity'],
  [
    'a service has neither',
    ec2,
    object,
    { resource: anyone, session: [none], boundary: none, identity: [attach(deny)] },
    'resource',
  ],
  ['an SCP binds root', root, object, { scp: [[none]] }, 'implicit-deny:scp'],
  ['an SCP binds no service', ec2, object, { resource: anyone, scp: [[none]] }, 'resource'],
  [
    'nor the management account',
    alice,
    { ...object, flags: { managementAccount: true } },
    { identity: [full], scp: [[none]] },
    'identity',
  ],
  [
    'nor a service-linked role',
    session,
    { ...object, flags: { serviceLinkedRole: true } },
    { identity: [full], scp: [[none]] },
    'identity',
  ],
  [
    'whose boundary is none',
    session,
    { ...object, flags: { serviceLinkedRole: true } },
    { identity: [full], boundary: none },
    'identity',
  ],
  [
    'any other has one',
    session,
    { ...object, flags: {} },
    { identity: [full], boundary: none },
    'implicit-deny:boundary',
  ],
  ['every level must allow', alice, object, { identity: [full], scp: [[full], [none], [full]] }, 'implicit-deny:scp'],
  [
    'an RCP binds',
    alice,
    object,
    { identity: [full], rcp: [[attach({ ...deny, Principal: '*' })]] },
    'explicit-deny:rcp',
  ],
  [
    'an RCP binds no service-linked role',
    session,
    { ...object, flags: { serviceLinkedRole: true } },
    { identity: [full], rcp: [[attach({ ...deny, Principal: '*' })]] },
    'identity',
  ],
  [
    'nor a resource of the management account',
    alice,
    { ...object, flags: { resourceInManagementAccount: true } },
    { identity: [full], rcp: [[attach({ ...deny, Principal: '*' })]] },
    'identity',
  ],
  [
    'nor an action without resource',
    alice,
    { ...object, resource: '*' },
    { identity: [full], rcp: [[attach({ ...deny, Principal: '*' })]] },
    'identity',
  ],
  [
    'nor another service',
    alice,
    { action: 'ec2:RunInstances', resource: 'arn:aws:ec2:::instance/i' },
    { identity: [full], rcp: [[attach({ ...deny, Principal: '*' })]] },
    'identity',
  ],
  [
    'nor the trust policy of a service-linked role',
    ec2,
    { ...assume, resource: `arn:aws:iam::${A}:role/aws-service-role/ec2/x` },
    { trust: anyone, rcp: [[attach({ ...deny, Principal: '*' })]] },
    'trust',
  ],
  [
    'but what else is done to it',
    ec2,
    { action: 's3:GetObject', resource: `arn:aws:iam::${A}:role/aws-service-role/ec2/x` },
    { resource: anyone, rcp: [[attach({ ...deny, Principal: '*' })]] },
    'explicit-deny:rcp',
  ],
  [
    'policies that scope down are each a ceiling',
    session,
    object,
    { identity: [full], scopeDown: [full, none] },
    'implicit-deny:session',
  ],
  ['delegated credentials of root: a ceiling too', root, object, { scopeDown: [full, none] }, 'implicit-deny:session'],
  ["and what it allows is root's", root, object, { scopeDown: [full] }, 'root'],
  ['all of them allow', session, object, { identity: [full], scopeDown: [full, full] }, 'identity'],
  ['a direct grant passes no ceiling', alice, object, { resource: anyone, scopeDown: [none] }, 'implicit-deny:session'],
  [
    'a direct grant passes a session policy',
    carol,
    object,
    { resource: attach({ ...all, Principal: { AWS: carol.arn } }), session: [none] },
    'resource',
  ],
  [
    'the issuer named: the session policy limits',
    carol,
    object,
    { resource: attach({ ...all, Principal: { AWS: alice.arn } }), session: [none] },
    'implicit-deny:session',
  ],
  [
    'a service role is a role',
    ec2,
    assume,
    { trust: attach({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }) },
    'trust',
  ],
  [
    'a trust policy is asked about roles only',
    alice,
    { ...assume, resource: `arn:aws:iam::${A}:user/x` },
    { identity: [full], trust: none },
    'identity',
  ],
]

const request = (principal: Principal, given: Partial<RequestContext>): RequestContext => ({
  principal,
  action: 's3:GetObject',
  resource: '*',
  resourceAccount: A,
  context: requestContext({}),
  ...given,
})

for (const [name, principal, given, set, reason] of rows) {
  test(name, () => assert.equal(decide(request(principal, given), { identity: [], ...set }).reason, reason))
}

test('a record says which level and whose policy', () => {
  const named = (name: string, owner: string) => ({ ...full, name, owner, arn: `arn:aws:iam::${A}:policy/${name}` })
  const sid = attach(
    { ...all, Sid: 'S' },
    { ...deny, Action: 'ec2:*' },
    { ...deny, Principal: '*', Resource: 'arn:aws:s3:::b' },
  )
  const { layers } = explain(request(alice, object), {
    identity: [sid],
    resource: attach({ ...all, Principal: { AWS: B } }, { ...all, Principal: '*', Action: 's3:Put*', Resource: 'x' }),
    scp: [[named('top', B)], [none]],
    rcp: [[none], [attach({ ...deny, Principal: '*' })]],
  })
  assert.deepEqual(
    layers.map(({ layer, level, verdict }) => [layer, level, verdict]),
    [
      ['scp', 0, 'allowed'],
      ['scp', 1, 'silent'],
      ['rcp', 0, 'allowed'],
      ['rcp', 1, 'denied'],
      ['resource', undefined, 'silent'],
      ['identity', undefined, 'allowed'],
    ],
  )
  const rows = layers.flatMap(({ statements }) => statements)
  assert.deepEqual(
    rows.map(({ policy, policyArn, owner, sid: name, index, matched, failed, misses }) =>
      [policy, policyArn, owner, name, index, matched, failed, misses].map((value) => value ?? '-').join(' '),
    ),
    [
      `top arn:aws:iam::${A}:policy/top ${B} - 0 true - 0`,
      'policy - - - 0 true - 0',
      'policy - - - 0 false principal 1',
      'policy - - - 1 false action 2',
      'policy - - S 0 true - 0',
      'policy - - - 1 false action 1',
      'policy - - - 2 false resource 1',
    ],
  )
  for (const row of rows) {
    assert.deepEqual(['policyArn' in row, 'owner' in row], [row.policy === 'top', row.policy === 'top'])
    assert.deepEqual(['sid' in row, 'failed' in row], [row.sid === 'S', !row.matched])
  }
  assert.ok(layers.every((layer) => 'level' in layer === ['scp', 'rcp'].includes(layer.layer)))
})
