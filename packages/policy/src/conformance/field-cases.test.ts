/** Cases from public reports, re-expressed: what people met, and what AWS answers. The numbers are the reports' ids. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import { decide } from '../decision/decide.ts'
import { explain } from '../decision/explain.ts'
import { isPublicPolicy } from '../public-policy.ts'
import type { ContextValue, PolicySet, Principal, RequestContext } from '../types.ts'
import { parsePolicy } from '../validation/parse.ts'

const A = '111122223333'
const B = '444455556666'
const C = '777788889999'
const attach = (name: string, ...statements: readonly object[]) => ({
  name,
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const user = (account: string, name = 'alice'): Principal => ({
  kind: 'user',
  accountId: account,
  arn: `arn:aws:iam::${account}:user/${name}`,
  userId: `AIDA${name.toUpperCase()}`,
})
const session = (role: string, id: string): Principal => ({
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/${role}/s`,
  userId: `${id}:s`,
  roleArn: `arn:aws:iam::${A}:role/${role}`,
})
const ask = (
  principal: Principal,
  action: string,
  resource: string,
  keys: Readonly<Record<string, ContextValue>> = {},
): RequestContext => ({ principal, action, resource, resourceAccount: A, context: requestContext(keys) })
const effect = (request: RequestContext, set: PolicySet): string => decide(request, set).effect

test('P03 keys under one operator are ANDed in a perimeter', () => {
  const perimeter = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: '*',
    Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-mine12345', 'aws:PrincipalAccount': B } },
  }
  const resource = attach('bucket', perimeter, { ...all, Principal: '*' })
  const get = (principal: Principal, keys: Readonly<Record<string, string>>) =>
    effect(ask(principal, 's3:GetObject', 'arn:aws:s3:::bkt/k', keys), { identity: [attach('i', all)], resource })
  assert.equal(get(user(A), { 'aws:PrincipalOrgID': 'o-mine12345', 'aws:PrincipalAccount': A }), 'Allow')
  assert.equal(get(user(B), { 'aws:PrincipalAccount': B }), 'Allow')
  assert.equal(get(user(C), { 'aws:PrincipalAccount': C }), 'Deny')
  assert.equal(get({ kind: 'anonymous' }, { 'aws:PrincipalAccount': 'anonymous' }), 'Deny')
})

test('P08 bucket policies speak of their bucket, by actions that fit', () => {
  const put = (statement: object) => {
    const text = JSON.stringify({
      Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', ...statement },
    })
    const parsed = parsePolicy(text, 's3-bucket', { bucket: 'bkt' })
    return parsed.ok ? 'stored' : parsed.message
  }
  assert.equal(put({ Resource: '*' }), 'Policy has invalid resource')
  assert.equal(put({ Resource: 'arn:aws:s3:::other/*' }), 'Policy has invalid resource')
  assert.equal(put({ Resource: 'arn:aws:s3:::bkt' }), 'Action does not apply to any resource(s) in statement')
  assert.equal(put({ Resource: ['arn:aws:s3:::bkt', 'arn:aws:s3:::bkt/*'] }), 'stored')
  assert.equal(put({ Resource: 'arn:aws:s3:::bkt/*', Action: 's3:ListObjects' }), 'Policy has invalid action')
})

test('P09 an SCP that demands a boundary denies where the key is absent', () => {
  const guard = `arn:aws:iam::${A}:policy/guard`
  const demand = {
    Effect: 'Deny',
    Action: ['iam:CreateRole', 'iam:PutRolePermissionsBoundary'],
    Resource: '*',
    Condition: {
      ArnNotLike: { 'iam:PermissionsBoundary': guard, 'aws:PrincipalArn': 'arn:aws:iam::*:role/bootstrap-*' },
    },
  }
  const set: PolicySet = { identity: [attach('admin', all)], scp: [[attach('full', all), attach('guard', demand)]] }
  const create = (principal: Principal, keys: Readonly<Record<string, string>>) =>
    explain(ask(principal, 'iam:CreateRole', `arn:aws:iam::${A}:role/new`, keys), set)
  const alice = { 'aws:PrincipalArn': `arn:aws:iam::${A}:user/alice` }
  assert.equal(create(user(A), alice).code, 'BOUNDARY.REQUIRED')
  assert.equal(create(user(A), { ...alice, 'iam:PermissionsBoundary': guard }).effect, 'Allow')
  assert.equal(create(user(A), { ...alice, 'iam:PermissionsBoundary': `arn:aws:iam::${A}:policy/weak` }).effect, 'Deny')
  const bootstrap = { 'aws:PrincipalArn': `arn:aws:iam::${A}:role/bootstrap-ci` }
  assert.equal(create(session('bootstrap-ci', 'AROAB'), bootstrap).effect, 'Allow')
})

test('P12 an allow-list by aws:userid', () => {
  const condition = { StringNotLike: { 'aws:userid': ['AROAAPP:*', A] } }
  const resource = attach('bucket', {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: '*',
    Condition: condition,
  })
  const get = (principal: Principal, userid: string) =>
    effect(ask(principal, 's3:GetObject', 'arn:aws:s3:::bkt/k', { 'aws:userid': userid }), {
      identity: [attach('i', all)],
      resource,
    })
  assert.equal(get(session('app', 'AROAAPP'), 'AROAAPP:s'), 'Allow')
  assert.equal(get(session('app', 'AROANEW'), 'AROANEW:s'), 'Deny')
  assert.equal(get(user(A), 'AIDAALICE'), 'Deny')
  assert.equal(get({ kind: 'root', accountId: A, arn: `arn:aws:iam::${A}:root` }, A), 'Allow')
})

test('P13 what counts as public', () => {
  const isPublic = (condition: object) =>
    isPublicPolicy(attach('b', { ...all, Principal: '*', Condition: condition }).policy)
  assert.equal(isPublic({}), true)
  assert.equal(isPublic({ StringEquals: { 'aws:PrincipalOrgID': 'o-abc' } }), false)
  assert.equal(isPublic({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } }), true)
  assert.equal(isPublic({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } }), false)
  assert.equal(isPublic({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }), false)
})

test('P18 eleven digits are no account, and a number is compared as its text', () => {
  const trust = (principal: string) =>
    parsePolicy(
      JSON.stringify({ Statement: { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' } }),
      'trust',
    )
  const refused = trust('12345671234')
  assert.equal(refused.ok ? '' : refused.message, 'Invalid principal in policy: "AWS":"12345671234"')
  assert.equal(trust('012345671234').ok, true)
  const identity = [attach('i', { ...all, Condition: { StringEquals: { 'aws:SourceAccount': 111122223333 } } })]
  assert.equal(
    effect(ask(user(A), 's3:GetObject', 'arn:aws:s3:::b/k', { 'aws:SourceAccount': A }), { identity }),
    'Allow',
  )
})

test('P19 a role that denies one caller, and one that trusts for tags only', () => {
  const role = `arn:aws:iam::${A}:role/t2`
  const trust = attach(
    'trust',
    { Effect: 'Allow', Principal: { AWS: B }, Action: 'sts:AssumeRole' },
    { Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${B}:user/bob` }, Action: 'sts:AssumeRole' },
  )
  const assume = (name: string) =>
    decide(ask(user(B, name), 'sts:AssumeRole', role), { identity: [attach('i', all)], trust }).reason
  assert.equal(assume('bob'), 'explicit-deny:trust')
  assert.equal(assume('carol'), 'identity+trust')
  const tagsOnly = attach('trust', {
    Effect: 'Allow',
    Principal: { Federated: 'idp.example' },
    Action: 'sts:TagSession',
  })
  const web: Principal = { kind: 'web-identity', provider: 'idp.example' }
  assert.equal(effect(ask(web, 'sts:AssumeRoleWithWebIdentity', role), { identity: [], trust: tagsOnly }), 'Deny')
})

test('O04 braces without a dollar sign are plain text', () => {
  const key = 'api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc:sub'
  const subject = '{11111111-2222-3333-4444-555555555555}:{step}'
  const identity = (operator: string) => [
    attach('i', { ...all, Condition: { [operator]: { [key]: '{11111111-2222-3333-4444-555555555555}:*' } } }),
  ]
  const request = ask(user(A), 's3:GetObject', 'arn:aws:s3:::b/k', { [key]: subject })
  assert.equal(effect(request, { identity: identity('StringLike') }), 'Allow')
  assert.equal(explain(request, { identity: identity('StringEquals') }).code, 'COND.WILDCARD_IN_EXACT_OPERATOR')
})

test('Y05 an absent header is told as absent', () => {
  const deny = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: '*',
    Condition: { Null: { 's3:x-amz-server-side-encryption': 'true' } },
  }
  const set: PolicySet = { identity: [attach('i', all)], resource: attach('bucket', deny) }
  const record = explain(ask(user(A), 's3:PutObject', 'arn:aws:s3:::tfstate/state.tflock'), set)
  assert.equal(record.code, 'COND.KEY_ABSENT')
  assert.equal(record.layers[0]?.statements[0]?.conditions[0]?.absent, true)
})

test('L02 the size of a trust policy is told before its grammar', () => {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: { ...all, Sid: 'x'.repeat(3000) } })
  const refused = parsePolicy(text, 'trust')
  assert.equal(refused.ok ? '' : refused.message, 'Cannot exceed quota for ACLSizePerRole: 2048')
})

test('L03 white space outside texts is free', () => {
  const subjects = Array.from({ length: 8 }, (_none, index) => `system:serviceaccount:team-${index}:default-editor`)
  const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF'
  const document = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${A}:oidc-provider/${issuer}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${issuer}:sub`]: subjects } },
      },
    ],
  }
  const text = JSON.stringify(document, undefined, 4) + ' '.repeat(3000)
  assert.ok(text.length > 2048)
  assert.equal(parsePolicy(text, 'trust').ok, true)
})
