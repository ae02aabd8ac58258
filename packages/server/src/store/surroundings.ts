/** What the store takes from outside: time and chance. */
export interface Surroundings {
  /** Milliseconds since 1970, UTC, for the age of changes. */
  readonly now: () => number
  /** Milliseconds on a clock that never goes back, for the age of pictures. */
  readonly monotonic: () => number
  /** So many unpredictable bytes. */
  readonly chance: (count: number) => Uint8Array
}

/** Runs a commit; tests of faults wait or throw before and after it. */
export type AroundCommit = <R>(commit: () => Promise<R>) => Promise<R>
