/** Dates as condition values: ISO 8601 in the lenient form AWS takes, or epoch seconds (policy-semantics 1.10, 3.9). */

const DATE = /^([+-]?\d+)(?:-(\d{1,2})(?:-(\d{1,2}))?)?/
const TIME = /^[Tt](?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?)?/
const ZONE = /^(?:[Zz]|([+-])(\d{2})(?::?(\d{2}))?)$/
const EPOCH = /^[+-]?\d{1,19}$/
const LONG_MAX = 2n ** 63n - 1n

/** Milliseconds since 1970, cut off, not rounded; undefined for a text that is no date. */
export function readDate(text: string): number | undefined {
  if (EPOCH.test(text)) return readEpoch(text)
  const date = DATE.exec(text)
  if (!date) return undefined
  const rest = text.slice(date[0].length)
  const time = TIME.exec(rest)
  const zone = rest.slice(time?.[0].length ?? 0)
  const offset = zone === '' ? 0 : time ? readZone(zone) : undefined
  const day = dayOf(Number(date[1]), Number(date[2] ?? 1), Number(date[3] ?? 1))
  const clock = time ? clockOf(time) : 0
  return day === undefined || clock === undefined || offset === undefined ? undefined : day + clock - offset
}

function readEpoch(text: string): number | undefined {
  const seconds = BigInt(text.replace('+', ''))
  return seconds > LONG_MAX || seconds < -LONG_MAX - 1n ? undefined : Number(seconds) * 1000
}

function dayOf(year: number, month: number, day: number): number | undefined {
  if (!Number.isSafeInteger(year) || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const milliseconds = date.getTime()
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function clockOf(time: RegExpExecArray): number | undefined {
  const [hours, minutes, seconds] = [Number(time[1] ?? 0), Number(time[2] ?? 0), Number(time[3] ?? 0)]
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  const milliseconds = Number((time[4] ?? '').slice(0, 3).padEnd(3, '0'))
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
}

function readZone(text: string): number | undefined {
  const zone = ZONE.exec(text)
  if (!zone) return undefined
  const minutes = Number(zone[2] ?? 0) * 60 + Number(zone[3] ?? 0)
  return Number(zone[2] ?? 0) > 23 || Number(zone[3] ?? 0) > 59
    ? undefined
    : minutes * 60_000 * (zone[1] === '-' ? -1 : 1)
}
