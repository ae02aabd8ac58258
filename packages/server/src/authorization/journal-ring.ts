/** The journal in memory: a ring bounded in bytes, in which denials outlive allows. */
import { uuid } from '../domain/chance.ts'
import type { Chance } from '../domain/chance.ts'
import type { Journal, JournalEntry } from './journal.ts'

export interface RingOptions {
  /** Bytes that entries may take, by estimate. Default 64 MiB. */
  readonly bytesMax?: number
  /** Name of this node, the first part of every decision id. */
  readonly node: string
  readonly chance: Chance
}

const DEFAULT_BYTES = 64 * 1024 * 1024
/** What an entry costs beside its texts: objects, map slots, references to policies that live elsewhere. */
const ENTRY_OVERHEAD = 900

interface Lane {
  readonly entries: Map<string, JournalEntry>
  bytes: number
}

/** @returns a journal whose ids are `<node>-<number>`; allowed entries are dropped first, refused ones when they alone fill it */
export function journalRing(options: RingOptions): Journal {
  const bytesMax = options.bytesMax ?? DEFAULT_BYTES
  const allowed: Lane = { entries: new Map(), bytes: 0 }
  const refused: Lane = { entries: new Map(), bytes: 0 }
  const byRequest = new Map<string, string>()
  const listeners = new Set<(entry: JournalEntry) => void>()
  const run = uuid(options.chance).slice(0, 8)
  let counter = 0
  let newest: JournalEntry | undefined
  let newestRefusal: JournalEntry | undefined

  const dropOldest = (lane: Lane): void => {
    const [id, entry] = lane.entries.entries().next().value ?? []
    if (id === undefined || entry === undefined) return
    lane.entries.delete(id)
    lane.bytes -= sizeOf(entry)
    if (byRequest.get(entry.requestId) === id) byRequest.delete(entry.requestId)
  }
  return {
    newDecisionId: () => `${options.node}-${run}-${(++counter).toString(36)}`,
    record: (entry) => {
      const lane = isRefusal(entry) ? refused : allowed
      lane.entries.set(entry.decisionId, entry)
      lane.bytes += sizeOf(entry)
      byRequest.set(entry.requestId, entry.decisionId)
      newest = entry
      if (lane === refused) newestRefusal = entry
      while (allowed.bytes + refused.bytes > bytesMax && allowed.entries.size + refused.entries.size > 1)
        dropOldest(allowed.entries.size > 0 ? allowed : refused)
      for (const listener of listeners) listener(entry)
    },
    find: (id) => {
      const decision = byRequest.get(id) ?? id
      return refused.entries.get(decision) ?? allowed.entries.get(decision)
    },
    last: () => newestRefusal ?? newest,
    recent: (limit) =>
      [...allowed.entries.values(), ...refused.entries.values()].toSorted((a, b) => b.at - a.at).slice(0, limit),
    onEntry: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    clear: () => {
      for (const lane of [allowed, refused]) {
        lane.entries.clear()
        lane.bytes = 0
      }
      byRequest.clear()
      newest = newestRefusal = undefined
    },
  }
}

/** Whether the call was refused, before or by a policy. */
export const isRefusal = (entry: JournalEntry): boolean =>
  entry.refusal !== undefined || entry.questions.some((question) => question.decision.effect === 'Deny')

function sizeOf(entry: JournalEntry): number {
  let characters = entry.requestId.length * 2 + entry.userAgent.length + (entry.principal?.length ?? 0)
  for (const { request } of entry.questions) {
    characters += request.resource.length + request.action.length
    for (const [key, value] of request.context) characters += key.length + value.length
  }
  if (entry.refusal) characters += entry.refusal.message.length + JSON.stringify(entry.refusal.details ?? '').length
  return ENTRY_OVERHEAD + characters
}
