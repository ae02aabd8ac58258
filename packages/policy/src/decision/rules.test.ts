/** Rules that the corpus in this repository has no row for. Numbers are sections of policy-semantics. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import type { ContextValue, PolicySet, Principal, RequestContext } from '../types.ts'
import { decide } from './decide.ts'

const A = '111122223333'
const role = `arn:aws:iam::${A}:role/app`
const user: Principal = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' }
const session: Principal = {
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/app/s`,
  userId: 'AROAAPP:s',
  roleArn: role,
}
const federated: Principal = {
  kind: 'federated-user',
  accountId: A,
  arn: `arn:aws:sts::${A}:federated-user/carol`,
  userId: `${A}:carol`,
  issuerArn: user.arn,
}
const root: Principal = { kind: 'root', accountId: A, arn: `arn:aws:iam::${A}:root` }
const service: Principal = { kind: 'service', name: 'cloudtrail.amazonaws.com' }
const web: Principal = { kind: 'web-identity', provider: 'idp.example' }

const attach = (...statements: readonly object[]) => ({
  name: 'policy',
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const some = { ...all, Action: 'ec2:*' }
const except = (NotPrincipal: object) => attach({ Effect: 'Deny', NotPrincipal, Action: 's3:*', Resource: '*' })
const when = (Condition: object) => attach({ ...all, Condition })
const trusted = (Principal: unknown, Action: string) => attach({ Effect: 'Allow', Principal, Action })

const get = (principal: Principal, more: Partial<RequestContext> = {}): RequestContext => ({
  principal,
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::data/a',
  resourceAccount: A,
  context: requestContext({}),
  ...more,
})
const keys = (given: Readonly<Record<string, ContextValue>>) => ({ context: requestContext(given) })
const sts = (name: string, resource = '*') => ({ action: `sts:${name}`, resource })
const token = { flags: { sessionToken: true } }
const denySend = [[attach({ Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' })]]
const key = `arn:aws:kms:us-east-1:${A}:key/k`

const cases: readonly [name: string, request: RequestContext, set: Partial<PolicySet>, want: string][] = [
  [
    '4.14 boundary and service-linked role',
    get(session, { flags: { serviceLinkedRole: true } }),
    { identity: [attach(all)], boundary: attach(some) },
    'identity',
  ],
  [
    '4.5 boundary and any other role',
    get(session),
    { identity: [attach(all)], boundary: attach(some) },
    'implicit-deny:boundary',
  ],
  [
    '2.19 user and account listed',
    get(user),
    { identity: [attach(all)], resource: except({ AWS: [user.arn, A] }) },
    'identity',
  ],
  [
    '2.19 user without account',
    get(user),
    { identity: [attach(all)], resource: except({ AWS: user.arn }) },
    'explicit-deny:resource',
  ],
  [
    '2.19 user with a boundary',
    get(user),
    { identity: [attach(all)], boundary: attach(all), resource: except({ AWS: [user.arn, A] }) },
    'explicit-deny:resource',
  ],
  [
    '2.19 role without session ARN',
    get(session),
    { identity: [attach(all)], resource: except({ AWS: [role, A] }) },
    'explicit-deny:resource',
  ],
  [
    '2.19 role, session ARN and account',
    get(session),
    { identity: [attach(all)], resource: except({ AWS: [role, session.arn, A] }) },
    'identity',
  ],
  [
    '2.19 service listed',
    get(service),
    {
      resource: attach(
        { ...all, Principal: { Service: service.name } },
        { Effect: 'Deny', NotPrincipal: { Service: service.name }, Action: '*', Resource: '*' },
      ),
    },
    'resource',
  ],
  [
    '2.19 service not listed',
    get(service),
    {
      resource: attach(
        { ...all, Principal: { Service: service.name } },
        { Effect: 'Deny', NotPrincipal: { AWS: A }, Action: '*', Resource: '*' },
      ),
    },
    'explicit-deny:resource',
  ],
  ['2.19 root by its account', get(root), { resource: except({ AWS: A }) }, 'root'],
  [
    '2.19 with Allow it grants nothing',
    get(user),
    { resource: attach({ ...all, NotPrincipal: { AWS: '444455556666' } }) },
    'implicit-deny:identity',
  ],
  [
    '2.20 unique id of the user',
    get(user),
    { resource: attach({ ...all, Principal: { AWS: user.userId } }) },
    'resource',
  ],
  [
    '2.20 unique id of the role',
    get(session),
    { resource: attach({ ...all, Principal: { AWS: 'AROAAPP' } }) },
    'resource',
  ],
  [
    '3.20 an unresolved value spoils a list',
    get(user, keys({ k: 'a' })),
    { identity: [when({ StringEquals: { k: ['a', '${aws:username}'] } })] },
    'implicit-deny:identity',
  ],
  [
    '3.20 but not under a negated operator',
    get(user, keys({ k: 'a' })),
    { identity: [when({ StringNotEquals: { k: ['b', '${aws:username}'] } })] },
    'identity',
  ],
  [
    '3.23 a multivalued key with one text',
    get(user, keys({ k: 'a', 'aws:TagKeys': 'a' })),
    { identity: [when({ StringEquals: { k: '${aws:TagKeys}' } })] },
    'implicit-deny:identity',
  ],
  [
    '3.25 negated, empty list, key present',
    get(user, keys({ k: 'a' })),
    { identity: [when({ StringNotEquals: { k: [] } })] },
    'implicit-deny:identity',
  ],
  [
    '3.25 negated, empty list, key absent',
    get(user),
    { identity: [when({ StringNotEquals: { k: [] } })] },
    'implicit-deny:identity',
  ],
  [
    '3.25 IfExists, empty list, key absent',
    get(user),
    { identity: [when({ StringNotEqualsIfExists: { k: [] } })] },
    'identity',
  ],
  [
    '3.25 ForAllValues negated, empty list, key present',
    get(user, keys({ k: ['a'] })),
    { identity: [when({ 'ForAllValues:StringNotEquals': { k: [] } })] },
    'implicit-deny:identity',
  ],
  [
    '4.6 scope-down policies are ceilings',
    get(session),
    { identity: [attach(all)], scopeDown: [attach(all), attach(some)] },
    'implicit-deny:session',
  ],
  [
    '4.4 and no grant to the session passes them',
    get(session),
    { resource: attach({ ...all, Principal: '*' }), scopeDown: [attach(some)] },
    'implicit-deny:session',
  ],
  [
    '4.10 kms:RetireGrant is out of reach',
    get(user, { action: 'kms:RetireGrant', resource: key }),
    { identity: [attach(all)], resource: attach({ ...all, Principal: { AWS: A } }), rcp: denySend },
    'identity+resource',
  ],
  [
    '4.10 kms:Decrypt is in reach',
    get(user, { action: 'kms:Decrypt', resource: key }),
    { identity: [attach(all)], resource: attach({ ...all, Principal: { AWS: A } }), rcp: denySend },
    'explicit-deny:rcp',
  ],
  [
    '4.12 root may not assume roles',
    get(root, sts('AssumeRole', role)),
    { trust: trusted({ AWS: A }, 'sts:AssumeRole') },
    'sts-restriction',
  ],
  ['4.12 root may get a session token', get(root, sts('GetSessionToken')), {}, 'no-permission-required'],
  [
    '4.21 session token: no GetFederationToken',
    get(user, { ...sts('GetFederationToken'), ...token }),
    { identity: [attach(all)] },
    'sts-restriction',
  ],
  [
    '4.21 session token: tags of AssumeRole',
    get(user, { ...sts('TagSession', role), ...token }),
    { trust: trusted({ AWS: user.arn }, 'sts:TagSession') },
    'trust',
  ],
  [
    '4.21 session token: seen by its issue time',
    get(user, { action: 'iam:ListUsers', resource: '*', ...keys({ 'aws:TokenIssueTime': '2026-01-01T00:00:00Z' }) }),
    { identity: [attach(all)] },
    'sts-restriction',
  ],
  [
    '4.21 long-term keys: no GetScopedCredentials',
    get(user, sts('GetScopedCredentials')),
    { identity: [attach(all)] },
    'sts-restriction',
  ],
  ['4.21 federated user: GetCallerIdentity', get(federated, sts('GetCallerIdentity')), {}, 'no-permission-required'],
  [
    '4.21 federated user: no IAM',
    get(federated, { action: 'iam:ListUsers', resource: '*' }),
    { identity: [attach(all)], session: [attach(all)] },
    'sts-restriction',
  ],
  [
    '1.16 {"AWS":"*"} admits no web identity',
    get(web, sts('AssumeRoleWithWebIdentity', role)),
    { trust: trusted({ AWS: '*' }, 'sts:AssumeRoleWithWebIdentity') },
    'implicit-deny:trust',
  ],
  [
    '1.16 but a Deny of it does',
    get(web, sts('AssumeRoleWithWebIdentity', role)),
    {
      trust: attach(
        { Effect: 'Allow', Principal: { Federated: 'idp.example' }, Action: 'sts:AssumeRoleWithWebIdentity' },
        { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:AssumeRoleWithWebIdentity' },
      ),
    },
    'explicit-deny:trust',
  ],
]

for (const [name, request, set, want] of cases) {
  test(name, () => assert.equal(decide(request, { identity: [], ...set }).reason, want))
}
