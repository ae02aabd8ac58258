import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { isRightAnswer, questionOf, type EvaluationRow } from '../conformance/evaluation.ts'
import { requestContext } from '../context-keys.ts'
import type { PolicySet, RequestContext } from '../types.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'

const file = new URL('../../conformance/policy-vectors.json', import.meta.url)
const { evaluation } = JSON.parse(readFileSync(file, 'utf8')) as { readonly evaluation: readonly EvaluationRow[] }

test('explain never disagrees with decide, and names what is in the way', () => {
  for (const row of evaluation) {
    const { request, set } = questionOf(row)
    const record = explain(request, set)
    const { effect, reason, denying } = record
    assert.deepEqual({ effect, reason, ...(denying ? { denying } : {}) }, decide(request, set), row.id)
    assert.ok(isRightAnswer(row, record, record.blocking), row.id)
    if (effect === 'Allow') assert.deepEqual([record.blocking, record.code], [[], undefined], row.id)
    else assert.match(record.code ?? '', /^[A-Z]+\.[A-Z_0-9]+$/, row.id)
    const layer = reason.split(':')[1]
    if (layer) assert.ok(record.blocking.includes(layer as never), row.id)
  }
})

const A = '111122223333'
const B = '444455556666'
const alice = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' } as const
const bob = { kind: 'user', accountId: B, arn: `arn:aws:iam::${B}:user/bob`, userId: 'AIDABOB' } as const
const target = `arn:aws:iam::${A}:role/target`
const session = {
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/target/s`,
  userId: 'AROAT:s',
  roleArn: target,
} as const
const github = { kind: 'web-identity', provider: 'token.actions.githubusercontent.com' } as const

const attach = (name: string, ...statements: readonly object[]) => ({
  name,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const trust = (Principal: unknown, Condition: object = {}, Action: unknown = 'sts:AssumeRole') =>
  attach('trust', { Effect: 'Allow', Principal, Action, Condition })
const ask = (given: Partial<RequestContext>, keys: Readonly<Record<string, string>> = {}): RequestContext => ({
  principal: alice,
  action: 'sts:AssumeRole',
  resource: target,
  resourceAccount: A,
  context: requestContext(keys),
  ...given,
})
const read = { action: 's3:GetObject', resource: 'arn:aws:s3:::data/a' }
const externalId = { StringEquals: { 'sts:ExternalId': 'e1' } }
const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }
const sub = 'token.actions.githubusercontent.com:sub'
const web = (keys: Readonly<Record<string, string>>) =>
  ask({ principal: github, action: 'sts:AssumeRoleWithWebIdentity' }, keys)
const webTrust = (Condition: object) =>
  trust({ Federated: github.provider }, Condition, 'sts:AssumeRoleWithWebIdentity')
const silentScp = [[attach('full', all)], [attach('narrow', { ...all, Action: 'ec2:*' })]]

const codes: readonly [code: string, request: RequestContext, set: Partial<PolicySet>][] = [
  ['ASSUME.TRUST_NO_MATCH', ask({}), { identity: [attach('i', all)], trust: trust({ AWS: B }) }],
  ['ASSUME.TRUST_NO_MATCH', ask({}), { identity: [attach('i', all)] }],
  ['ASSUME.CALLER_NOT_ALLOWED', ask({ principal: bob }), { trust: trust({ AWS: B }) }],
  ['ASSUME.DELEGATED_TO_CALLER_ACCOUNT', ask({}), { trust: trust({ AWS: A }) }],
  ['ASSUME.SELF_NOT_TRUSTED', ask({ principal: session }), { identity: [attach('i', all)], trust: trust({ AWS: B }) }],
  ['TRUST.EXTERNAL_ID_MISSING', ask({}), { identity: [attach('i', all)], trust: trust({ AWS: A }, externalId) }],
  [
    'TRUST.EXTERNAL_ID_MISMATCH',
    ask({}, { 'sts:ExternalId': 'e2' }),
    { identity: [attach('i', all)], trust: trust({ AWS: A }, externalId) },
  ],
  ['TRUST.TAGSESSION_MISSING', ask({ action: 'sts:TagSession' }), { trust: trust({ AWS: alice.arn }) }],
  ['TRUST.SOURCEIDENTITY_MISSING', ask({ action: 'sts:SetSourceIdentity' }), { trust: trust({ AWS: alice.arn }) }],
  ['MFA.NOT_PRESENT', ask({}), { trust: trust({ AWS: alice.arn }, mfa) }],
  [
    'MFA.NOT_PRESENT',
    ask(read),
    {
      identity: [
        attach('i', all, {
          ...all,
          Effect: 'Deny',
          Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
        }),
      ],
    },
  ],
  [
    'TRUST.SERVICE_PRINCIPAL',
    ask({ principal: { kind: 'service', name: 'ec2.amazonaws.com' } }),
    { trust: trust({ Service: 'ecs.amazonaws.com' }) },
  ],
  [
    'SESSION.POLICY_FILTERED',
    ask({ ...read, principal: session }),
    { identity: [attach('i', all)], session: [attach('s')] },
  ],
  ['BOUNDARY.FILTERED', ask(read), { identity: [attach('i', all)], boundary: attach('b') }],
  [
    'RESOURCE.ROLE_ARN_STILL_FILTERED',
    ask({ ...read, principal: session }),
    { resource: attach('r', { ...all, Principal: { AWS: target } }), boundary: attach('b') },
  ],
  ['SCP.NO_ALLOW_AT_LEVEL', ask(read), { identity: [attach('i', all)], scp: silentScp }],
  [
    'SCP.EXPLICIT_DENY',
    ask(read),
    { identity: [attach('i', all)], scp: [[attach('d', all, { ...all, Effect: 'Deny' })]] },
  ],
  ['POLICY.WILDCARD_IN_PRINCIPAL', ask({ principal: bob }), { trust: trust({ AWS: `arn:aws:iam::${B}:user/*` }) }],
  [
    'PRINCIPAL.SESSION_VS_ROLE',
    ask({ ...read, principal: session }, { 'aws:PrincipalArn': target }),
    { identity: [attach('i', { ...all, Condition: { ArnEquals: { 'aws:PrincipalArn': session.arn } } })] },
  ],
  [
    'COND.TYPE_MISMATCH',
    ask(read, { 's3:max-keys': 'ten' }),
    { identity: [attach('i', { ...all, Condition: { NumericLessThan: { 's3:max-keys': '10' } } })] },
  ],
  ['IDENTITY.NO_ALLOW', ask(read), {}],
  ['RESOURCE.NO_ALLOW', ask({ ...read, principal: bob }), { identity: [attach('i', all)] }],
  ['RESOURCE.EXPLICIT_DENY', ask(read), { resource: attach('r', { ...all, Effect: 'Deny', Principal: '*' }) }],
  ['PASSROLE.DENIED', ask({ action: 'iam:PassRole' }), {}],
  [
    'COND.WILDCARD_IN_EXACT_OPERATOR',
    web({ [sub]: 'repo:o/r:ref:refs/heads/main' }),
    { trust: webTrust({ StringEquals: { [sub]: 'repo:o/r:*' } }) },
  ],
  ['OIDC.SUB_MISMATCH', web({ [sub]: 'repo:o/r:ref:x' }), { trust: webTrust({ StringLike: { [sub]: 'repo:o/q:*' } }) }],
  ['OIDC.SUB_CASE', web({ [sub]: 'repo:O/r:ref:x' }), { trust: webTrust({ StringLike: { [sub]: 'repo:o/r:*' } }) }],
  [
    'OIDC.SUB_EVENT',
    web({ [sub]: 'repo:o/r:pull_request' }),
    { trust: webTrust({ StringLike: { [sub]: 'repo:o/r:ref:refs/heads/*' } }) },
  ],
  [
    'OIDC.SUB_IMMUTABLE',
    web({ [sub]: 'repo:o@1/r@2:ref:x' }),
    { trust: webTrust({ StringLike: { [sub]: 'repo:o/r:*' } }) },
  ],
  [
    'COND.KEY_ABSENT',
    ask(read),
    { identity: [attach('i', { ...all, Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } } })] },
  ],
  [
    'COND.KEY_ABSENT',
    ask({ action: 'rds:CreateDBInstance', resource: '*' }),
    {
      identity: [attach('i', all)],
      scp: [
        [
          attach(
            'd',
            all,
            { ...all, Effect: 'Deny', Condition: { Bool: { 'a:b': 'x' } } },
            { ...all, Effect: 'Deny', Condition: { StringNotEquals: { 'rds:StorageEncrypted': 'true' } } },
          ),
        ],
      ],
    },
  ],
  [
    'SESSION.CREDENTIAL_KIND',
    ask({ principal: session, action: 'sts:GetSessionToken', resource: '*' }),
    { identity: [attach('i', all)] },
  ],
]
for (const [code, request, set] of codes) {
  test(`${code}: ${request.principal.kind} ${request.action}`, () =>
    assert.equal(explain(request, { identity: [], ...set }).code, code))
}

test('a record tells what each statement saw', () => {
  const set: PolicySet = { identity: [], trust: trust({ AWS: alice.arn }, externalId) }
  const [layer] = explain(ask({}, { 'sts:ExternalId': 'e2' }), set).layers
  assert.equal(layer?.layer, 'trust')
  assert.deepEqual(layer?.statements, [
    {
      policy: 'trust',
      index: 0,
      line: 1,
      effect: 'Allow',
      matched: false,
      failed: 'condition',
      misses: 1,
      conditions: [
        {
          key: 'sts:ExternalId',
          received: ['e2'],
          operator: 'StringEquals',
          wanted: ['e1'],
          matched: false,
          absent: false,
        },
      ],
    },
  ])
})
