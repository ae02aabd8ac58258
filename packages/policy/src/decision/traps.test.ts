/** Traps that evaluators fall into (policy-semantics 7), where the corpus here has no row for them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import type { ContextValue, PolicySet, Principal, RequestContext } from '../types.ts'
import { decide } from './decide.ts'

const A = '111122223333'
const B = '444455556666'
const alice: Principal = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' }
const role = `arn:aws:iam::${A}:role/app`
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
const root: Principal = { kind: 'root', accountId: A, arn: `arn:aws:iam::${A}:root` }
const logs: Principal = { kind: 'service', name: 'logs.amazonaws.com' }

const attach = (...statements: readonly object[]) => ({
  name: 'policy',
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const deny = { ...all, Effect: 'Deny' }
const put = { ...all, Action: 's3:PutObject' }
const bucket = (Principal: unknown) => attach({ ...all, Principal })
const when = (Condition: object) => ({ identity: [attach({ ...all, Condition })] })
const unless = (Condition: object) => ({ identity: [attach(all, { ...deny, Condition })] })
const network = { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } }
const guard = (Condition: object) =>
  attach({ ...all, Principal: { Service: 'logs.amazonaws.com' } }, { ...deny, Principal: '*', Condition })
const tag = 'aws:PrincipalTag/x'
const mfa = 'aws:MultiFactorAuthPresent'

const get = (
  principal: Principal,
  keys: Readonly<Record<string, ContextValue>> = {},
  more: Partial<RequestContext> = {},
): RequestContext => ({
  principal,
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::data/a.txt',
  resourceAccount: A,
  context: requestContext(keys),
  ...more,
})
const trustOf = (Principal: unknown) => attach({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' })
const assume = (principal: Principal, action = 'sts:AssumeRole') => get(principal, {}, { action, resource: role })

const cases: readonly [name: string, request: RequestContext, set: Partial<PolicySet>, want: string][] = [
  ['T2 absent key, negated', get(alice), when({ StringNotEquals: { [tag]: 'y' } }), 'identity'],
  [
    'T3 differs from all, not from any',
    get(alice, { [tag]: 'a' }),
    when({ StringNotEquals: { [tag]: ['a', 'b'] } }),
    'implicit-deny:identity',
  ],
  [
    'T7 no tags under ForAnyValue',
    get(alice),
    unless({ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['a'] } }),
    'identity',
  ],
  ['T8 long-term keys know no MFA', get(alice), unless({ Bool: { [mfa]: 'false' } }), 'identity'],
  ['T9 IfExists on a Deny', get(alice), unless({ BoolIfExists: { [mfa]: 'false' } }), 'explicit-deny:identity'],
  ['T11 presence is not truth', get(session, { [mfa]: 'false' }), when({ Null: { [mfa]: 'false' } }), 'identity'],
  [
    'T12 PrincipalArn is the role',
    get(session, { 'aws:PrincipalArn': role }),
    when({ ArnEquals: { 'aws:PrincipalArn': session.arn } }),
    'implicit-deny:identity',
  ],
  ['T14 the account delegates', get(alice), { resource: bucket({ AWS: A }) }, 'implicit-deny:identity'],
  ['T15 the user is granted', get(alice), { resource: bucket({ AWS: alice.arn }) }, 'resource'],
  [
    'T18 the session is granted',
    get(session),
    { resource: bucket({ AWS: session.arn }), session: [attach(put)] },
    'resource',
  ],
  [
    'T19 the role is limited',
    get(session),
    { resource: bucket({ AWS: role }), session: [attach(put)] },
    'implicit-deny:session',
  ],
  ['T22 the federated user is granted', get(carol), { resource: bucket({ AWS: carol.arn }) }, 'resource'],
  ['T22 its issuer is limited', get(carol), { resource: bucket({ AWS: alice.arn }) }, 'implicit-deny:session'],
  ['T30 root assumes no roles', assume(root), { trust: trustOf({ AWS: '*' }) }, 'sts-restriction'],
  [
    'T33 tags are asked about apart',
    assume(alice, 'sts:TagSession'),
    { trust: trustOf({ AWS: alice.arn }) },
    'implicit-deny:trust',
  ],
  [
    'T41 role sessions issue no federation tokens',
    get(session, {}, { action: 'sts:GetFederationToken', resource: '*' }),
    { identity: [attach(all)] },
    'sts-restriction',
  ],
  [
    'T42 a level of denies only',
    get(alice),
    { identity: [attach(all)], scp: [[attach(all)], [attach({ ...deny, Action: 'ec2:*' })]] },
    'implicit-deny:scp',
  ],
  [
    'T45 root of a member account',
    get(root),
    { scp: [[attach(all, { ...deny, Action: 's3:*' })]] },
    'explicit-deny:scp',
  ],
  [
    'T46 an RCP and root',
    get(root),
    { rcp: [[attach({ ...deny, Action: 's3:*', Principal: '*' })]] },
    'explicit-deny:rcp',
  ],
  ['T48 services are not exempt', get(logs), { resource: guard(network) }, 'explicit-deny:resource'],
  [
    'T48 unless they are exempted',
    get(logs, { 'aws:PrincipalIsAWSService': 'true' }),
    { resource: guard({ ...network, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } }) },
    'resource',
  ],
  [
    'T51 root and the bucket policy',
    get(root),
    { resource: attach({ ...deny, Principal: '*' }) },
    'explicit-deny:resource',
  ],
  [
    'T52 anonymous has no ARN',
    get({ kind: 'anonymous' }),
    {
      resource: attach(
        { ...all, Principal: '*' },
        { ...deny, Principal: '*', Condition: { ArnNotLike: { 'aws:PrincipalArn': role } } },
      ),
    },
    'explicit-deny:resource',
  ],
  [
    'T60 a substituted star',
    get(alice, { 'idp:sub': '*' }, { resource: 'arn:aws:s3:::data/bob/x' }),
    { identity: [attach({ ...all, Resource: 'arn:aws:s3:::data/${idp:sub}/x' })] },
    'implicit-deny:identity',
  ],
  [
    'T62 a topic',
    get(
      alice,
      { 'aws:PrincipalTag/team': 'red' },
      { action: 'sns:Publish', resource: `arn:aws:sns:us-east-1:${A}:red-1` },
    ),
    { identity: [attach({ ...all, Resource: `arn:aws:sns:*:${A}:\${aws:PrincipalTag/team}-*` })] },
    'identity',
  ],
  [
    'T63 ArnLike keeps to its parts',
    get(alice, { 'aws:PrincipalArn': alice.arn }),
    when({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:*:user/alice' } }),
    'implicit-deny:identity',
  ],
  [
    'T63 StringLike does not',
    get(alice, { 'aws:PrincipalArn': alice.arn }),
    when({ StringLike: { 'aws:PrincipalArn': 'arn:aws:*:user/alice' } }),
    'identity',
  ],
  [
    'T67 a question mark is one character',
    get(alice, { [tag]: 'ac' }),
    when({ StringLike: { [tag]: 'a?c' } }),
    'implicit-deny:identity',
  ],
  [
    'T73 IPv6 by value',
    get(alice, { 'aws:SourceIp': '2001:0DB8:0:0::1' }),
    when({ IpAddress: { 'aws:SourceIp': '2001:db8::1' } }),
    'identity',
  ],
  [
    '4.8 root abroad needs the resource side',
    get({ ...root, accountId: B, arn: `arn:aws:iam::${B}:root` }),
    { resource: bucket({ AWS: B }) },
    'resource',
  ],
  [
    '4.9 SCPs do not reach services',
    get(logs),
    { resource: guard({ StringEquals: { k: 'v' } }), scp: [[attach(deny)]] },
    'resource',
  ],
  [
    '4.11 an endpoint that does not allow',
    get(alice),
    { identity: [attach(all)], vpce: attach({ ...put, Principal: '*' }) },
    'implicit-deny:vpce',
  ],
  ['4.16 `*` in a trust policy', assume(alice), { trust: trustOf({ AWS: '*' }) }, 'trust'],
]

for (const [name, request, set, want] of cases) {
  test(name, () => assert.equal(decide(request, { identity: [], ...set }).reason, want))
}
