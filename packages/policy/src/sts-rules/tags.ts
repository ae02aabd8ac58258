/** Session tags: what may be passed, and which tags a session ends up with (policy-semantics 6.3, 6.7, 6.11). */
import { constraint, type StsProblem } from './problem.ts'

export interface SessionTag {
  readonly key: string
  readonly value: string
}

export interface TagCall {
  readonly tags: readonly SessionTag[]
  readonly transitiveTagKeys: readonly string[]
  /** Transitive tags of the calling session. */
  readonly inherited: readonly SessionTag[]
}

const TAGS_MAX = 50
const KEY_MAX = 128
const VALUE_MAX = 256
const TEXT = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*'
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Key that compares as AWS does, without regard to case. */
const fold = (key: string): string => key.toLowerCase()

/** First rule that the tags of a call break: those of one tag first, then those of the whole. */
export function checkTags({ tags, transitiveTagKeys, inherited }: TagCall): StsProblem | undefined {
  if (tags.length > TAGS_MAX) {
    return constraint(
      `[${tags.map(({ key }) => key).join(', ')}]`,
      'tags',
      `have length less than or equal to ${TAGS_MAX}`,
    )
  }
  for (const [index, tag] of tags.entries()) {
    const problem = checkTag(tag, `tags.${index + 1}.member`)
    if (problem) return problem
  }
  const refusal = tagRules({
    tags,
    transitiveKeys: transitiveTagKeys,
    inheritedTransitive: inherited.map(({ key }) => key),
  })
  return refusal && { ...refusal, httpStatus: 400 }
}

/** Keys of a call, as the rules on them need it. */
export interface TagKeys {
  readonly tags: readonly SessionTag[]
  readonly transitiveKeys: readonly string[]
  /** Keys of transitive tags that the calling session carries. */
  readonly inheritedTransitive: readonly string[]
}

const DUPLICATE = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'
const NOT_PASSED = 'The specified transitive tag key must be included in the requested tags.'
const CONFLICT =
  "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the " +
  'calling session.'

/** The rules on keys alone. Keys compare without regard to case. */
export function tagRules(
  call: TagKeys,
): { readonly code: 'InvalidParameterValue'; readonly message: string } | undefined {
  const wrong = (message: string) => ({ code: 'InvalidParameterValue', message }) as const
  const passed = new Set(call.tags.map(({ key }) => fold(key)))
  if (passed.size < call.tags.length) return wrong(DUPLICATE)
  if (call.transitiveKeys.some((key) => !passed.has(fold(key)))) return wrong(NOT_PASSED)
  if (call.inheritedTransitive.some((key) => passed.has(fold(key)))) return wrong(CONFLICT)
  return undefined
}

function checkTag({ key, value }: SessionTag, path: string): StsProblem | undefined {
  if (key.length < 1) return constraint(key, `${path}.key`, 'have length greater than or equal to 1')
  if (key.length > KEY_MAX) return constraint(key, `${path}.key`, `have length less than or equal to ${KEY_MAX}`)
  if (value.length > VALUE_MAX)
    return constraint(value, `${path}.value`, `have length less than or equal to ${VALUE_MAX}`)
  if (!CHARACTERS.test(key)) return constraint(key, `${path}.key`, `satisfy regular expression pattern: ${TEXT}`)
  if (!CHARACTERS.test(value)) return constraint(value, `${path}.value`, `satisfy regular expression pattern: ${TEXT}`)
  return undefined
}

export interface SessionTags {
  /** `aws:PrincipalTag/…` of the session. */
  readonly principalTags: readonly SessionTag[]
  /** Keys that go on into the next session of the chain. */
  readonly transitive: readonly string[]
}

/**
 * Tags of the new session: the role's own, overlaid by those passed, overlaid by what is inherited. Ordinary session
 * tags and role tags of the calling session are dropped, since the caller hands on its transitive tags only.
 */
export function sessionTags(call: TagCall, roleTags: readonly SessionTag[]): SessionTags {
  const merged = new Map<string, SessionTag>()
  for (const tag of [...roleTags, ...call.tags, ...call.inherited]) {
    merged.delete(fold(tag.key))
    merged.set(fold(tag.key), tag)
  }
  const passed = call.transitiveTagKeys.map((key) => merged.get(fold(key))?.key ?? key)
  return { principalTags: [...merged.values()], transitive: [...call.inherited.map(({ key }) => key), ...passed] }
}
