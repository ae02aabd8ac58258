/** Chance that can be repeated: equal seeds give equal cases, on every machine. */

export interface Chance {
  /** A whole number from 0 below `below`. */
  int(below: number): number
  pick<T>(list: readonly T[]): T
  /** True in `percent` of a hundred cases. */
  maybe(percent: number): boolean
  /** Up to `most` members, with repetitions. */
  some<T>(most: number, make: () => T): readonly T[]
}

/** The generator is mulberry32: 32 bits of state, good enough to choose test cases with. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const int = (below: number): number => next() % below
  return {
    int,
    pick(list) {
      const found = list[int(list.length)]
      if (found === undefined) throw new Error('Nothing to pick from.')
      return found
    },
    maybe: (percent) => int(100) < percent,
    some: (most, make) => Array.from({ length: int(most + 1) }, make),
  }
}
