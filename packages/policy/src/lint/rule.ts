/** What a rule is given, and small helpers that rules share. */
import { compileGlob, globMatches, patternOf } from '../language/glob.ts'
import type { ServiceReference } from '../reference/reference.ts'
import type { PolicyType } from '../validation/problem.ts'
import type { LintDocument, LintStatement } from './document.ts'
import { finding, type Finding, type Placed } from './finding.ts'

export interface LintOptions {
  /** Without it nothing is said about which actions, resources and keys there are. */
  readonly reference?: ServiceReference
  /** Account that the policy is for, twelve digits: tells foreign accounts from its own. */
  readonly account?: string
}

export interface LintContext extends LintOptions {
  readonly document: LintDocument
  readonly type: PolicyType
}

export type StatementRule = (statement: LintStatement, context: LintContext) => readonly Finding[]

/** A finding at a place of the document. */
export const tell = (
  { document }: LintContext,
  place: Pick<Placed, 'path' | 'at'>,
  told: Pick<Finding, 'code' | 'level' | 'message'>,
): Finding => finding(document.text, place, told)

/** Does the glob, as a policy writes it, cover the text? */
export const covers = (glob: string, text: string): boolean => globMatches(compileGlob(patternOf(glob)), text)

/**
 * Does one glob cover everything that another does? What a star of the inner one stands for has to fall to a star of the
 * outer one. True is always right; false may be wrong for globs that cover each other in a roundabout way.
 */
export function coversGlob(outer: string, inner: string): boolean {
  const wild = outer.search(/[*?]/)
  // Most pairs end here; long lists are compared with themselves.
  if (wild < 0) return outer === inner
  if (!inner.startsWith(outer.slice(0, wild))) return false
  return walk(outer, inner, (at, unit) => {
    const own = outer[at]
    if (own === '*') return [at]
    if (unit === '*' || own === undefined) return []
    return own === '?' || own === unit ? [at + 1] : []
  })
}

/** Is there a text that both globs cover? Time is the product of their lengths, squared where stars meet. */
export const globsMeet = (left: string, right: string): boolean =>
  walk(right, left, (at, unit) => {
    const own = right[at]
    // The star of the left may take any part of the right.
    if (unit === '*') return Array.from({ length: right.length - at + 1 }, (_, more) => at + more)
    if (own === '*') return [at]
    return own !== undefined && (unit === '?' || own === '?' || own === unit) ? [at + 1] : []
  })

/** Positions in one glob after each unit of the other; true when its end is reached with the other's. */
function walk(glob: string, other: string, step: (at: number, unit: string) => readonly number[]): boolean {
  let positions = pastStars(glob, [0])
  for (const unit of other) {
    positions = pastStars(
      glob,
      [...positions].flatMap((at) => step(at, unit)),
    )
    if (positions.size === 0) return false
  }
  return positions.has(glob.length)
}

/** A star may stand for nothing. */
function pastStars(glob: string, positions: readonly number[]): ReadonlySet<number> {
  const all = new Set(positions)
  for (const at of all) if (glob[at] === '*') all.add(at + 1)
  return all
}

/** Variables of a policy text may stand for anything. */
export const withoutVariables = (text: string): string => text.replaceAll(/\$\{[^}]*\}/g, '*')

export const hasWildcard = (text: string): boolean => /[*?]/.test(text)
