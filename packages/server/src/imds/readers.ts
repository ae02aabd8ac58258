/** Who fetched which set, for the console: the last few readers, never what they were given. */
import type { Delivery, ImdsReader } from './types.ts'

const READERS_MAX = 16

export interface Readers {
  readonly note: (delivery: Delivery, reader: Omit<ImdsReader, 'reads'>) => void
  /** Most recent first. */
  readonly of: (delivery: Delivery) => readonly ImdsReader[]
}

export function readers(): Readers {
  const known = { '1.0': new Map<string, ImdsReader>(), '2.0': new Map<string, ImdsReader>() }
  return {
    note: (delivery, reader) => {
      const map = known[delivery]
      const name = `${reader.peer} ${reader.userAgent}`
      const reads = (map.get(name)?.reads ?? 0) + 1
      map.delete(name)
      map.set(name, { ...reader, reads })
      const [oldest] = map.keys()
      if (map.size > READERS_MAX && oldest !== undefined) map.delete(oldest)
    },
    of: (delivery) => [...known[delivery].values()].toReversed(),
  }
}

/** `User-Agent` as it may enter a log: bounded, printable. */
export const shownUserAgent = (header: string | undefined): string =>
  (header ?? '').replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 256)
