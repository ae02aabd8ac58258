/** What the committer is told and what it answers. Plain data: it crosses to the worker thread. */
import { BucketNotEmpty, StoreUnavailable, UniqueTaken } from './errors.ts'
import type { ObjectPut, ObjectPutResult, ObjectRow } from './object-port.ts'
import type { RowChange } from './rows.ts'

/** One change set. */
export interface RowsJob {
  readonly type: 'rows'
  readonly id: number
  /** Mark of the head that it makes. */
  readonly mark: string
  /** Milliseconds since 1970: when changes become old. */
  readonly at: number
  /** Ids of jobs on which it was built. */
  readonly reliesOn: readonly number[]
  readonly changes: readonly RowChange[]
  readonly emptyBuckets: readonly string[]
}

export interface ObjectPutJob {
  readonly type: 'object-put'
  readonly row: ObjectRow
  readonly options: ObjectPut
}

export interface ObjectDeleteJob {
  readonly type: 'object-delete'
  readonly bucket: string
  readonly keys: readonly string[]
  readonly etag?: string
}

export type Job = RowsJob | ObjectPutJob | ObjectDeleteJob

/** Why a change set was refused; its neighbours are not concerned. */
export type Refusal =
  | { readonly why: 'unique'; readonly kind: string; readonly index: string; readonly value: string }
  | { readonly why: 'bucket'; readonly bucket: string }
  /** A change set that it was built on was refused. */
  | { readonly why: 'relied' }

export type JobResult =
  | { readonly type: 'rows'; readonly revision: number }
  | { readonly type: 'refused'; readonly refusal: Refusal }
  | { readonly type: 'object-put'; readonly result: ObjectPutResult }
  | { readonly type: 'object-delete'; readonly removed: readonly ObjectRow[] }

export type BatchAnswer =
  | { readonly ok: true; readonly results: readonly JobResult[] }
  /** The transaction was lost: nothing of the batch is there. */
  | { readonly ok: false; readonly full: boolean; readonly message: string }

export const lostTransaction = (full: boolean, message: string): StoreUnavailable =>
  new StoreUnavailable(full ? 'STORE.FULL' : 'STORE.FAULT', `The write was lost: ${message}`)

/** The error that a writer sees; `undefined` when he should simply try again. */
export function refusalError(refusal: Refusal): Error | undefined {
  switch (refusal.why) {
    case 'unique':
      return new UniqueTaken(refusal.kind, refusal.index, refusal.value)
    case 'bucket':
      return new BucketNotEmpty(refusal.bucket)
    case 'relied':
      return undefined
  }
}
