/** The log: JSON lines on standard error, never on standard output, which belongs to the ready line. */
import type { LogEvent } from '../main.ts'

export interface Log {
  readonly write: (event: LogEvent) => void
}

/** @param out takes a line without its end */
export function jsonLog(out: (line: string) => void, now: () => number): Log {
  return { write: (event) => out(JSON.stringify({ time: new Date(now()).toISOString(), ...plain(event) })) }
}

/** Errors say nothing in JSON by themselves. */
const plain = (event: LogEvent): LogEvent =>
  Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  )
