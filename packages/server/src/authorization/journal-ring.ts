/** The journal in memory: a ring bounded in bytes, in which denials outlive allows. */
import { uuid } from '../domain/chance.ts'
import type { Chance } from '../domain/chance.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { policyLedger, sizeOf } from './journal-size.ts'

export interface RingOptions {
  /** Bytes that entries and the policies they hold may take, by estimate. Default 64 MiB. */
  readonly bytesMax?: number
  /** Name of this node, the first part of every decision id. */
  readonly node: string
  readonly chance: Chance
}

const DEFAULT_BYTES = 64 * 1024 * 1024
/** The part of the ring that allowed decisions may take: they are many, and seldom asked about for long. */
const ALLOWED_SHARE = 1 / 8

interface Held {
  readonly entry: JournalEntry
  readonly bytes: number
  /** Counts arrivals: entries of one millisecond are told apart, and a clock that is set back does not matter. */
  readonly order: number
}

/** Entries in order of arrival. A list with a moving start: a Map slows down when its oldest keys are deleted all the time. */
interface Lane {
  entries: (Held | undefined)[]
  start: number
  bytes: number
}

/** Looks through all: to write each entry into an index as well would cost every request more than a search ever does. */
const newestOf = (of: Lane, id: string): Held | undefined =>
  of.entries.findLast((held) => held?.entry.decisionId === id || held?.entry.requestId === id)

const lane = (): Lane => ({ entries: [], start: 0, bytes: 0 })
const lengthOf = (of: Lane): number => of.entries.length - of.start
const heldBy = (of: Lane): Held[] => of.entries.slice(of.start).filter((held) => held !== undefined)

/** Empty places at the start of a lane that are put up with. */
const COMPACT_AT = 1024

function takeOldest(from: Lane): Held | undefined {
  const held = from.entries[from.start]
  from.entries[from.start++] = undefined
  if (held === undefined) return undefined
  from.bytes -= held.bytes
  if (from.start > COMPACT_AT && from.start * 2 > from.entries.length) {
    from.entries = from.entries.slice(from.start)
    from.start = 0
  }
  return held
}

/** @returns a journal whose ids are `<node>-<number>`; allowed entries are dropped first, refused ones when they alone fill it */
export function journalRing(options: RingOptions): Journal {
  const bytesMax = options.bytesMax ?? DEFAULT_BYTES
  const allowed = lane()
  const refused = lane()
  const policies = policyLedger()
  const listeners = new Set<(entry: JournalEntry) => void>()
  const run = uuid(options.chance).slice(0, 8)
  let counter = 0
  let arrived = 0
  let newest: JournalEntry | undefined
  let newestRefusal: JournalEntry | undefined

  const dropOldest = (from: Lane): void => {
    const held = takeOldest(from)
    if (held === undefined) return
    policies.release(held.entry)
  }
  return {
    newDecisionId: () => `${options.node}-${run}-${(++counter).toString(36)}`,
    record: (entry) => {
      const refusal = isRefusal(entry)
      const into = refusal ? refused : allowed
      const bytes = sizeOf(entry)
      into.entries.push({ entry, bytes, order: ++arrived })
      into.bytes += bytes
      policies.take(entry)
      // What EC2 asks for its instances is nobody's last call.
      if (entry.service !== 'ec2') {
        newest = entry
        if (refusal) newestRefusal = entry
      }
      while (allowed.bytes > bytesMax * ALLOWED_SHARE && lengthOf(allowed) > 1) dropOldest(allowed)
      // The newest entry stays, whatever it is: somebody may ask about it at once.
      const keptAllowed = refusal ? 0 : 1
      while (allowed.bytes + refused.bytes + policies.bytes() > bytesMax && lengthOf(allowed) + lengthOf(refused) > 1)
        dropOldest(lengthOf(allowed) > keptAllowed ? allowed : refused)
      for (const listener of listeners) listener(entry)
    },
    find: (id) => {
      const [one, other] = [newestOf(allowed, id), newestOf(refused, id)]
      return (one && other ? (one.order > other.order ? one : other) : (one ?? other))?.entry
    },
    last: () => newest,
    lastRefusal: () => newestRefusal,
    recent: (limit) =>
      [...heldBy(allowed), ...heldBy(refused)]
        .toSorted((a, b) => b.order - a.order)
        .slice(0, limit)
        .map((held) => held.entry),
    onEntry: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    clear: () => {
      for (const each of [allowed, refused]) Object.assign(each, lane())
      policies.clear()
      newest = newestRefusal = undefined
    },
  }
}

/** Whether the call was refused, before or by a policy. */
export const isRefusal = (entry: JournalEntry): boolean =>
  entry.refusal !== undefined || entry.questions.some((question) => question.decision.effect === 'Deny')
