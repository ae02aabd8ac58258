/** What a condition that did not hold is called: one row per key that people stumble over. */
import { OPERATORS, readOperatorName } from '../conditions/operators.ts'
import { compileGlob, globMatches, patternOf } from '../language/glob.ts'
import type { ConditionRecord } from '../types.ts'

type Telling = (condition: ConditionRecord) => string | undefined

/** Asked from top to bottom; the first answer counts. */
const TELLING: readonly Telling[] = [
  ({ key, absent }) => when(key, /^sts:externalid$/i, `TRUST.EXTERNAL_ID_${absent ? 'MISSING' : 'MISMATCH'}`),
  ({ key }) => when(key, /^aws:multifactorauth(?:present|age)$/i, 'MFA.NOT_PRESENT'),
  (condition) => (isWildcardInExact(condition) ? 'COND.WILDCARD_IN_EXACT_OPERATOR' : undefined),
  (condition) => (condition.absent ? 'COND.KEY_ABSENT' : undefined),
  ({ key, wanted }) =>
    wanted.some(isSessionArn) ? when(key, /^aws:principalarn$/i, 'PRINCIPAL.SESSION_VS_ROLE') : undefined,
  (condition) => (isUnreadable(condition) ? 'COND.TYPE_MISMATCH' : undefined),
  ({ key }) => when(key, /^saml:aud$/i, 'SAML.AUDIENCE'),
  (condition) => (/:sub$/i.test(condition.key) && !/^saml:/i.test(condition.key) ? subjectCode(condition) : undefined),
  ({ key }) => when(key, /:(?:aud|oaud)$/i, 'OIDC.AUDIENCE'),
]

/** undefined when nothing more telling is known than that the condition does not hold. */
export function conditionCode(condition: ConditionRecord): string | undefined {
  for (const telling of TELLING) {
    const code = telling(condition)
    if (code) return code
  }
  return undefined
}

const when = (key: string, pattern: RegExp, code: string): string | undefined => (pattern.test(key) ? code : undefined)

/** `StringEquals` with a star that `StringLike` would have matched. */
function isWildcardInExact({ operator, wanted, received }: ConditionRecord): boolean {
  const base = readOperatorName(operator)?.base
  if (base !== 'StringEquals' && base !== 'StringEqualsIgnoreCase') return false
  const patterns = wanted.filter((value) => /[*?]/.test(value)).map((value) => compileGlob(patternOf(value)))
  return received.some((value) => patterns.some((glob) => globMatches(glob, value)))
}

/** `aws:PrincipalArn` of a session is the role's ARN, so the ARN of a session never matches there. */
const isSessionArn = (value: string): boolean => value.includes(':assumed-role/')

/** A value that the operator cannot read at all: no number, no date, no address, no ARN. */
function isUnreadable({ operator, received }: ConditionRecord): boolean {
  const row = OPERATORS.get(readOperatorName(operator)?.base ?? '')
  return row !== undefined && received.every((value) => row.family.read(value) === undefined)
}

/** Kubernetes and GitHub subjects have shapes of their own, and ways of their own to be wrong. */
function subjectCode({ wanted, received }: ConditionRecord): string {
  const subject = received[0] ?? ''
  const lower = subject.toLowerCase()
  if (wanted.some((value) => globMatches(compileGlob(patternOf(value.toLowerCase())), lower))) return 'OIDC.SUB_CASE'
  if (subject.startsWith('system:serviceaccount:')) return 'OIDC.K8S_SUBJECT'
  if (isImmutable(subject) !== wanted.some(isImmutable) && subject.startsWith('repo:')) return 'OIDC.SUB_IMMUTABLE'
  const event = eventOf(subject)
  if (event && wanted.every((value) => eventOf(value) !== undefined && eventOf(value) !== event))
    return 'OIDC.SUB_EVENT'
  return 'OIDC.SUB_MISMATCH'
}

/** GitHub's form since July 2026: owner and repository with their numbers. */
const isImmutable = (subject: string): boolean => /^repo:[^/:]+@[^/:]+\/[^/:]+@[^:]+:/.test(subject)

const eventOf = (subject: string): string | undefined =>
  /^repo:[^:]+:(pull_request|ref|environment|job_workflow_ref)\b/.exec(subject)?.[1]
