/** Diagnosis codes by the one condition or layer that stands in the way: one line a case, beside `explain.test.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import type { ContextValue, LayerName, PolicySet, Principal, RequestContext } from '../types.ts'
import { conditionCode } from './condition-code.ts'
import { explain } from './explain.ts'

const A = '111122223333'
const B = '444455556666'
const target = `arn:aws:iam::${A}:role/target`
const alice: Principal = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' }
const bob: Principal = { kind: 'user', accountId: B, arn: `arn:aws:iam::${B}:user/bob`, userId: 'AIDABOB' }
const session: Principal = {
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/app/s`,
  userId: 'AROAAPP:s',
  roleArn: `arn:aws:iam::${A}:role/app`,
}

const SUB = 'token.example:sub'
const conditions: readonly [
  code: string | undefined,
  key: string,
  operator: string,
  wanted: readonly string[],
  got?: string,
][] = [
  ['TRUST.EXTERNAL_ID_MISSING', 'STS:ExternalId', 'StringEquals', ['e']],
  ['TRUST.EXTERNAL_ID_MISMATCH', 'sts:ExternalId', 'StringEquals', ['e'], 'f'],
  ['MFA.NOT_PRESENT', 'aws:MultiFactorAuthAge', 'NumericLessThan', ['60'], '61'],
  ['MFA.NOT_PRESENT', 'aws:MultiFactorAuthPresent', 'Bool', ['true']],
  ['COND.WILDCARD_IN_EXACT_OPERATOR', 'aws:userid', 'StringEquals', ['x', 'a*'], 'ab'],
  ['COND.WILDCARD_IN_EXACT_OPERATOR', 'aws:userid', 'ForAnyValue:StringEqualsIgnoreCase', ['a?'], 'ab'],
  [undefined, 'aws:userid', 'StringEquals', ['a*'], 'b'],
  [undefined, 'aws:userid', 'StringEquals', ['a'], 'b'],
  [undefined, 'aws:userid', 'StringLike', ['a*'], 'b'],
  [undefined, 'aws:userid', 'StringNotEquals', ['a*'], 'ab'],
  ['COND.KEY_ABSENT', 'aws:userid', 'StringEquals', ['a']],
  ['COND.KEY_ABSENT', SUB, 'StringEquals', ['a']],
  ['PRINCIPAL.SESSION_VS_ROLE', 'aws:PrincipalArn', 'ArnLike', ['x', 'arn:aws:sts::1:assumed-role/a/s'], target],
  [undefined, 'aws:PrincipalArn', 'ArnLike', ['arn:aws:iam::1:role/a'], target],
  [undefined, 'aws:SourceArn', 'ArnLike', ['arn:aws:sts::1:assumed-role/a/s'], target],
  ['COND.TYPE_MISMATCH', 's3:max-keys', 'NumericEquals', ['1'], 'one'],
  ['COND.TYPE_MISMATCH', 'aws:CurrentTime', 'DateLessThanIfExists', ['2026-01-01'], 'today'],
  ['COND.TYPE_MISMATCH', 'aws:SourceIp', 'IpAddress', ['10.0.0.0/8'], 'home'],
  ['COND.TYPE_MISMATCH', 'aws:SourceArn', 'ArnLike', ['arn:aws:s3:::b'], 'b'],
  [undefined, 's3:max-keys', 'NumericEquals', ['1'], '2'],
  [undefined, 'a:b', 'Null', ['true'], '2'],
  ['SAML.AUDIENCE', 'SAML:aud', 'StringEquals', ['https://signin'], 'https://other'],
  [undefined, 'saml:sub', 'StringEquals', ['a'], 'b'],
  ['OIDC.AUDIENCE', 'token.example:aud', 'StringEquals', ['a'], 'b'],
  ['OIDC.AUDIENCE', 'accounts.google.com:oaud', 'StringEquals', ['a'], 'b'],
  ['OIDC.SUB_MISMATCH', SUB, 'StringEquals', ['a'], 'b'],
  ['OIDC.SUB_CASE', SUB, 'StringEquals', ['x', 'Ab'], 'aB'],
  ['OIDC.SUB_CASE', SUB, 'StringLike', ['REPO:o/*'], 'repo:o/r'],
  ['OIDC.K8S_SUBJECT', SUB, 'StringEquals', ['system:serviceaccount:ns:a'], 'system:serviceaccount:ns:b'],
  ['OIDC.SUB_MISMATCH', SUB, 'StringEquals', ['a'], 'x:system:serviceaccount:'],
  ['OIDC.SUB_IMMUTABLE', SUB, 'StringLike', ['repo:o/r:ref:*'], 'repo:o@1/r@2:ref:x'],
  ['OIDC.SUB_IMMUTABLE', SUB, 'StringLike', ['repo:o@1/r@2:ref:*', 'repo:o/q:ref:*'], 'repo:o/r:ref:x'],
  ['OIDC.SUB_MISMATCH', SUB, 'StringLike', ['repo:o@1/r@2:ref:*'], 'org:o/r:ref:x'],
  ['OIDC.SUB_EVENT', SUB, 'StringLike', ['repo:o/r:ref:*', 'repo:o/r:environment:p'], 'repo:o/r:pull_request'],
  ['OIDC.SUB_MISMATCH', SUB, 'StringLike', ['repo:o/r:ref:*', 'repo:o/q:pull_request'], 'repo:o/r:pull_request'],
  ['OIDC.SUB_MISMATCH', SUB, 'StringLike', ['repo:o/r:ref:*', 'x'], 'repo:o/r:pull_request'],
  ['OIDC.SUB_MISMATCH', SUB, 'StringLike', ['repo:o/r:refs:*'], 'repo:o/r:pull_request'],
]

test('codes of conditions that do not hold', () => {
  for (const [code, key, operator, wanted, got] of conditions) {
    const received = got === undefined ? [] : [got]
    const row = { key, operator, wanted, received, matched: false, absent: got === undefined }
    assert.equal(conditionCode(row), code, `${operator} ${key} ${wanted.join()} ${got}`)
  }
})

test('a type mismatch is told when no value can be read', () => {
  const row = { key: 'a:b', operator: 'ForAllValues:NumericEquals', wanted: ['1'], matched: false, absent: false }
  assert.equal(conditionCode({ ...row, received: ['x', 'y'] }), 'COND.TYPE_MISMATCH')
  assert.equal(conditionCode({ ...row, received: ['2', 'x'] }), undefined)
})

const attach = (name: string, ...statements: readonly object[]) => ({
  name,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const deny = { ...all, Effect: 'Deny' }
const full = attach('full', all)
const none = attach('none')
const denies = attach('denies', all, deny)
const nobody = { identity: [] as const }
const trust = (Principal: unknown, more: object = {}) =>
  attach('trust', { Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...more })
const resource = (Principal: unknown) => attach('bucket', { ...all, Principal })

const ask = (
  principal: Principal,
  given: Partial<RequestContext> = {},
  keys: Readonly<Record<string, ContextValue>> = {},
): RequestContext => ({
  principal,
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::data/a',
  resourceAccount: A,
  context: requestContext(keys),
  ...given,
})
const assume = { action: 'sts:AssumeRole', resource: target }
const wanting = (Condition: object) => ({ ...all, Condition })
const team = { StringEquals: { 'aws:PrincipalTag/team': 'a' } }
const numeric = { NumericEquals: { 's3:max-keys': '1' } }

const codes: readonly [code: string, request: RequestContext, set: PolicySet][] = [
  ['BOUNDARY.EXPLICIT_DENY', ask(session), { identity: [full], boundary: denies }],
  ['BOUNDARY.FILTERED', ask(alice), { identity: [full], resource: resource({ AWS: A }), boundary: none }],
  // A role named across accounts is filtered as any other grant is.
  [
    'BOUNDARY.FILTERED',
    ask(session, { resourceAccount: B }),
    { identity: [full], resource: resource({ AWS: session.roleArn }), boundary: none },
  ],
  [
    'RESOURCE.ROLE_ARN_STILL_FILTERED',
    ask(session),
    { ...nobody, resource: resource({ AWS: session.roleArn }), session: [none] },
  ],
  ['SESSION.POLICY_FILTERED', ask(session), { identity: [full], session: [none] }],
  ['IDENTITY.NO_ALLOW', ask(alice), { ...nobody, resource: resource({ AWS: A }) }],
  ['ASSUME.DELEGATED_TO_CALLER_ACCOUNT', ask(alice, assume), { ...nobody, trust: trust({ AWS: A }) }],
  ['ASSUME.CALLER_NOT_ALLOWED', ask(bob, assume), { ...nobody, trust: trust({ AWS: B }) }],
  [
    'TRUST.TAGSESSION_MISSING',
    ask(bob, { ...assume, action: 'sts:TagSession' }),
    { ...nobody, trust: trust({ AWS: B }, { Action: 'sts:*' }) },
  ],
  [
    'TRUST.SOURCEIDENTITY_MISSING',
    ask(bob, { ...assume, action: 'sts:SetSourceIdentity' }),
    { ...nobody, trust: trust({ AWS: B }, { Action: 'sts:*' }) },
  ],
  ['ASSUME.TRUST_NO_MATCH', ask(session, assume), { identity: [full], trust: trust({ AWS: B }) }],
  [
    'ASSUME.SELF_NOT_TRUSTED',
    ask(session, { ...assume, resource: `arn:aws:iam::${A}:role/app` }),
    { identity: [full], trust: trust({ AWS: B }) },
  ],
  [
    'TRUST.SERVICE_PRINCIPAL',
    ask({ kind: 'service', name: 'ec2.amazonaws.com' }, assume),
    { ...nobody, trust: trust({ AWS: B }) },
  ],
  [
    'POLICY.WILDCARD_IN_PRINCIPAL',
    ask(session, assume),
    { identity: [full], trust: trust({ AWS: [target, `arn:aws:iam::${A}:role/*`] }) },
  ],
  [
    'POLICY.WILDCARD_IN_PRINCIPAL',
    ask(session, assume),
    { identity: [full], trust: trust({ AWS: `arn:aws:sts::${A}:assumed-role/app/?` }) },
  ],
  ['ASSUME.TRUST_NO_MATCH', ask(alice, assume), { ...nobody, trust: trust({ AWS: `arn:aws:iam::${B}:user/*` }) }],
  [
    'POLICY.WILDCARD_IN_PRINCIPAL',
    ask(bob),
    { identity: [full], resource: resource({ AWS: `arn:aws:iam::${B}:user/b*` }) },
  ],
  ['ASSUME.TRUST_NO_MATCH', ask(alice, assume), { identity: [full], trust: trust('*', { Action: 'sts:TagSession' }) }],
  // Of two near misses the one with fewer failed tests is told; of equal ones the first.
  ['COND.KEY_ABSENT', ask(alice), { identity: [attach('i', wanting({ ...team, ...numeric }), wanting(team))] }],
  [
    'COND.TYPE_MISMATCH',
    ask(alice, {}, { 's3:max-keys': 'x' }),
    { identity: [attach('i', wanting({ ...team, ...numeric }), wanting(numeric), wanting(team))] },
  ],
  ['IDENTITY.NO_ALLOW', ask(alice), { identity: [attach('i', { ...wanting(team), Action: 'ec2:*' })] }],
  ['IDENTITY.NO_ALLOW', ask(alice), { identity: [attach('i', { ...wanting(team), Effect: 'Deny' })] }],
  ['BOUNDARY.REQUIRED', ask(alice, { action: 'iam:CreateRole' }), denied({ 'iam:PermissionsBoundary': target })],
  ['COND.KEY_ABSENT', ask(alice), denied({ 'aws:RequestedRegion': 'eu-west-1' })],
  ['IDENTITY.EXPLICIT_DENY', ask(alice, {}, { 'aws:RequestedRegion': 'x' }), denied({ 'aws:RequestedRegion': 'y' })],
  ['PASSROLE.DENIED', ask(alice, { action: 'IAM:passrole', resource: target }), { identity: [denies] }],
]

function denied(keys: Readonly<Record<string, string>>): PolicySet {
  const silent = { ...deny, Condition: { StringEquals: { 'aws:userid': 'nobody' } } }
  return { identity: [attach('guard', all, silent, { ...deny, Condition: { StringNotEquals: keys } })] }
}

test('codes of refusals', () => {
  for (const [code, request, set] of codes) {
    assert.equal(explain(request, set).code, code, `${code} ${request.principal.kind} ${JSON.stringify(set)}`)
  }
})

const blockings: readonly [blocking: readonly LayerName[], layers: readonly LayerName[], RequestContext, PolicySet][] =
  [
    [['identity'], ['identity'], ask(alice), nobody],
    [['resource', 'identity'], ['resource', 'identity'], ask(bob), nobody],
    [['resource'], ['resource', 'identity'], ask(bob), { identity: [full] }],
    [['trust', 'identity'], ['trust', 'identity'], ask(bob, assume), nobody],
    [
      ['scp', 'boundary'],
      ['scp', 'identity', 'boundary'],
      ask(alice),
      { identity: [full], scp: [[none]], boundary: none },
    ],
    [
      ['scp', 'rcp', 'vpce', 'resource', 'identity', 'boundary', 'session'],
      ['scp', 'rcp', 'vpce', 'resource', 'identity', 'boundary', 'session'],
      ask(session),
      {
        identity: [denies],
        session: [denies],
        boundary: denies,
        resource: attach('r', { ...deny, Principal: '*' }),
        vpce: attach('v', { ...deny, Principal: '*' }),
        rcp: [[attach('p', { ...deny, Principal: '*' })]],
        scp: [[denies], [none]],
      },
    ],
    [
      ['resource', 'boundary'],
      ['resource', 'identity', 'boundary'],
      ask(session, { action: 'kms:Decrypt', resource: 'arn:aws:kms:us-east-1:111122223333:key/k' }),
      { identity: [full], boundary: none },
    ],
    [
      ['resource'],
      ['resource', 'identity', 'boundary'],
      ask(alice, { action: 'kms:Decrypt', resource: 'arn:aws:kms:us-east-1:111122223333:key/k' }),
      { identity: [full], boundary: none },
    ],
    [['vpce'], ['vpce', 'identity'], ask(alice), { identity: [full], vpce: none }],
  ]

test('every layer in the way is named once and in order, and one that is not there is shown as silent', () => {
  for (const [blocking, layers, request, set] of blockings) {
    const record = explain(request, set)
    assert.deepEqual(record.blocking, blocking)
    assert.deepEqual([...new Set(record.layers.map(({ layer }) => layer))], layers)
    for (const { layer, verdict, statements } of record.layers) {
      if (statements.length === 0 && layer !== 'rcp') assert.equal(verdict, 'silent')
    }
  }
  const [missing] = explain(ask(bob), { identity: [full] }).layers
  assert.deepEqual(missing, { layer: 'resource', verdict: 'silent', statements: [] })
})

test('what is settled before policies has no layers', () => {
  const free = explain(ask(alice, { action: 'sts:GetCallerIdentity', resource: '*' }), nobody)
  assert.deepEqual(free, {
    effect: 'Allow',
    reason: 'no-permission-required',
    layers: [],
    blocking: [],
    suggestions: [],
  })
  const flagged = (flags: RequestContext['flags']) =>
    explain(ask(alice, flags === undefined ? {} : { flags }), { identity: [full] })
  assert.equal(flagged({ noPermissionRequired: true }).reason, 'no-permission-required')
  assert.equal(flagged({ stsRestriction: true }).reason, 'sts-restriction')
  assert.equal(flagged({ stsRestriction: true }).code, 'SESSION.CREDENTIAL_KIND')
  assert.equal(flagged({ stsRestriction: true, noPermissionRequired: true }).effect, 'Deny')
  assert.equal(flagged({}).reason, 'identity')
})
