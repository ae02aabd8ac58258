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
  if (outer.length * inner.length > PRODUCT_MAX) return false
  return walk(outer, inner, (positions, unit) =>
    positions.flatMap((at) => {
      const own = outer[at]
      if (own === '*') return [at]
      if (unit === '*' || own === undefined) return []
      return own === '?' || own === unit ? [at + 1] : []
    }),
  )
}

/** Globs that are longer together are not compared: nothing is said about them. */
const PRODUCT_MAX = 1_000_000

/** Is there a text that both globs cover? Time is the product of their lengths. True for globs that are too long. */
export function globsMeet(left: string, right: string): boolean {
  if (left.length * right.length > PRODUCT_MAX) return true
  return walk(right, left, (positions, unit) => {
    const [first = 0] = positions
    // The star of the left may take any part of the right, so everything from the first position on is open.
    if (unit === '*') return Array.from({ length: right.length - first + 1 }, (_, more) => first + more)
    return positions.flatMap((at) => {
      const own = right[at]
      if (own === '*') return [at]
      return own !== undefined && (unit === '?' || own === '?' || own === unit) ? [at + 1] : []
    })
  })
}

type Step = (positions: readonly number[], unit: string) => readonly number[]

/** Positions in one glob, ascending, after each unit of the other; true when both ends are reached together. */
function walk(glob: string, other: string, step: Step): boolean {
  let positions = pastStars(glob, [0])
  for (const unit of other) {
    positions = pastStars(glob, step(positions, unit))
    if (positions.length === 0) return false
  }
  return positions.includes(glob.length)
}

/** A star may stand for nothing. */
function pastStars(glob: string, positions: readonly number[]): readonly number[] {
  const all: number[] = []
  for (const from of positions) {
    for (let at = from; all.at(-1) === undefined || at > (all.at(-1) ?? 0); at++) {
      all.push(at)
      if (glob[at] !== '*') break
    }
  }
  return all
}

/** Variables of a policy text may stand for anything. */
export const withoutVariables = (text: string): string => text.replaceAll(/\$\{[^}]*\}/g, '*')

export const hasWildcard = (text: string): boolean => /[*?]/.test(text)
