/** Durations as people write them. */
import { UsageError } from './command.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** Milliseconds of `90s`, `55m`, `7h`, `1h30m`. @throws UsageError for anything else */
export function durationMilliseconds(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text)
    throw new UsageError(`\`${text}\` is not a duration. Write it like 90s, 55m, 7h or 1h30m.`)
  const total = parts.reduce((sum, part) => sum + Number(part[1]) * (UNITS.get(part[2] ?? '') ?? NaN), 0)
  if (!Number.isSafeInteger(total)) throw new UsageError(`\`${text}\` is too long.`)
  return total
}

/** `1h30m`, `55m`, `0s`. */
export function durationText(milliseconds: number): string {
  let rest = Math.round(milliseconds / 1000)
  const parts: string[] = []
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * size
  }
  return parts.length === 0 ? '0s' : parts.join('')
}
