/** The two clocks: wire time is real, session time can be moved. The only file that reads the system's clock. */
import type { Instant } from './brands.ts'

export interface Clock {
  /** Real time: signature windows, presigned expiry, the `Date` header. */
  readonly wire: () => Instant
  /** Real time plus what `clock advance` added: expiry, rotation, `aws:CurrentTime`, `aws:TokenIssueTime`. */
  readonly session: () => Instant
  /** Milliseconds that session time is ahead of wire time. */
  readonly offset: () => number
}

export interface MovableClock extends Clock {
  /** Moves session time forward. @param milliseconds how far, at least 0 */
  readonly advance: (milliseconds: number) => void
  /** Back to real time. */
  readonly restore: () => void
}

/** @param wire where real time comes from; the system's clock unless a test says otherwise */
export function movableClock(wire: () => number = Date.now): MovableClock {
  let offset = 0
  return {
    wire: () => wire() as Instant,
    session: () => (wire() + offset) as Instant,
    offset: () => offset,
    advance: (milliseconds) => {
      if (!(milliseconds >= 0)) throw new RangeError('session time moves forward only')
      offset += milliseconds
    },
    restore: () => {
      offset = 0
    },
  }
}

/** A clock for tests: it moves when told to, so nothing ever sleeps. */
export function manualClock(start: string): MovableClock {
  const now = Date.parse(start)
  return movableClock(() => now)
}

/** Milliseconds on a clock that never goes back, for measuring durations. */
export const monotonic = (): number => performance.now()
