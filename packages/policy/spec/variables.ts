/** Policy variables: rules 3.19 to 3.23. */
import type { ConditionContext } from '@understudy/policy'
import type { Piece } from './pattern.ts'

/** `2008-10-17` has no variables: there `${…}` is ordinary text (3.19). */
export type Version = '2008-10-17' | '2012-10-17'

/** Keys that hold several values by definition, even when one or none came (3.17, 5.2). */
const MULTIVALUED: readonly string[] = [
  'aws:calledvia',
  'aws:principalorgpaths',
  'aws:principalservicenameslist',
  'aws:resourceorgpaths',
  'aws:sourceorgpaths',
  'aws:tagkeys',
  'aws:vpceorgpaths',
  'dynamodb:attributes',
  'dynamodb:leadingkeys',
  'kms:encryptioncontextkeys',
  'kms:grantoperations',
  'sts:identitytokenaudience',
  'sts:requestcontextproviders',
  'sts:transitivetagkeys',
]

/** 3.17: several by definition, or several because several came. `{oidc}:amr` goes by its ending. */
export function isMultivalued(key: string, context: ConditionContext): boolean {
  const name = key.toLowerCase()
  return MULTIVALUED.includes(name) || name.endsWith(':amr') || Array.isArray(context.get(name))
}

/** What stands for `${…}` in a text of a policy, or nothing where one of them has no value (3.20). */
export function expand(text: string, version: Version, context: ConditionContext): readonly Piece[] | undefined {
  if (version === '2008-10-17') return [{ text, literal: false }]
  const pieces: Piece[] = []
  let rest = text
  for (;;) {
    const found = /\$\{([^}]*)\}/.exec(rest)
    if (!found) return [...pieces, { text: rest, literal: false }]
    const value = valueOf(found[1] ?? '', context)
    if (value === undefined) return undefined
    pieces.push({ text: rest.slice(0, found.index), literal: false }, { text: value, literal: true })
    rest = rest.slice(found.index + found[0].length)
  }
}

/** The value of what stands between the braces. */
function valueOf(inside: string, context: ConditionContext): string | undefined {
  // 3.22: the three escapes are the characters themselves.
  if (inside === '*' || inside === '?' || inside === '$') return inside
  const parts = /^([^,]*?)\s*(?:,\s*'([^']*)')?$/.exec(inside)
  if (!parts) return undefined
  const name = (parts[1] ?? '').toLowerCase()
  const value = context.get(name)
  // 3.21: the default where the key is absent; an empty list counts as that (3.5).
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return parts[2]
  // 3.23: a multivalued key that is there resolves to nothing, and its default is not used either.
  return typeof value === 'string' && !isMultivalued(name, context) ? value : undefined
}
