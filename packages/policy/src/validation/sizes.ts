/** Sizes of documents (policy-semantics 1.13): white space outside texts does not count, except where it does. */
import type { PolicyType, Problem } from './problem.ts'

/** Characters without the white space that stands outside texts. One pass, whatever the text holds. */
export function significantLength(text: string): number {
  let length = 0
  let inside = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (inside || !/\s/.test(character)) length++
    if (inside && character === '\\') {
      at++
      length++
    } else if (character === '"') inside = !inside
  }
  return Math.min(length, text.length)
}

const MANAGED_MAX = 6144
const SESSION_MAX = 2048
const SCP_MAX = 10_240
const RCP_MAX = 5120

/** Default quota of a role's trust policy; raisable to 8,192. */
export const TRUST_MAX = 2048

/** Fault of size, told before anything else is looked at. */
export function checkSize(text: string, type: PolicyType, trustMax: number = TRUST_MAX): Problem | undefined {
  switch (type) {
    case 'identity':
    case 'managed':
    case 'boundary':
      return quota(significantLength(text), MANAGED_MAX, 'PolicySize')
    case 'trust':
      return quota(significantLength(text), trustMax, 'ACLSizePerRole')
    case 'session':
      return text.length > SESSION_MAX ? sessionPolicyTooLong(text) : undefined
    case 'scp':
      return constraint(text, SCP_MAX)
    case 'rcp':
      return constraint(text, RCP_MAX)
    default:
      return undefined
  }
}

const quota = (length: number, max: number, name: string): Problem | undefined =>
  length > max ? { code: 'LimitExceeded', message: `Cannot exceed quota for ${name}: ${max}` } : undefined

const sessionPolicyTooLong = (text: string): Problem => ({
  code: 'ValidationError',
  message:
    `1 validation error detected: Value '${text}' at 'policy' failed to satisfy constraint: ` +
    `Member must have length less than or equal to ${SESSION_MAX}`,
})

const constraint = (text: string, max: number): Problem | undefined =>
  text.length > max
    ? { code: 'ConstraintViolationException', message: `The policy exceeds the maximum size of ${max} characters.` }
    : undefined

const INLINE_MAX = { user: 2048, group: 5120, role: 10_240 } as const

/**
 * Quota of all inline policies of one user, group or role together. `texts` are those that would stand afterwards.
 * undefined when they fit; else a LimitExceeded (409).
 */
export function checkInlineQuota(
  entity: { readonly kind: 'user' | 'group' | 'role'; readonly name: string },
  texts: readonly string[],
): Problem | undefined {
  const max = INLINE_MAX[entity.kind]
  const length = texts.reduce((sum, text) => sum + significantLength(text), 0)
  if (length <= max) return undefined
  const message = `Maximum policy size of ${max} bytes exceeded for ${entity.kind} ${entity.name}`
  return { code: 'LimitExceeded', message }
}

/** Characters that a policy may hold: tab, line feed, return, and U+0020 to U+00FF. Offset of the first other one. */
export function strangeCharacter(text: string): number {
  return text.search(/[^\t\n\r\u0020-\u00ff]/)
}
