/**
 * What was worked out from the rows of one picture, kept as long as the picture is: a picture never changes, so what follows
 * from its rows alone does not either. The next write publishes another picture, and with it everything is worked out anew.
 */
import type { Reader } from './port.ts'

/** A place for results of one kind. */
export interface Shelf<K, T> {
  /**
   * The kept result, or what `make` gives, which is kept when it says so. Readers that are no pictures keep nothing: their
   * rows may change while they are read. Rejects with what `make` rejects with, and keeps nothing then.
   */
  readonly take: (reader: Reader, key: K, make: () => Promise<T>) => T | Promise<T>
}

const pictures = new WeakSet<Reader>()

/** Says that a reader is a picture. Called by who makes pictures, and by nobody else. */
export function asPicture<R extends Reader>(reader: R): R {
  pictures.add(reader)
  return reader
}

/** Results for one picture; beyond that all are let go, since callers come and go without a write. */
const RESULTS_MAX = 4096

/** @param keep says which results are kept; all of them when absent */
export function shelf<K, T>(keep: (result: T) => boolean = () => true): Shelf<K, T> {
  const kept = new WeakMap<Reader, Map<K, { readonly result: T }>>()
  return {
    take: (reader, key, make) => {
      const results = kept.get(reader)
      const known = results?.get(key)
      if (known) return known.result
      return made(reader, make, (result) => {
        if (!keep(result)) return
        const into = results ?? kept.get(reader) ?? new Map<K, { readonly result: T }>()
        if (into.size >= RESULTS_MAX) into.clear()
        into.set(key, { result })
        kept.set(reader, into)
      })
    },
  }
}

async function made<T>(reader: Reader, make: () => Promise<T>, keep: (result: T) => void): Promise<T> {
  const result = await make()
  if (pictures.has(reader)) keep(result)
  return result
}
