/** The part of the port for S3 objects: rows of their own, in bytewise order of keys, that move no revision. */

/** One object. `body` is what S3 keeps with it and the store does not look into. */
export interface ObjectRow {
  readonly bucket: string
  readonly key: string
  readonly blobId: string
  /** Bytes. */
  readonly size: number
  /** Without quotes. */
  readonly etag: string
  /** Milliseconds since 1970, UTC. */
  readonly lastModified: number
  readonly contentType?: string
  /** `Cache-Control` and the like, by lower-case name. */
  readonly systemHeaders?: Readonly<Record<string, string>>
  /** `x-amz-meta-…`, names without the prefix. */
  readonly userMetadata?: Readonly<Record<string, string>>
  readonly tags?: readonly { readonly key: string; readonly value: string }[]
  readonly storageClass?: string
  /** Algorithm → value in base64. */
  readonly checksums?: Readonly<Record<string, string>>
  /** Account that wrote it. */
  readonly owner: string
  /** Bytes of each part, of an object that was put together from parts. */
  readonly partSizes?: readonly number[]
  /** Who began the multipart upload that this row stands for. */
  readonly initiator?: { readonly id: string; readonly displayName: string }
}

/** What must hold at the moment of the commit. */
interface ObjectCondition {
  /** `If-None-Match: *`. */
  readonly absent?: true
  /** `If-Match`: the present object has this etag. */
  readonly etag?: string
}

export interface ObjectPut extends ObjectCondition {
  /**
   * Unique index and value of a row that must exist, such as the bucket's: the object must not outlive it.
   * Checked in the same transaction.
   */
  readonly within?: { readonly kind: string; readonly index: string; readonly value: string }
}

export type ObjectPutResult =
  | {
      readonly ok: true
      /** What it took the place of: its blob can go. */ readonly replaced: ObjectRow | undefined
    }
  | { readonly ok: false; readonly why: 'condition'; readonly present: ObjectRow | undefined }
  | { readonly ok: false; readonly why: 'gone' }

export interface ObjectListOptions {
  readonly prefix?: string
  /** Only keys after this one. */
  readonly after?: string
  /** At most this many rows. */
  readonly limit: number
}

export interface ObjectStore {
  /** Writes the row; the blob must be durable already. Rejects with `StoreUnavailable`. */
  readonly put: (row: ObjectRow, options?: ObjectPut) => Promise<ObjectPutResult>
  readonly get: (bucket: string, key: string) => Promise<ObjectRow | undefined>
  /** @returns the row that was removed: its blob can go */
  readonly delete: (
    bucket: string,
    key: string,
    condition?: { readonly etag?: string },
  ) => Promise<ObjectRow | undefined>
  /** @returns the rows that were removed */
  readonly deleteMany: (bucket: string, keys: readonly string[]) => Promise<readonly ObjectRow[]>
  /** In bytewise order of keys. */
  readonly list: (bucket: string, options: ObjectListOptions) => Promise<readonly ObjectRow[]>
  readonly bucketIsEmpty: (bucket: string) => Promise<boolean>
  /** Which of these blobs some object needs: for the sweep of orphans. */
  readonly blobsInUse: (blobIds: readonly string[]) => Promise<ReadonlySet<string>>
}
