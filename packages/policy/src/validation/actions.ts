/** The form of actions in identity policies, with IAM's texts (policy-semantics 1.7). */
import { problem, type JsonText, type Problem } from './problem.ts'

export function checkAction(node: JsonText): Problem | undefined {
  const text = node.value
  if (text === '*') return undefined
  const [vendor = '', , ...more] = text.split(':')
  if (!text.includes(':')) {
    return problem('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.', node)
  }
  if (more.length > 0) return problem('Actions/Condition can contain only one colon.', node)
  if (text === '*:*') return undefined
  if (/[*?]/.test(vendor)) return problem('Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.', node)
  return /^[A-Za-z0-9.-]+$/.test(vendor) ? undefined : problem(`Vendor ${vendor} is not valid`, node)
}
