/**
 * Policy variables: `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`. They exist in documents of
 * version 2012-10-17 only; in an older one the same characters are plain text (policy-semantics 3.19 to 3.23).
 */
import { isMultivalued } from '../context-keys.ts'
import type { ConditionContext, ContextValue } from '../types.ts'
import { joinPatterns, literal, patternOf, type Pattern } from './glob.ts'

export interface Variable {
  /** Lower case, as keys stand in a ConditionContext. */
  readonly key: string
  readonly fallback: string | undefined
  readonly multivalued: boolean
}

/** Text with holes. `fixed` is there when it has none. */
export interface Template {
  readonly source: string
  readonly parts: readonly (Pattern | Variable)[]
  readonly fixed: Pattern | undefined
}

export const isVariable = (part: Pattern | Variable): part is Variable => 'key' in part

/** Reads a text of a policy. `variables` is false for version 2008-10-17. */
export function parseTemplate(source: string, variables: boolean): Template {
  if (!variables || !source.includes('${')) {
    const fixed = patternOf(source)
    return { source, parts: [fixed], fixed }
  }
  return templateOf(source, readParts(source))
}

export function templateOf(source: string, parts: readonly (Pattern | Variable)[]): Template {
  const fixed = parts.some(isVariable) ? undefined : joinPatterns(parts as readonly Pattern[])
  return { source, parts, fixed }
}

function readParts(source: string): readonly (Pattern | Variable)[] {
  const parts: (Pattern | Variable)[] = []
  let from = 0
  for (;;) {
    const open = source.indexOf('${', from)
    const close = open < 0 ? -1 : closing(source, open + 2)
    if (close < 0) break
    if (open > from) parts.push(patternOf(source.slice(from, open)))
    parts.push(readHole(source.slice(open + 2, close)))
    from = close + 1
  }
  if (from < source.length || parts.length === 0) parts.push(patternOf(source.slice(from)))
  return parts
}

/** A brace inside a quoted default does not end the variable. */
function closing(source: string, from: number): number {
  const brace = source.indexOf('}', from)
  const quote = source.indexOf("'", from)
  if (quote < 0 || brace < 0 || brace < quote) return brace
  const end = source.indexOf("'", quote + 1)
  return end < 0 ? brace : source.indexOf('}', end)
}

function readHole(inside: string): Pattern | Variable {
  if (inside === '*' || inside === '?' || inside === '$') return literal(inside)
  const split = /^([^,]*),\s*'([^']*)'\s*$/.exec(inside)
  const key = (split?.[1] ?? inside).trim().toLowerCase()
  return { key, fallback: split?.[2], multivalued: isMultivalued(key) }
}

/** The text with its variables replaced by literal text; undefined when one of them has no single value. */
export function expand(template: Template, context: ConditionContext): Pattern | undefined {
  if (template.fixed) return template.fixed
  const patterns: Pattern[] = []
  for (const part of template.parts) {
    const text = isVariable(part) ? resolve(part, context.get(part.key)) : part
    if (text === undefined) return undefined
    patterns.push(typeof text === 'string' ? literal(text) : text)
  }
  return joinPatterns(patterns)
}

/** A multivalued key has no single value, and then its default does not count either (policy-semantics 3.23). */
export function resolve(variable: Variable, value: ContextValue | undefined): string | undefined {
  // An empty list is an absent key (policy-semantics 3.5).
  if (value === undefined || (typeof value !== 'string' && value.length === 0)) return variable.fallback
  return typeof value !== 'string' || variable.multivalued ? undefined : value
}

/** What every expansion begins with; a cheap test before the expansion itself. */
export function constantPrefix(template: Template): string {
  const first = template.parts[0]
  if (first === undefined || isVariable(first)) return ''
  return first.text.slice(0, first.wild[0] ?? first.text.length)
}

/** Names of the variables used, in lower case. */
export const variableKeys = (template: Template): readonly string[] =>
  template.parts.filter(isVariable).map((part) => part.key)

/** Does the text end in a variable? */
export function endsInVariable(template: Template): boolean {
  const last = template.parts[template.parts.length - 1]
  return last !== undefined && isVariable(last)
}

/** Colons as written: those inside `${…}` do not count. */
export function writtenColons(template: Template): number {
  let colons = 0
  for (const part of template.parts) if (!isVariable(part)) colons += part.text.split(':').length - 1
  return colons
}
