/** Numbers as condition values: exact decimals, so that 9007199254740993 and …992 stay apart. */

/** A decimal: sign, digits without leading or trailing zeros, and the power of ten of the first digit. */
export interface Decimal {
  readonly sign: -1 | 0 | 1
  readonly digits: string
  readonly magnitude: number
}

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/

/** undefined for a text that is no number; `NaN` and `Infinity` are none (policy-semantics 3.8). */
export function readNumber(text: string): Decimal | undefined {
  const match = FORM.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const all = whole + fraction
  if (all === '') return undefined
  const digits = all.replace(/^0+/, '')
  if (digits === '') return { sign: 0, digits: '', magnitude: 0 }
  const magnitude = whole.length - (all.length - digits.length) + Number(exponent)
  return { sign: sign === '-' ? -1 : 1, digits: withoutLastZeros(digits), magnitude }
}

/** By hand: values come from anybody, and an expression would try each zero for the first of the last ones. */
function withoutLastZeros(digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end--
  return digits.slice(0, end)
}

/** Negative, zero or positive, like a sorting function. */
export function compareNumbers(left: Decimal, right: Decimal): number {
  if (left.sign !== right.sign) return left.sign - right.sign
  if (left.magnitude !== right.magnitude) return (left.magnitude - right.magnitude) * left.sign
  if (left.digits === right.digits) return 0
  return left.digits < right.digits ? -left.sign : left.sign
}
