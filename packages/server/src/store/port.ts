/**
 * The store's port: what the rest of the server knows of it. Types only. The laws behind them stand in
 * docs/architecture.md, "The store"; conformance.ts holds every adapter to them.
 */
import type { ObjectStore } from './object-port.ts'

export type { ObjectStore, ObjectRow } from './object-port.ts'

/**
 * A family of rows. Rows are JSON values; every row that a reader returns is frozen, and the same object comes back while
 * the row is unchanged (and still cached), so that what was compiled from it can be kept in a WeakMap.
 */
export interface Kind<T> {
  readonly name: string
  /** Version of the body. Raise it together with `upgrade`. */
  readonly version: number
  /** The row's key within its account: folded where names are one without regard to case. Compared bytewise. */
  readonly key: (row: T) => string
  /** Indexes with any number of rows per value; the values are folded by these functions. */
  readonly indexes?: Readonly<Record<string, (row: T) => readonly string[]>>
  /** Indexes with one row per value in the whole store (access key ids, bucket names, unique ids). */
  readonly unique?: Readonly<Record<string, (row: T) => string | undefined>>
  /** Turns a body of an earlier version into a row. */
  readonly upgrade?: (body: unknown, fromVersion: number) => T
}

/**
 * A committed state. A revision number alone is no identity: after a fail-over or a restore numbers are used again, the
 * mark (128 random bits, hexadecimal) is not.
 */
export interface Head {
  readonly revision: bigint
  readonly mark: string
}

/** Part of the rows of one kind and account, in bytewise order of keys. */
export interface ListOptions {
  /** Only keys that begin so. */
  readonly prefix?: string
  /** Only keys after this one. */
  readonly after?: string
  readonly limit?: number
}

export interface Reader {
  /** The state that the rows belong to; for a writer, the last committed one that it saw. */
  readonly head: Head
  readonly get: <T>(kind: Kind<T>, account: string, key: string) => Promise<T | undefined>
  readonly list: <T>(kind: Kind<T>, account: string, options?: ListOptions) => Promise<readonly T[]>
  /** Rows of which the index holds the value, in bytewise order of keys. */
  readonly find: <T>(kind: Kind<T>, account: string, index: string, value: string) => Promise<readonly T[]>
  readonly findUnique: <T>(
    kind: Kind<T>,
    index: string,
    value: string,
  ) => Promise<{ readonly account: string; readonly row: T } | undefined>
}

/**
 * A reader pinned to one head, for decisions: rows come from memory where they can. A row that changed since and is no
 * longer in memory cannot be had: then a read rejects with `PictureMoved`, and the request starts again with a fresh
 * picture.
 */
export type Picture = Reader

export interface Writer extends Reader {
  /** Adds a row unless its key is taken. A taken unique value makes the whole write reject with `UniqueTaken`. */
  readonly insert: <T>(kind: Kind<T>, account: string, row: T) => Promise<'inserted' | 'exists'>
  /** Adds or replaces a row. */
  readonly put: <T>(kind: Kind<T>, account: string, row: T) => Promise<void>
  /** @returns whether there was such a row */
  readonly remove: <T>(kind: Kind<T>, account: string, key: string) => Promise<boolean>
  /**
   * Whether one of the locked accounts changed after that head (or is about to change). Then a question that was answered
   * from that head is asked again, with this writer as the reader.
   */
  readonly movedSince: (head: Head) => boolean
  /** The write rejects with `BucketNotEmpty` when the bucket holds an object at the moment of the commit. */
  readonly requireEmptyBucket: (bucket: string) => void
}

/** One row that a change touched. Never its body: a change holds no secret. */
export interface Touched {
  readonly account: string
  readonly kind: string
  readonly key: string
}

/** One committed write. `before` and `after` chain the marks of the heads. */
export interface Change {
  readonly revision: bigint
  readonly before: string
  readonly after: string
  readonly touched: readonly Touched[]
}

/** Called after a commit is published: with what it touched, or `all` when the whole picture was dropped. */
export type ChangeListener = (head: Head, touched: readonly Touched[] | 'all') => void

export interface Store {
  /** Reads one committed state, not older than the published picture. `use` may run more than once: it only reads. */
  readonly read: <R>(use: (reader: Reader) => Promise<R>) => Promise<R>
  /** The published picture. Throws `StoreUnavailable` when it is older than the staleness limit. */
  readonly current: () => Picture
  /** A picture whose look at the store began after this call; calls at the same time share one look. */
  readonly fresh: () => Promise<Picture>
  /**
   * Locks the accounts, runs `use` on current rows, commits what it put and removed as one value, publishes, answers.
   * `use` starts no other write (it would wait for itself), and has no effects but through its writer: it runs again when a waiting write that it read from is refused.
   * Rejects with what `use` threw, `UniqueTaken`, `BucketNotEmpty` or `StoreUnavailable`; then nothing was written. Only
   * where the way to PostgreSQL broke during the commit is the outcome unknown, as with any database.
   */
  readonly write: <R>(accounts: readonly string[], use: (writer: Writer) => Promise<R>) => Promise<R>
  /** Changes after a revision, oldest first. The list keeps 24 hours or 100,000 changes, whichever is less. */
  readonly changes: (after: bigint, limit: number) => Promise<readonly Change[]>
  /** @returns the function that ends the listening */
  readonly onChange: (listener: ChangeListener) => () => void
  readonly objects: ObjectStore
  readonly close: () => Promise<void>
}
