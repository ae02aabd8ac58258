/** Rules of session tags that need no store. IAM User Guide, "Pass session tags in AWS STS"; texts recorded. */

export interface SessionTags {
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  readonly transitiveKeys: readonly string[]
  /** Keys of transitive tags that the calling session carries. */
  readonly inheritedTransitive: readonly string[]
}

/** What is wrong with the tags of a call, as an InvalidParameterValue; `undefined` when nothing is. Keys compare without case. */
export function tagRules(
  call: SessionTags,
): { readonly code: 'InvalidParameterValue'; readonly message: string } | undefined {
  const keys = call.tags.map((tag) => tag.key.toLowerCase())
  const wrong = (message: string) => ({ code: 'InvalidParameterValue', message }) as const
  if (new Set(keys).size < keys.length)
    return wrong('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  const passed = new Set(keys)
  if (call.transitiveKeys.some((key) => !passed.has(key.toLowerCase())))
    return wrong('The specified transitive tag key must be included in the requested tags.')
  if (call.inheritedTransitive.some((key) => passed.has(key.toLowerCase())))
    return wrong(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  return undefined
}
