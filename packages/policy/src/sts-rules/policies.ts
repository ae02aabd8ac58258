/** Session policies as parameters of an STS call (policy-semantics 1.14). */
import type { StsProblem } from './problem.ts'

const POLICY_ARNS_MAX = 10
const TOGETHER_MAX = 2048

/** At most ten managed policies. */
export function checkPolicyArns(arns: readonly string[]): StsProblem | undefined {
  if (arns.length <= POLICY_ARNS_MAX) return undefined
  const message =
    `1 validation error detected: Value '[${arns.join(', ')}]' at 'policyArns' failed to satisfy constraint: ` +
    `Member must have length less than or equal to ${POLICY_ARNS_MAX}`
  return { code: 'ValidationError', message, httpStatus: 400 }
}

/** Inline text and the ARNs of managed policies together, in characters. */
export function checkPoliciesTogether(text: string, arns: readonly string[]): StsProblem | undefined {
  const length = text.length + arns.reduce((sum, arn) => sum + arn.length, 0)
  if (length <= TOGETHER_MAX) return checkPolicyArns(arns)
  const message =
    `1 validation error detected: Value '${text}' at 'policy' failed to satisfy constraint: ` +
    `Member must have length less than or equal to ${TOGETHER_MAX}`
  return { code: 'ValidationError', message, httpStatus: 400 }
}
