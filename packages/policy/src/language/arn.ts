/** ARNs as patterns: completing short ones, and the glob of the Arn operators, which compares part by part. */
import { compileGlob, globMatches, patternOf, slicePattern, type Glob, type Pattern } from './glob.ts'
import { endsInVariable, templateOf, writtenColons, type Template } from './template.ts'

const PARTS = 6

/**
 * Fills a short ARN of a Resource element up with `*` (policy-semantics 2.4). The written colons count, not those that
 * variables bring; one that ends in a variable is left as it is. A text without colon (`*`) is no ARN.
 */
export function completeArn(template: Template): Template {
  const colons = writtenColons(template)
  if (colons === 0 || colons >= PARTS - 1 || endsInVariable(template)) return template
  return templateOf(template.source, [...template.parts, patternOf(':*'.repeat(PARTS - 1 - colons))])
}

/** Pattern of ArnEquals and ArnLike: six globs, or `any` for a bare `*`. */
export interface ArnGlob {
  readonly any: boolean
  readonly parts: readonly Glob[]
}

/** undefined when the pattern is no ARN, that is, has fewer than six parts. */
export function compileArnGlob(pattern: Pattern): ArnGlob | undefined {
  if (pattern.text === '*' && pattern.wild.length === 1) return { any: true, parts: [] }
  const parts: Glob[] = []
  let from = 0
  for (let index = 1; index < PARTS; index++) {
    const colon = pattern.text.indexOf(':', from)
    if (colon < 0) return undefined
    parts.push(compileGlob(slicePattern(pattern, from, colon)))
    from = colon + 1
  }
  parts.push(compileGlob(slicePattern(pattern, from, pattern.text.length)))
  return { any: false, parts }
}

/** The six parts of an ARN; the sixth keeps its colons. undefined when the text is no ARN. */
export function splitArn(text: string): readonly string[] | undefined {
  if (!text.startsWith('arn:')) return undefined
  const fields = text.split(':')
  return fields.length < PARTS ? undefined : [...fields.slice(0, PARTS - 1), fields.slice(PARTS - 1).join(':')]
}

export const arnGlobMatches = (glob: ArnGlob, parts: readonly string[]): boolean =>
  glob.any || glob.parts.every((part, index) => globMatches(part, parts[index] ?? ''))

/** Does `pattern`, as ArnLike reads it, cover `arn`? False when either is no ARN. */
export function matchesArn(pattern: string, arn: string): boolean {
  const glob = compileArnGlob(patternOf(pattern))
  const parts = splitArn(arn)
  return glob !== undefined && parts !== undefined && arnGlobMatches(glob, parts)
}

/** Has the pattern the six parts that an Arn operator compares? */
export const isArnPattern = (text: string): boolean => compileArnGlob(patternOf(text)) !== undefined
