/** Work on its way, so that closing can wait for it. */
import { StoreUnavailable } from '../errors.ts'

export interface Work {
  readonly run: <R>(begin: () => Promise<R>) => Promise<R>
  /** Takes no more, and resolves when nothing is on its way. */
  readonly drain: () => Promise<void>
}

export function createWork(): Work {
  const running = new Set<Promise<unknown>>()
  let closed = false
  return {
    run: async (begin) => {
      if (closed) throw new StoreUnavailable('STORE.CLOSED', 'The store is closed.')
      const one = begin()
      running.add(one)
      try {
        return await one
      } finally {
        running.delete(one)
      }
    },
    drain: async () => {
      closed = true
      await Promise.allSettled(running)
    },
  }
}
