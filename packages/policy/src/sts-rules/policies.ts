/** Session policies as parameters of an STS call (policy-semantics 1.14). */
import { constraint, type StsProblem } from './problem.ts'

const POLICY_ARNS_MAX = 10
const TOGETHER_MAX = 2048

/** At most ten managed policies. */
export function checkPolicyArns(arns: readonly string[]): StsProblem | undefined {
  if (arns.length <= POLICY_ARNS_MAX) return undefined
  return constraint(`[${arns.join(', ')}]`, 'policyArns', `have length less than or equal to ${POLICY_ARNS_MAX}`)
}

/** Inline text and the ARNs of managed policies together, in characters, white space included. */
export function checkSessionPolicies(text: string | undefined, arns: readonly string[]): StsProblem | undefined {
  const length = (text?.length ?? 0) + arns.reduce((sum, arn) => sum + arn.length, 0)
  if (length <= TOGETHER_MAX) return checkPolicyArns(arns)
  return constraint(text ?? arns.join(', '), 'policy', `have length less than or equal to ${TOGETHER_MAX}`)
}
