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
/** What an entry and a question cost beside their texts: objects, lists, references to policies that live elsewhere. */
const ENTRY_OVERHEAD = 1000
/** A question with its condition keys, some twenty of them, once they are looked at. */
const QUESTION_OVERHEAD = 3000
/** The part of the ring that allowed decisions may take: they are many, and seldom asked about for long. */
const ALLOWED_SHARE = 1 / 8

interface Held {
  readonly entry: JournalEntry
  readonly bytes: number
}

/** Entries in order of arrival. A list with a moving start: a Map slows down when its oldest keys are deleted all the time. */
interface Lane {
  entries: (Held | undefined)[]
  start: number
  bytes: number
}

const lane = (): Lane => ({ entries: [], start: 0, bytes: 0 })
const lengthOf = (of: Lane): number => of.entries.length - of.start

/** @returns a journal whose ids are `<node>-<number>`; allowed entries are dropped first, refused ones when they alone fill it */
export function journalRing(options: RingOptions): Journal {
  const bytesMax = options.bytesMax ?? DEFAULT_BYTES
  const allowed = lane()
  const refused = lane()
  const byId = new Map<string, JournalEntry>()
  const byRequest = new Map<string, JournalEntry>()
  const listeners = new Set<(entry: JournalEntry) => void>()
  const run = uuid(options.chance).slice(0, 8)
  let counter = 0
  let newest: JournalEntry | undefined

  const dropOldest = (from: Lane): void => {
    const held = from.entries[from.start]
    from.entries[from.start++] = undefined
    if (held === undefined) return
    from.bytes -= held.bytes
    byId.delete(held.entry.decisionId)
    if (byRequest.get(held.entry.requestId) === held.entry) byRequest.delete(held.entry.requestId)
    if (from.start > COMPACT_AT && from.start * 2 > from.entries.length) {
      from.entries = from.entries.slice(from.start)
      from.start = 0
    }
  }
  return {
    newDecisionId: () => `${options.node}-${run}-${(++counter).toString(36)}`,
    record: (entry) => {
      const into = isRefusal(entry) ? refused : allowed
      const bytes = sizeOf(entry)
      into.entries.push({ entry, bytes })
      into.bytes += bytes
      byId.set(entry.decisionId, entry)
      byRequest.set(entry.requestId, entry)
      // What EC2 asks for its instances is nobody's last call.
      if (entry.service !== 'ec2') newest = entry
      while (allowed.bytes > bytesMax * ALLOWED_SHARE && lengthOf(allowed) > 1) dropOldest(allowed)
      while (allowed.bytes + refused.bytes > bytesMax && lengthOf(allowed) + lengthOf(refused) > 1)
        dropOldest(lengthOf(allowed) > 0 ? allowed : refused)
      for (const listener of listeners) listener(entry)
    },
    find: (id) => byId.get(id) ?? byRequest.get(id),
    last: () => newest,
    recent: (limit) =>
      [...allowed.entries.slice(allowed.start), ...refused.entries.slice(refused.start)]
        .flatMap((held) => (held === undefined ? [] : [held.entry]))
        .toSorted((a, b) => b.at - a.at)
        .slice(0, limit),
    onEntry: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    clear: () => {
      for (const each of [allowed, refused]) Object.assign(each, lane())
      byId.clear()
      byRequest.clear()
      newest = undefined
    },
  }
}

/** Empty places at the start of a lane that are put up with. */
const COMPACT_AT = 1024

/** Whether the call was refused, before or by a policy. */
export const isRefusal = (entry: JournalEntry): boolean =>
  entry.refusal !== undefined || entry.questions.some((question) => question.decision.effect === 'Deny')

function sizeOf(entry: JournalEntry): number {
  let characters = entry.requestId.length * 2 + entry.userAgent.length + (entry.principal?.length ?? 0)
  for (const { request } of entry.questions)
    characters += QUESTION_OVERHEAD + request.resource.length + request.action.length
  if (entry.refusal) characters += entry.refusal.message.length + JSON.stringify(entry.refusal.details ?? '').length
  return ENTRY_OVERHEAD + characters
}
