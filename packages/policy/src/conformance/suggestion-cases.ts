/** Words for tests of suggestions: who asks, what stands in the policies, and what a suggestion should be. */
import assert from 'node:assert/strict'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import { explain } from '../decision/explain.ts'
import type { AttachedPolicy, ContextValue, PolicySet, Principal, RequestContext } from '../types.ts'

export const A = '111122223333'
export const B = '444455556666'
export const target = `arn:aws:iam::${A}:role/target`
export const alice = { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/alice`, userId: 'AIDAALICE' } as const
export const bob = { kind: 'user', accountId: B, arn: `arn:aws:iam::${B}:user/bob`, userId: 'AIDABOB' } as const
export const session: Principal = {
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/app/s`,
  userId: 'AROAAPP:s',
  roleArn: `arn:aws:iam::${A}:role/app`,
}
export const web: Principal = {
  kind: 'web-identity',
  provider: 'token.example',
  providerArn: `arn:aws:iam::${A}:oidc-provider/x`,
}
export const google: Principal = { kind: 'web-identity', provider: 'accounts.google.com' }
export const saml: Principal = { kind: 'saml', providerArn: `arn:aws:iam::${A}:saml-provider/corp` }
export const ec2: Principal = { kind: 'service', name: 'ec2.amazonaws.com' }
export const nobody: Principal = { kind: 'anonymous' }

export const document = (version: string, statements: unknown, name: string, arn?: string): AttachedPolicy => ({
  name,
  ...(arn === undefined ? {} : { arn }),
  policy: compilePolicy(JSON.stringify({ Version: version, Statement: statements })),
})
export const attach = (name: string, ...statements: readonly object[]) => document('2012-10-17', statements, name)
export const old = (name: string, ...statements: readonly object[]) => document('2008-10-17', statements, name)
export const all = { Effect: 'Allow', Action: '*', Resource: '*' }
export const deny = { ...all, Effect: 'Deny' }
export const full = attach('full', all)
export const object = 'arn:aws:s3:::data/a'

export const ask = (
  principal: Principal,
  keys: Readonly<Record<string, ContextValue>> = {},
  given: Partial<RequestContext> = {},
): RequestContext => ({
  principal,
  action: 's3:GetObject',
  resource: object,
  resourceAccount: A,
  context: requestContext(keys),
  ...given,
})
export const assume = { action: 'sts:AssumeRole', resource: target }
export const byWeb = { action: 'sts:AssumeRoleWithWebIdentity', resource: target }
export const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: object }
export const fresh = (statement: object) => [
  { op: 'add', path: '', value: { Version: '2012-10-17', Statement: [statement] } },
]
export const added = (statement: object) => [{ op: 'add', path: '/Statement/-', value: statement }]
export const replaced = (index: number, value: object) => ({ op: 'replace', path: `/Statement/${index}`, value })
export const NOT_WANTED = 'This accepts a value that the policy did not want so far.'
export const WHOLE = 'The caller is exempted from everything that this statement denies.'
export const SESSIONS = 'Every session of the role gets the permission.'
export const EXEMPT_SESSIONS = 'Every session of the role is exempted.'

export interface SuggestionCase {
  readonly name: string
  readonly request: RequestContext
  readonly set: PolicySet
  /** The first suggestion. */
  readonly patch: readonly object[]
  readonly policy: string
  readonly owner?: string
  readonly warning?: string
}

export const row = (
  name: string,
  [request, set]: readonly [RequestContext, PolicySet],
  [policy, patch, warning]: readonly [policy: string, patch: readonly object[], warning?: string | undefined],
  owner: string = A,
): SuggestionCase => ({
  name,
  request,
  set,
  patch,
  policy,
  owner,
  ...(warning === undefined ? {} : { warning }),
})

export const near = (Condition: object, name = 'near') => attach(name, { ...all, Condition })
export const unless = (more: object) => attach('guard', all, { ...deny, ...more })
export const exemption = (more: object, ...others: readonly object[]) => [
  replaced(1, {
    ...deny,
    ...more,
    Condition: { ArnNotEquals: { 'aws:PrincipalArn': alice.arn } },
  }),
  ...others.map((value) => ({ op: 'add', path: '/Statement/-', value })),
]
export const nothing: PolicySet = { identity: [] }
export const trusting = (Principal: unknown, more: object = {}) =>
  attach('trust', { Effect: 'Allow', Principal, Action: 'sts:*', ...more })

/** The first suggestion is the wanted one. */
export function holds({ name: _name, request, set, ...wanted }: SuggestionCase): void {
  const [one] = explain(request, set).suggestions
  assert.ok(one)
  const { layer: _layer, ...rest } = one
  assert.deepEqual(unlisted(rest), unlisted(wanted))
}

/** A list of one and its element are the same in a policy. */
function unlisted(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, item: unknown) =>
    Array.isArray(item) && item.length === 1 && !['patch', 'Statement'].includes(key) ? (item[0] as unknown) : item,
  )
}
