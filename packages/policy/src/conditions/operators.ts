/**
 * The condition operators as a table. A family says how a value is read, what happens to one that cannot be read, and
 * how two are compared (policy-semantics section 3). The names of the rows are AWS's.
 */
import { arnGlobMatches, compileArnGlob, splitArn, type ArnGlob } from '../language/arn.ts'
import { compileGlob, globMatches, type Pattern } from '../language/glob.ts'
import { contains, readAddress, readNetwork } from './address.ts'
import { readDate } from './date.ts'
import { foldCase } from './fold.ts'
import { compareNumbers, readNumber } from './numeric.ts'

/** What a condition comes to. `void`: a pattern that is no ARN; an Allow then does not match, a Deny does. */
export type Outcome = 'yes' | 'no' | 'void'

/** A value of the policy, ready to be compared; undefined when it cannot be read. */
export type Operand = { readonly test: (actual: never) => boolean } | undefined

interface Family {
  /** Reads a value of the request; undefined when it cannot be read. */
  readonly read: (text: string) => unknown
  /** Request value that cannot be read: `unequal` is true under a negated operator, `never` is false there too. */
  readonly unreadable: 'unequal' | 'never'
  /** Policy value that cannot be read: passed over in its list, or the whole test is void. */
  readonly malformed: 'pass' | 'void'
  /** Are policy variables replaced in values? */
  readonly variables: boolean
}

export interface Operator {
  readonly name: string
  readonly family: Family
  readonly negated: boolean
  readonly operand: (pattern: Pattern) => Operand
}

const text = (value: string): string => value
const STRING: Family = { read: text, unreadable: 'unequal', malformed: 'pass', variables: true }
const FOLDED: Family = { ...STRING, read: foldCase }
const PLAIN: Family = { ...STRING, variables: false }
const NUMERIC: Family = { ...PLAIN, read: remembering(readNumber) }
const DATE: Family = { ...PLAIN, read: remembering(readDate) }
const TRUTH: Family = { ...PLAIN, read: isTrue }
const ADDRESS: Family = { ...PLAIN, read: remembering(readAddress), unreadable: 'never' }
const ARN: Family = { read: remembering(splitArn), unreadable: 'never', malformed: 'void', variables: true }

/** Many statements read the same value of one request: the last answer is kept. */
function remembering<V>(read: (value: string) => V): (value: string) => V {
  let last: { readonly value: string; readonly answer: V } | undefined
  return (value) => {
    if (last?.value !== value) last = { value, answer: read(value) }
    return last.answer
  }
}

/** Only the text `true`, in any case and not trimmed, is true (policy-semantics 3.10). */
export function isTrue(value: string): boolean {
  return value.toLowerCase() === 'true'
}

/** Makes an operand out of a reader of policy values and a comparison. */
function comparing<V>(read: (value: string) => V | undefined, compare: (actual: V, wanted: V) => boolean) {
  return (pattern: Pattern): Operand => {
    const wanted = read(pattern.text)
    return wanted === undefined ? undefined : { test: (actual: V) => compare(actual, wanted) }
  }
}

const same = comparing<string | boolean>(text, (actual, wanted) => actual === wanted)
const sameFolded = comparing(foldCase, (actual, wanted) => actual === wanted)
const sameTruth = comparing(isTrue, (actual, wanted) => actual === wanted)
const like = (pattern: Pattern): Operand => testing(compileGlob(pattern), globMatches)
const arnLike = (pattern: Pattern): Operand => {
  const glob = compileArnGlob(pattern)
  return glob && testing(glob, (arn: ArnGlob, parts: readonly string[]) => arnGlobMatches(arn, parts))
}
const inNetwork = (pattern: Pattern): Operand => {
  const network = readNetwork(pattern.text)
  return network && testing(network, contains)
}

function testing<G, V>(glob: G, matches: (glob: G, actual: V) => boolean): Operand {
  return { test: (actual: V) => matches(glob, actual) }
}

type Comparison = (order: number) => boolean
const number = (holds: Comparison) => comparing(readNumber, (actual, wanted) => holds(compareNumbers(actual, wanted)))
const date = (holds: Comparison) => comparing(readDate, (actual, wanted) => holds(actual - wanted))
const equal: Comparison = (order) => order === 0
const less: Comparison = (order) => order < 0
const lessOrEqual: Comparison = (order) => order <= 0
const greater: Comparison = (order) => order > 0
const greaterOrEqual: Comparison = (order) => order >= 0

type Row = readonly [name: string, family: Family, operand: Operator['operand'], negated?: 'negated']

/** Negated operators hold when no value of the list does. */
const rows: readonly Row[] = [
  ['StringEquals', STRING, same],
  ['StringNotEquals', STRING, same, 'negated'],
  ['StringEqualsIgnoreCase', FOLDED, sameFolded],
  ['StringNotEqualsIgnoreCase', FOLDED, sameFolded, 'negated'],
  ['StringLike', STRING, like],
  ['StringNotLike', STRING, like, 'negated'],
  ['NumericEquals', NUMERIC, number(equal)],
  ['NumericNotEquals', NUMERIC, number(equal), 'negated'],
  ['NumericLessThan', NUMERIC, number(less)],
  ['NumericLessThanEquals', NUMERIC, number(lessOrEqual)],
  ['NumericGreaterThan', NUMERIC, number(greater)],
  ['NumericGreaterThanEquals', NUMERIC, number(greaterOrEqual)],
  ['DateEquals', DATE, date(equal)],
  ['DateNotEquals', DATE, date(equal), 'negated'],
  ['DateLessThan', DATE, date(less)],
  ['DateLessThanEquals', DATE, date(lessOrEqual)],
  ['DateGreaterThan', DATE, date(greater)],
  ['DateGreaterThanEquals', DATE, date(greaterOrEqual)],
  ['Bool', TRUTH, sameTruth],
  ['BinaryEquals', PLAIN, same],
  ['IpAddress', ADDRESS, inNetwork],
  ['NotIpAddress', ADDRESS, inNetwork, 'negated'],
  ['ArnEquals', ARN, arnLike],
  ['ArnLike', ARN, arnLike],
  ['ArnNotEquals', ARN, arnLike, 'negated'],
  ['ArnNotLike', ARN, arnLike, 'negated'],
]

/** One row per operator; `Null` stands apart, in `condition.ts`. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  rows.map(([name, family, operand, negated]) => [name, { name, family, operand, negated: negated === 'negated' }]),
)

export interface OperatorName {
  /** Without prefix and suffix. */
  readonly base: string
  readonly quantifier: 'none' | 'all' | 'any'
  readonly ifExists: boolean
}

/** Takes `ForAllValues:StringLikeIfExists` apart; undefined for a name AWS does not have. Case counts. */
export function readOperatorName(name: string): OperatorName | undefined {
  const match = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name)
  if (!match) return undefined
  const base = match[2] ?? ''
  const ifExists = match[3] !== undefined
  if (base === 'Null' ? ifExists : !OPERATORS.has(base)) return undefined
  const quantifier = match[1] === undefined ? 'none' : match[1] === 'ForAllValues' ? 'all' : 'any'
  return { base, quantifier, ifExists }
}
