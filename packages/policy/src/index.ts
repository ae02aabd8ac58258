/** The policy engine: parse, compile, decide, explain. Pure; imports nothing, reads no clock and does no I/O. */
export type * from './types.ts'
export { compilePolicy } from './compile.ts'
export { CONTEXT_KEYS, requestContext, type ContextKey, type KeyType } from './context-keys.ts'
export { decide } from './decision/decide.ts'
export { explain } from './decision/explain.ts'
export { denialMessage, type Dialect } from './decision/message.ts'
export { matchesAction } from './actions.ts'
export { matchesArn } from './language/arn.ts'
export type { NamedPrincipal, ParseOptions } from './validation/options.ts'
export { parsePolicy, type ParseResult } from './validation/parse.ts'
export type { PolicyType } from './validation/problem.ts'
export type { Warning } from './validation/lint.ts'
export { checkInlineQuota, significantLength, TRUST_MAX } from './validation/sizes.ts'
export { bucketPolicyNormalForm, trustNormalForm } from './normal-form.ts'
export { isPublicPolicy } from './public-policy.ts'
export * from './sts-rules/assume-role.ts'
export * from './sts-rules/durations.ts'
export * from './sts-rules/names.ts'
export * from './sts-rules/packed-size.ts'
export * from './sts-rules/policies.ts'
export * from './sts-rules/questions.ts'
export * from './sts-rules/roles-claim.ts'
export * from './sts-rules/tags.ts'
export type { StsProblem } from './sts-rules/problem.ts'
export {
  keyCovers,
  readReference,
  type CompactReference,
  type CompactService,
  type ReferenceAction,
  type ReferenceKey,
  type ReferenceResource,
  type ServiceReference,
} from './reference/reference.ts'
export { asSimulated } from './simulation/as-simulated.ts'
export { askedKeys } from './simulation/asked-keys.ts'
export { judgeLayers, type Judgement, type MatchedStatement } from './simulation/judge-layers.ts'
export { statementSpans, type StatementSpan } from './simulation/spans.ts'
export { decidePartly, type Example, type PartialDecision } from './partial/decide-partly.ts'
export type { Openness } from './partial/open-statements.ts'
export type { Finding, FindingLevel } from './lint/finding.ts'
export { guessPolicyType, lintPolicy } from './lint/lint-policy.ts'
export type { LintOptions } from './lint/rule.ts'
