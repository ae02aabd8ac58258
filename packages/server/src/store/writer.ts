/** The writing hand: reads current rows under the rows that wait, and collects what a handler puts and removes. */
import { UniqueTaken } from './errors.ts'
import { createOverlay, merged } from './overlay.ts'
import type { Laid, Overlay, Waiting } from './overlay.ts'
import type { Head, Kind, ListOptions, Writer } from './port.ts'
import type { Source } from './question.ts'
import { indexQuestion, pages, rangeQuestion } from './reader.ts'
import type { Decode } from './reader.ts'
import { bytewise, putEntry, removeEntry } from './rows.ts'
import type { Entry } from './rows.ts'

export interface WriterParts {
  readonly head: Head
  /** Accounts that are locked. */
  readonly accounts: ReadonlySet<string>
  /** Answers each question from the newest committed state. */
  readonly source: Source
  readonly decode: Decode
  /** Rows of writes on their way. */
  readonly waiting: Overlay
  readonly movedSince: (head: Head) => boolean
}

/** What a handler did. */
export interface Collected {
  readonly entries: () => readonly Entry[]
  readonly emptyBuckets: () => readonly string[]
  /** Writes that it read from and that were on their way then. */
  readonly reliesOn: ReadonlySet<Waiting>
}

/** @returns the hand for the handler, and what it collects */
export function createWriter(parts: WriterParts): { readonly writer: Writer; readonly collected: Collected } {
  const own = createOverlay()
  const entries = new Map<string, Entry>()
  const buckets = new Set<string>()
  const reliesOn = new Set<Waiting>()
  const view: View = {
    ...parts,
    laid: (kind, account, key) => own.row(kind, account, key) ?? parts.waiting.row(kind, account, key),
    table: (kind, account) => merged(parts.waiting.table(kind, account), own.table(kind, account)),
    ofKind: (kind) => [...parts.waiting.ofKind(kind), ...own.ofKind(kind)],
    rely: (laid) => {
      if (laid.of) reliesOn.add(laid.of)
      return laid.entry.row
    },
  }
  const collect = (entry: Entry): void => {
    if (!parts.accounts.has(entry.account)) throw new Error(`a write to \`${entry.account}\`, which is not locked`)
    own.put({ entry })
    entries.set(`${entry.kind.name}\n${entry.account}\n${entry.key}`, entry)
  }
  const get = <T>(kind: Kind<T>, account: string, key: string) => getRow(view, kind, account, key)
  const writer: Writer = {
    head: parts.head,
    get,
    list: (kind, account, options) => listRows(view, kind, account, options),
    find: (kind, account, index, value) => findRows(view, kind, account, { index, value }),
    findUnique: (kind, index, value) => findUniqueRow(view, kind, index, value),
    insert: async (kind, account, row) => {
      const entry = putEntry(kind, account, row)
      if ((await get(kind, account, entry.key)) !== undefined) return 'exists'
      for (const [index, value] of entry.change.put?.unique ?? []) {
        if (await findUniqueRow(view, kind, index, value)) throw new UniqueTaken(kind.name, index, value)
      }
      collect(entry)
      return 'inserted'
    },
    put: async (kind, account, row) => collect(putEntry(kind, account, row)),
    remove: async (kind, account, key) => {
      if ((await get(kind, account, key)) === undefined) return false
      collect(removeEntry(kind, account, key))
      return true
    },
    movedSince: parts.movedSince,
    requireEmptyBucket: (bucket) => void buckets.add(bucket),
  }
  return { writer, collected: { entries: () => [...entries.values()], emptyBuckets: () => [...buckets], reliesOn } }
}

interface View extends WriterParts {
  readonly laid: (kind: string, account: string, key: string) => Laid | undefined
  readonly table: (kind: string, account: string) => ReadonlyMap<string, Laid>
  readonly ofKind: (kind: string) => readonly Laid[]
  /** The row of an entry; its write is relied on from now. */
  readonly rely: (laid: Laid) => unknown
}

async function getRow<T>(view: View, kind: Kind<T>, account: string, key: string): Promise<T | undefined> {
  const laid = view.laid(kind.name, account, key)
  if (laid) return view.rely(laid) as T | undefined
  const [raw] = await view.source.ask({ by: 'key', kind: kind.name, account, key })
  return raw && view.decode(kind, raw)
}

async function listRows<T>(
  view: View,
  kind: Kind<T>,
  account: string,
  options: ListOptions = {},
): Promise<readonly T[]> {
  const { prefix = '', after = '', limit } = options
  const laid = view.table(kind.name, account)
  const inRange = [...laid].filter(([key]) => key.startsWith(prefix) && bytewise(key, after) > 0)
  const wanted = limit === undefined ? undefined : limit + inRange.length
  const first = rangeQuestion(kind.name, account, { prefix, after, ...(wanted !== undefined && { limit: wanted }) })
  const raws = await pages(first, wanted, (page) => view.source.ask(page))
  const rows = new Map(raws.map((raw) => [raw.key, () => view.decode(kind, raw)]))
  return together(view, rows, inRange).slice(0, limit)
}

async function findRows<T>(
  view: View,
  kind: Kind<T>,
  account: string,
  { index, value }: { readonly index: string; readonly value: string },
): Promise<readonly T[]> {
  const laid = view.table(kind.name, account)
  const first = indexQuestion(kind.name, account, index, value)
  const raws = await pages(first, undefined, (page) => view.source.ask(page))
  const rows = new Map(raws.map((raw) => [raw.key, () => view.decode(kind, raw)]))
  const holds = (row: unknown) => row !== undefined && kind.indexes?.[index]?.(row as T).includes(value) === true
  const matter = [...laid].filter(([key, { entry }]) => rows.has(key) || holds(entry.row))
  return together(view, rows, matter, holds)
}

/** Committed rows and laid rows in one order; a laid row that does not hold (any more) hides the committed one. */
function together<T>(
  view: View,
  rows: Map<string, () => T>,
  laid: readonly (readonly [string, Laid])[],
  holds: (row: unknown) => boolean = (row) => row !== undefined,
): readonly T[] {
  for (const [key, one] of laid) {
    const row = view.rely(one)
    if (holds(row)) rows.set(key, () => row as T)
    else rows.delete(key)
  }
  const keys = laid.length === 0 ? [...rows.keys()] : [...rows.keys()].sort(bytewise)
  return keys.flatMap((key) => rows.get(key)?.() ?? [])
}

async function findUniqueRow<T>(
  view: View,
  kind: Kind<T>,
  index: string,
  value: string,
): Promise<{ readonly account: string; readonly row: T } | undefined> {
  const [raw] = await view.source.ask({ by: 'unique', kind: kind.name, index, value })
  const over = raw && view.laid(kind.name, raw.account, raw.key)
  if (raw && !over) return { account: raw.account, row: view.decode(kind, raw) }
  if (over) view.rely(over)
  for (const laid of view.ofKind(kind.name)) {
    const row = laid.entry.row as T | undefined
    if (row === undefined || kind.unique?.[index]?.(row) !== value) continue
    if (view.laid(kind.name, laid.entry.account, laid.entry.key) !== laid) continue
    view.rely(laid)
    return { account: laid.entry.account, row }
  }
  return undefined
}
