/**
 * Rows in memory, each with the span of revisions that it is true for. Pictures of several heads read the same cache: a
 * row is found only where its span holds the picture's revision, so no picture mixes revisions. Bounded by the size of
 * the bodies; what was not used for a whole generation goes.
 */
import type { Kind, Touched } from './port.ts'
import { decodeRow } from './rows.ts'
import type { RawRow } from './rows.ts'

/** True from `from` (included) to `to` (excluded). */
interface Version {
  readonly from: number
  to: number
  /** `undefined`: there is no such row. */
  readonly row: unknown
  readonly weight: number
  older: Version | undefined
}

/** Rows that an index gave. */
interface Found {
  readonly from: number
  readonly to: number
  readonly rows: readonly unknown[]
}

interface Table {
  young: Map<string, Version>
  old: Map<string, Version>
  finds: Map<string, Found>
  /** What `finds` was until the last change of the table. */
  past: { readonly until: number; readonly finds: Map<string, Found> } | undefined
}

interface CachedRow {
  readonly row: unknown
}

const FOREVER = Number.POSITIVE_INFINITY
/** What an entry costs beside its body, in characters. */
const ENTRY_WEIGHT = 200

export interface RowCache {
  readonly row: (kind: string, account: string, key: string, at: number) => CachedRow | undefined
  readonly found: (kind: string, account: string, asked: string, at: number) => readonly unknown[] | undefined
  /** Decodes a row that is true from its revision on; the same object as before when it is the same row. */
  readonly adopt: <T>(kind: Kind<T>, raw: RawRow, keep: boolean, seenAt: number) => T
  /** Remembers that there is no such row. */
  readonly absent: (kind: string, account: string, key: string, span: Span) => void
  readonly find: (kind: string, account: string, asked: string, rows: readonly unknown[], span: Span) => void
  readonly unique: (kind: string, asked: string) => Place | undefined
  readonly place: (kind: string, asked: string, place: Place) => void
  /** Ends the spans of what a revision touched, and begins those of the rows that are known. */
  readonly advance: (revision: number, touched: readonly Advanced[]) => void
  /** Revision up to which `advance` was called. */
  readonly head: () => number
}

/** A row that the writer itself made: no need to read it back. */
interface KnownRow {
  readonly row: unknown
  readonly weight: number
}

/** A touched row, and what it is now where that is known. */
type Advanced = Touched & { readonly known?: KnownRow }

/** First revision that something was seen at, and the last. */
interface Span {
  readonly from: number
  readonly seenAt: number
}

/** Where a unique value was last found: a hint, to be checked against the row. */
interface Place {
  readonly account: string
  readonly key: string
}

interface State {
  readonly kinds: Map<string, Map<string, Table>>
  readonly weightMax: number
  places: Map<string, Place>
  oldPlaces: Map<string, Place>
  head: number
  weight: number
}

/** @param start revision of the head that the cache begins at; @param weightMax characters of bodies to keep */
export function createRowCache(start: number, weightMax: number): RowCache {
  const kinds = new Map<string, Map<string, Table>>()
  const state: State = { kinds, weightMax, places: new Map(), oldPlaces: new Map(), head: start, weight: 0 }
  return {
    head: () => state.head,
    row: (kind, account, key, at) => {
      const table = kinds.get(kind)?.get(account)
      return table && spanning(newest(table, key), at)
    },
    found: (kind, account, asked, at) => foundRows(kinds.get(kind)?.get(account), asked, at),
    adopt: (kind, raw, keep, seenAt) => adopt(state, kind, raw, keep, seenAt),
    absent: (kind, account, key, { from, seenAt }) =>
      insert(state, madeTable(state, kind, account), key, made(from, end(state, seenAt), undefined, 0)),
    find: (kind, account, asked, rows, span) => {
      if (span.seenAt < state.head) return
      madeTable(state, kind, account).finds.set(asked, { from: span.from, to: FOREVER, rows })
      charge(state, ENTRY_WEIGHT + 8 * rows.length)
    },
    unique: (kind, asked) => state.places.get(`${kind}\n${asked}`) ?? state.oldPlaces.get(`${kind}\n${asked}`),
    place: (kind, asked, place) => {
      state.places.set(`${kind}\n${asked}`, place)
      charge(state, ENTRY_WEIGHT)
    },
    advance: (revision, touched) => {
      for (const one of touched) advanceRow(state, revision, one)
      state.head = revision
    },
  }
}

function adopt<T>(state: State, kind: Kind<T>, raw: RawRow, keep: boolean, seenAt: number): T {
  const table = keep ? madeTable(state, kind.name, raw.account) : state.kinds.get(kind.name)?.get(raw.account)
  const last = table && newest(table, raw.key)
  const known = spanning(last, raw.revision)
  if (known?.from === raw.revision && known.row !== undefined) {
    if (known === last) known.to = Math.max(known.to, end(state, seenAt))
    return known.row as T
  }
  const row = decodeRow(kind, raw)
  if (table && keep) insert(state, table, raw.key, made(raw.revision, end(state, seenAt), row, raw.body.length))
  return row
}

function advanceRow(state: State, revision: number, { kind, account, key, known }: Advanced): void {
  const table = known ? madeTable(state, kind, account) : state.kinds.get(kind)?.get(account)
  if (!table) return
  closeFinds(table, revision)
  const before = newest(table, key)
  if (before && before.from < revision) before.to = Math.min(before.to, revision)
  if (known) insert(state, table, key, made(revision, FOREVER, known.row, known.weight))
}

const made = (from: number, to: number, row: unknown, weight: number): Version => ({
  from,
  to,
  row,
  weight: weight + ENTRY_WEIGHT,
  older: undefined,
})

/** What was seen at a revision that the cache has left is true up to there and no further. */
const end = (state: State, seenAt: number): number => (seenAt < state.head ? seenAt + 1 : FOREVER)

function insert(state: State, table: Table, key: string, version: Version): void {
  const before = newest(table, key)
  if (before && before.from >= version.from) return
  if (before) {
    before.to = Math.min(before.to, version.from)
    before.older = undefined
    version.older = before
  }
  table.young.set(key, version)
  charge(state, version.weight)
}

/** Counts what was added; at half the bound, what was not used since the last time goes. */
function charge(state: State, cost: number): void {
  state.weight += cost
  if (state.weight <= state.weightMax / 2) return
  state.weight = 0
  state.oldPlaces = state.places
  state.places = new Map()
  for (const tables of state.kinds.values()) ageTables(tables)
}

function newest(table: Table, key: string): Version | undefined {
  const young = table.young.get(key)
  if (young) return young
  const old = table.old.get(key)
  if (old) table.young.set(key, old)
  return old
}

function foundRows(table: Table | undefined, asked: string, at: number): readonly unknown[] | undefined {
  const finds = table?.past && at < table.past.until ? table.past.finds : table?.finds
  const found = finds?.get(asked)
  return found && found.from <= at && at < found.to ? found.rows : undefined
}

function madeTable(state: State, kind: string, account: string): Table {
  const tables = madeIn(state.kinds, kind, () => new Map<string, Table>())
  return madeIn(tables, account, () => ({ young: new Map(), old: new Map(), finds: new Map(), past: undefined }))
}

function closeFinds(table: Table, revision: number): void {
  if (table.finds.size === 0) return
  const seenLater = [...table.finds].filter(([, found]) => found.from >= revision)
  table.past = { until: revision, finds: table.finds }
  table.finds = new Map(seenLater)
}

function spanning(version: Version | undefined, at: number): Version | undefined {
  for (let one = version; one; one = one.older) if (one.from <= at && at < one.to) return one
  return undefined
}

function ageTables(tables: Map<string, Table>): void {
  for (const [account, table] of tables) {
    table.old = table.young
    table.young = new Map()
    table.finds = new Map()
    table.past = undefined
    if (table.old.size === 0) tables.delete(account)
  }
}

function madeIn<V>(map: Map<string, V>, key: string, make: () => V): V {
  const present = map.get(key)
  if (present) return present
  const made = make()
  map.set(key, made)
  return made
}
