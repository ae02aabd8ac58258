/** Numbers and dates as conditions read them: rules 3.8 and 3.9. */

/** A decimal number, exactly: digits × 10^exponent. */
interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

/** 3.8: leading zeros, a sign, `1.` and `1e0` are numbers; `NaN`, `Infinity` and blanks are not. */
function readDecimal(text: string): Decimal | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (!parts) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts
  if (whole + fraction === '') return undefined
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length }
}

/**
 * Compares two numbers without rounding, beyond 2^53 too: below zero when the first is smaller. Nothing where either is no number.
 */
export function compareNumbers(left: string, right: string): number | undefined {
  const [a, b] = [readDecimal(left), readDecimal(right)]
  if (!a || !b) return undefined
  const lowest = Math.min(a.exponent, b.exponent)
  const scaled = (value: Decimal): bigint => value.digits * 10n ** BigInt(value.exponent - lowest)
  return scaled(a) < scaled(b) ? -1 : scaled(a) > scaled(b) ? 1 : 0
}

const DATE =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?)?$/

/** 3.9: epoch seconds, or a date with or without time. Milliseconds since 1970; nothing where it is no date. */
export function readDate(text: string): number | undefined {
  if (/^[+-]?\d+$/.test(text)) return Number(text) * 1000
  const parts = DATE.exec(text)
  if (!parts) return undefined
  const written = [1, 2, 3, 4, 5, 6].map((at) => Number(parts[at] ?? (at === 3 ? 1 : 0)))
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = written
  const at = Date.UTC(year, month - 1, day, hour, minute, second)
  // A day or minute that does not exist runs over into the next one, and so shows itself.
  if (`${fieldsOf(new Date(at))}` !== `${written}`) return undefined
  // Whole milliseconds: the rest of the fraction is cut off, not rounded.
  const milliseconds = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'))
  return at + milliseconds - offsetOf(parts[8])
}

const fieldsOf = (date: Date): readonly number[] => [
  date.getUTCFullYear(),
  date.getUTCMonth() + 1,
  date.getUTCDate(),
  date.getUTCHours(),
  date.getUTCMinutes(),
  date.getUTCSeconds(),
]

/** Milliseconds to take away for `+02:00`; no zone is UTC. */
function offsetOf(zone: string | undefined): number {
  const parts = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '')
  if (!parts) return 0
  const minutes = Number(parts[2]) * 60 + Number(parts[3] ?? 0)
  return (parts[1] === '-' ? -minutes : minutes) * 60_000
}
