/** Between rows and what stands in the database: bodies, their versions, and their index entries. */
import { StoreUnavailable } from './errors.ts'
import type { Kind } from './port.ts'

/** A row as an adapter reads it. */
export interface RawRow {
  readonly account: string
  readonly key: string
  /** Revision of the write that made it. */
  readonly revision: number
  readonly version: number
  /** JSON. */
  readonly body: string
}

/** A row as an adapter writes it, or the removal of one. Plain data: it crosses to the worker thread. */
export interface RowChange {
  readonly kind: string
  readonly account: string
  readonly key: string
  /** Absent: remove. */
  readonly put?: {
    readonly version: number
    readonly body: string
    readonly indexes: readonly (readonly [name: string, value: string])[]
    readonly unique: readonly (readonly [name: string, value: string])[]
  }
}

/** A row that a handler put or removed, before its commit. */
export interface Entry {
  readonly kind: Kind<unknown>
  readonly account: string
  readonly key: string
  /** Frozen, as it will be read back; `undefined` when removed. */
  readonly row: unknown
  readonly change: RowChange
}

/** Turns a row into an entry: what is read back later is what JSON keeps of it, so the entry holds exactly that. */
export function putEntry<T>(kind: Kind<T>, account: string, row: T): Entry {
  const body = JSON.stringify(row)
  const kept = deepFreeze(JSON.parse(body) as T)
  const key = kind.key(kept)
  const indexes = Object.entries(kind.indexes ?? {}).flatMap(([name, values]) =>
    [...new Set(values(kept))].map((value) => [name, value] as const),
  )
  const unique = Object.entries(kind.unique ?? {}).flatMap(([name, value]) => {
    const held = value(kept)
    return held === undefined ? [] : [[name, held] as const]
  })
  const change = { kind: kind.name, account, key, put: { version: kind.version, body, indexes, unique } }
  return { kind: kind as Kind<unknown>, account, key, row: kept, change }
}

export function removeEntry<T>(kind: Kind<T>, account: string, key: string): Entry {
  return {
    kind: kind as Kind<unknown>,
    account,
    key,
    row: undefined,
    change: { kind: kind.name, account, key },
  }
}

/** Reads a body, of whatever version; the row is frozen. */
export function decodeRow<T>(kind: Kind<T>, raw: RawRow): T {
  const body: unknown = JSON.parse(raw.body)
  if (raw.version === kind.version) return deepFreeze(body as T)
  if (raw.version < kind.version && kind.upgrade) return deepFreeze(kind.upgrade(body, raw.version))
  throw new StoreUnavailable(
    'STORE.FAULT',
    `The ${kind.name} \`${raw.key}\` has version ${raw.version}; this program reads ${kind.version}.`,
  )
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}

/** Order of keys in the whole store: by their bytes in UTF-8. */
export function bytewise(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
