import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import type { Decision, Reason, RequestContext } from '../types.ts'
import { denialMessage } from './message.ts'

interface Template {
  readonly reason: Reason
  readonly template: string
  readonly arnSuffix?: string | null
  readonly s3ArnSuffix?: string | null
}
const file = new URL('../../conformance/policy-vectors.json', import.meta.url)
const { messages } = JSON.parse(readFileSync(file, 'utf8')) as { readonly messages: readonly Template[] }

const request: RequestContext = {
  principal: { kind: 'user', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:user/alice', userId: 'AIDA1' },
  action: 'iam:GetRole',
  resource: 'arn:aws:iam::111122223333:role/reader',
  resourceAccount: '111122223333',
  context: requestContext([]),
}
const arn = 'arn:aws:iam::111122223333:policy/guard'
const policy = compilePolicy('{"Statement":[]}')

for (const row of messages) {
  const values: Readonly<Record<string, string>> = {
    principalArn: 'arn:aws:iam::111122223333:user/alice',
    action: request.action,
    resource: request.resource,
    policyArn: arn,
  }
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? name)
  const plain = fill(row.template)
  const named: Decision = { effect: 'Deny', reason: row.reason, denying: { name: 'guard', arn, policy } }

  test(`${row.reason} without a named policy`, () =>
    assert.equal(denialMessage(request, { effect: 'Deny', reason: row.reason }, 'iam'), plain))
  test(`${row.reason} with a named policy`, () =>
    assert.equal(denialMessage(request, named, 'iam'), plain + fill(row.arnSuffix ?? '')))
  test(`${row.reason} in S3`, () => {
    const quoted = plain.replace(request.resource, `"${request.resource}"`)
    assert.equal(denialMessage(request, named, 's3'), quoted + fill(row.s3ArnSuffix ?? ''))
  })
}

const assume: RequestContext = { ...request, action: 'sts:AssumeRole' }
const bare =
  'User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/reader'
const silent: Decision = { effect: 'Deny', reason: 'implicit-deny:trust' }
const root: RequestContext = {
  ...assume,
  principal: { kind: 'root', accountId: '111122223333', arn: 'arn:aws:iam::111122223333:root' },
}
const restricted: Decision = { effect: 'Deny', reason: 'sts-restriction' }

const abroad: RequestContext = {
  ...request,
  resourceAccount: '444455556666',
  context: requestContext({ 'aws:PrincipalOrgID': 'o-1', 'aws:ResourceOrgID': 'o-1' }),
}

const by = (principal: RequestContext['principal'], action = 'iam:GetRole'): RequestContext => ({
  ...request,
  action,
  principal,
})
const user = 'User: arn:aws:iam::111122223333:user/alice is not authorized to perform: '
const on = ' on resource: arn:aws:iam::111122223333:role/reader'
const identity: Decision = { effect: 'Deny', reason: 'implicit-deny:identity' }

const cases: readonly [name: string, got: string, want: string][] = [
  [
    'a service in another account',
    denialMessage(by({ kind: 'service', name: 'ec2.amazonaws.com' }), silent, 'iam'),
    `User: ec2.amazonaws.com is not authorized to perform: iam:GetRole${on}`,
  ],
  [
    'anonymous outside S3',
    denialMessage(by({ kind: 'anonymous' }), identity, 'iam'),
    `User: anonymous is not authorized to perform: iam:GetRole${on}`,
  ],
  [
    'a SAML subject has no name',
    denialMessage(by({ kind: 'saml', providerArn: 'x' }, 'sts:AssumeRoleWithSAML'), silent, 'sts'),
    'Not authorized to perform sts:AssumeRoleWithSAML',
  ],
  [
    'a restriction without a text of its own',
    denialMessage(by(request.principal, 'iam:ListUsers'), restricted, 'iam'),
    `${user}iam:ListUsers${on}`,
  ],
  [
    'users are told nothing of root',
    denialMessage({ ...request, action: 'sts:AssumeRole' }, restricted, 'sts'),
    `${user}sts:AssumeRole${on}`,
  ],
  [
    'root is told of AssumeRole only',
    denialMessage({ ...root, action: 'sts:AssumeRoot' }, restricted, 'sts'),
    `User: arn:aws:iam::111122223333:root is not authorized to perform: sts:AssumeRoot${on}`,
  ],
  [
    'only a restriction is told as one',
    denialMessage({ ...request, action: 'sts:GetSessionToken' }, identity, 'sts'),
    `${user}sts:GetSessionToken${on} because no identity-based policy allows the sts:GetSessionToken action`,
  ],
  [
    'a name with colons',
    denialMessage({ ...request, action: 'sts:x:GetFederationToken' }, restricted, 'sts'),
    `${user}sts:x:GetFederationToken${on}`,
  ],
  [
    'session credentials, the other call',
    denialMessage({ ...request, action: 'sts:GetFederationToken' }, restricted, 'sts'),
    'Cannot call GetFederationToken with session credentials',
  ],
  [
    'another account outside the organization',
    denialMessage({ ...request, resourceAccount: '444455556666' }, identity, 'iam'),
    `${user}iam:GetRole${on}`,
  ],
  [
    'another organization',
    denialMessage(
      { ...abroad, context: requestContext({ 'aws:PrincipalOrgID': 'o-1', 'aws:ResourceOrgID': 'o-2' }) },
      identity,
      'iam',
    ),
    `${user}iam:GetRole${on}`,
  ],
  [
    'STS gives the reason of other calls',
    denialMessage({ ...request, action: 'sts:GetFederationToken' }, identity, 'sts'),
    `${user}sts:GetFederationToken${on} because no identity-based policy allows the sts:GetFederationToken action`,
  ],
  [
    'AssumeRole elsewhere than in STS',
    denialMessage(assume, silent, 'iam'),
    `${bare} because no role trust policy allows the sts:AssumeRole action`,
  ],
  [
    'words for a resource',
    denialMessage(request, identity, 'iam', 'role reader'),
    `${user}iam:GetRole on resource: role reader because no identity-based policy allows the iam:GetRole action`,
  ],
  ['STS gives no reason for AssumeRole', denialMessage(assume, silent, 'sts'), bare],
  [
    'an RCP is named even there',
    denialMessage(assume, { effect: 'Deny', reason: 'explicit-deny:rcp', denying: { name: 'r', arn, policy } }, 'sts'),
    `${bare} with an explicit deny in a resource control policy: ${arn}`,
  ],
  [
    'root callers have a text of their own',
    denialMessage(root, restricted, 'sts'),
    'Roles may not be assumed by root accounts.',
  ],
  [
    'session credentials',
    denialMessage({ ...request, action: 'sts:GetSessionToken' }, restricted, 'sts'),
    'Cannot call GetSessionToken with session credentials',
  ],
  [
    'a web identity has no name',
    denialMessage(
      { ...assume, action: 'sts:AssumeRoleWithWebIdentity', principal: { kind: 'web-identity', provider: 'x' } },
      silent,
      'sts',
    ),
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
  ],
  ['anonymous in S3', denialMessage({ ...request, principal: { kind: 'anonymous' } }, silent, 's3'), 'Access Denied'],
  [
    'another account in S3',
    denialMessage({ ...request, resourceAccount: '444455556666' }, silent, 's3'),
    'Access Denied',
  ],
  [
    'another account of the organization in S3',
    denialMessage({ ...abroad, action: 's3:GetObject' }, { effect: 'Deny', reason: 'implicit-deny:identity' }, 's3'),
    'User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:GetObject on resource: "arn:aws:iam::111122223333:role/reader" because no identity-based policy allows the s3:GetObject action',
  ],
  [
    'a VPC endpoint across accounts',
    denialMessage(abroad, { effect: 'Deny', reason: 'implicit-deny:vpce' }, 's3'),
    'Access Denied',
  ],
  [
    'an action without resource in S3',
    denialMessage(
      { ...request, action: 's3:ListAllMyBuckets', resource: '*' },
      { effect: 'Deny', reason: 'implicit-deny:identity' },
      's3',
    ),
    'User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action',
  ],
]
for (const [name, got, want] of cases) test(name, () => assert.equal(got, want))
