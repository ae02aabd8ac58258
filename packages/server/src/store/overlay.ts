/**
 * Rows that wait for their commit, laid over the committed ones: what a handler put itself, and what handlers before it
 * put. Who reads such a row depends on the write that it belongs to, and shares its fate.
 */
import type { Entry } from './rows.ts'

/** A write on its way. */
export interface Waiting {
  /** Settles when it is known to be committed or not; never rejects. */
  readonly outcome: Promise<Outcome>
}

export type Outcome =
  | { readonly kind: 'committed' }
  /** Only this write (and those that read from it) failed; without an error, because one that it read from did. */
  | { readonly kind: 'refused'; readonly error: Error | undefined }
  /** The transaction was lost. */
  | { readonly kind: 'lost'; readonly error: Error }

export interface Laid {
  readonly entry: Entry
  /** Absent for what the handler itself put. */
  readonly of?: Waiting
}

export interface Overlay {
  readonly put: (laid: Laid) => void
  readonly row: (kind: string, account: string, key: string) => Laid | undefined
  readonly table: (kind: string, account: string) => ReadonlyMap<string, Laid>
  /** All rows of a kind. */
  readonly ofKind: (kind: string) => Iterable<Laid>
  /** Whether a row of the account is there. */
  readonly touches: (account: string) => boolean
  /** Takes away what still belongs to a write. */
  readonly settle: (waiting: Waiting, entries: readonly Entry[]) => void
}

const NONE: ReadonlyMap<string, Laid> = new Map()

export function createOverlay(): Overlay {
  const kinds = new Map<string, Map<string, Map<string, Laid>>>()
  return {
    put: (laid) => {
      const { kind, account, key } = laid.entry
      const accounts = kinds.get(kind.name) ?? new Map<string, Map<string, Laid>>()
      const table = accounts.get(account) ?? new Map<string, Laid>()
      kinds.set(kind.name, accounts.set(account, table.set(key, laid)))
    },
    row: (kind, account, key) => kinds.get(kind)?.get(account)?.get(key),
    table: (kind, account) => kinds.get(kind)?.get(account) ?? NONE,
    ofKind: function* (kind) {
      for (const table of kinds.get(kind)?.values() ?? []) yield* table.values()
    },
    touches: (account) => kinds.values().some((accounts) => accounts.has(account)),
    settle: (waiting, entries) => {
      for (const { kind, account, key } of entries) {
        const accounts = kinds.get(kind.name)
        const table = accounts?.get(account)
        if (!table || table.get(key)?.of !== waiting) continue
        table.delete(key)
        if (table.size === 0) accounts?.delete(account)
      }
    },
  }
}

/** The rows of two overlays in one table; the upper hides the lower. */
export function merged(lower: ReadonlyMap<string, Laid>, upper: ReadonlyMap<string, Laid>): ReadonlyMap<string, Laid> {
  if (upper.size === 0) return lower
  if (lower.size === 0) return upper
  return new Map([...lower, ...upper])
}
