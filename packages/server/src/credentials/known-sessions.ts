/**
 * What this process knows of sessions that were issued or used here: facts, never secrets or tokens. Bounded, oldest out
 * first. A session needs no such memory to be valid; only `understudy lineage` does, to show the middle of a chain.
 */
import type { SessionFacts } from './caller.ts'

export interface KnownSessions {
  readonly remember: (facts: SessionFacts) => void
  readonly find: (accessKeyId: string) => SessionFacts | undefined
  /** The session of a key, then the one it was made from, and so on as far as they are known. */
  readonly chain: (accessKeyId: string) => readonly SessionFacts[]
}

const SESSIONS_MAX = 4096

export function knownSessions(limit = SESSIONS_MAX): KnownSessions {
  // Two halves, the older one forgotten at once: a Map slows down when its oldest keys are deleted one by one.
  let recent = new Map<string, SessionFacts>()
  let older = new Map<string, SessionFacts>()
  const find = (accessKeyId: string): SessionFacts | undefined => recent.get(accessKeyId) ?? older.get(accessKeyId)
  return {
    remember: (facts) => {
      if (recent.size >= limit / 2) {
        older = recent
        recent = new Map()
      }
      recent.set(facts.accessKeyId, facts)
    },
    find,
    chain: (accessKeyId) => {
      const chain: SessionFacts[] = []
      for (let at = find(accessKeyId); at !== undefined && !chain.includes(at);) {
        chain.push(at)
        const before: string | undefined = at.chain.last?.accessKeyId
        at = before === undefined ? undefined : find(before)
      }
      return chain
    },
  }
}
