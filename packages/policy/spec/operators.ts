/** Condition operators: how one value of the request is compared with one value of the policy (3.6 to 3.13, 3.24). */
import { networkCovers, readAddress } from './addresses.ts'
import { compareNumbers, readDate } from './numbers.ts'
import { covers, marksOf, type Mark, type Piece } from './pattern.ts'

/** `void`: the policy's value cannot be read in a way that spoils the whole test (ARNs, 3.24). */
export type Verdict = 'match' | 'differ' | 'void'

export interface Operator {
  readonly negated: boolean
  /** 3.19: only String and Arn operators replace variables. */
  readonly variables: boolean
  /** A value of the request that fails this makes the test false, negated or not. */
  readonly readable: (actual: string) => boolean
  readonly compare: (actual: string, wanted: readonly Piece[]) => Verdict
}

const verdict = (matches: boolean): Verdict => (matches ? 'match' : 'differ')
const plain = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join('')
const anything = (): boolean => true

/**
 * 3.6: Unicode's lower case with its final sigma, but letters outside the basic plane keep theirs, though they count as
 * letters for the sigma. Lower-casing keeps their number and order, so each is put back in turn.
 */
export function lowerCase(text: string): string {
  const kept = [...text].filter((letter) => letter.length === 2)
  return [...text.toLowerCase()].map((letter) => (letter.length === 2 ? kept.shift() : letter)).join('')
}

/** 3.24: what is no number or no date differs from everything. */
function ordered(order: (left: string, right: string) => number | undefined, wanted: (sign: number) => boolean) {
  return (actual: string, pieces: readonly Piece[]): Verdict => {
    const sign = order(actual, plain(pieces))
    return verdict(sign !== undefined && wanted(sign))
  }
}

function compareDates(left: string, right: string): number | undefined {
  const [a, b] = [readDate(left), readDate(right)]
  return a === undefined || b === undefined ? undefined : Math.sign(a - b)
}

/** 3.10: only the text `true`, in any case and not trimmed, is true. */
const isTrue = (text: string): boolean => text.toLowerCase() === 'true'

const isArn = (text: string): boolean => /^arn(:[^:]*){5}/s.test(text)

/** 3.13: six parts, each compared by itself; the sixth keeps its own colons. */
function compareArn(actual: string, pieces: readonly Piece[]): Verdict {
  const marks = marksOf(pieces)
  if (marks.length === 1 && marks[0] === 'run') return 'match'
  const wanted = partsOf(marks)
  if (wanted.length < 6 || !covers(wanted[0] ?? [], 'arn')) return 'void'
  const parts = actual.split(':')
  const six = [...parts.slice(0, 5), parts.slice(5).join(':')]
  return verdict(six.every((part, at) => covers(wanted[at] ?? [], part)))
}

/** Splits marks at their first five colons. */
function partsOf(marks: readonly Mark[]): readonly (readonly Mark[])[] {
  const parts: Mark[][] = [[]]
  for (const mark of marks) {
    const colon = typeof mark === 'object' && mark.unit === ':'
    if (colon && parts.length < 6) parts.push([])
    else parts.at(-1)?.push(mark)
  }
  return parts
}

const like = (actual: string, pieces: readonly Piece[]): Verdict => verdict(covers(marksOf(pieces), actual))
const equals = (actual: string, pieces: readonly Piece[]): Verdict => verdict(actual === plain(pieces))

function inNetwork(actual: string, pieces: readonly Piece[]): Verdict {
  const address = readAddress(actual)
  return verdict(address !== undefined && networkCovers(plain(pieces), address))
}

const string = { variables: true, readable: anything }
const value = { variables: false, readable: anything }
const arn = { variables: true, readable: isArn, compare: compareArn }
const ip = { variables: false, readable: (text: string) => readAddress(text) !== undefined, compare: inNetwork }
const ignoringCase = (actual: string, pieces: readonly Piece[]): Verdict =>
  verdict(lowerCase(actual) === lowerCase(plain(pieces)))
const equalBool = (actual: string, pieces: readonly Piece[]): Verdict =>
  verdict(isTrue(actual) === isTrue(plain(pieces)))

/** The orders of Numeric and Date operators by the end of their names. */
const ORDERS: readonly [suffix: string, wanted: (sign: number) => boolean][] = [
  ['Equals', (sign) => sign === 0],
  ['LessThan', (sign) => sign < 0],
  ['LessThanEquals', (sign) => sign <= 0],
  ['GreaterThan', (sign) => sign > 0],
  ['GreaterThanEquals', (sign) => sign >= 0],
]

const row = (name: string, negated: boolean, rest: Omit<Operator, 'negated'>): [string, Operator] => [
  name,
  { negated, ...rest },
]

/** Every operator but Null, which asks for presence and not for values. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  row('StringEquals', false, { ...string, compare: equals }),
  row('StringNotEquals', true, { ...string, compare: equals }),
  row('StringEqualsIgnoreCase', false, { ...string, compare: ignoringCase }),
  row('StringNotEqualsIgnoreCase', true, { ...string, compare: ignoringCase }),
  row('StringLike', false, { ...string, compare: like }),
  row('StringNotLike', true, { ...string, compare: like }),
  ...ORDERS.map(([name, wanted]) =>
    row(`Numeric${name}`, false, { ...value, compare: ordered(compareNumbers, wanted) }),
  ),
  row('NumericNotEquals', true, { ...value, compare: ordered(compareNumbers, (sign) => sign === 0) }),
  ...ORDERS.map(([name, wanted]) => row(`Date${name}`, false, { ...value, compare: ordered(compareDates, wanted) })),
  row('DateNotEquals', true, { ...value, compare: ordered(compareDates, (sign) => sign === 0) }),
  row('Bool', false, { ...value, compare: equalBool }),
  row('BinaryEquals', false, { ...value, compare: equals }),
  row('IpAddress', false, ip),
  row('NotIpAddress', true, ip),
  row('ArnEquals', false, arn),
  row('ArnLike', false, arn),
  row('ArnNotEquals', true, arn),
  row('ArnNotLike', true, arn),
])
