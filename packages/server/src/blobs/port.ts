/** The blobs' port: bytes of objects, named by ids that are never used again. Types only. */

export interface PutBlob {
  readonly id: string
  /** Bytes. */
  readonly size: number
  /** MD5 of the bytes, hexadecimal: the ETag of an object put in one part. */
  readonly md5Hex: string
}

/** A part of a blob: first and last byte, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface Blobs {
  /** Takes a stream in constant memory. When it resolves, the bytes are durable; the caller writes the row next. */
  readonly put: (bytes: AsyncIterable<Uint8Array>) => Promise<PutBlob>
  /** Rejects on the first pull with `BlobMissing` when there is no such blob. Who has begun reads to the end, also when it is removed. */
  readonly read: (id: string, range?: ByteRange) => AsyncIterable<Uint8Array>
  /** Removing what is not there is no error. */
  readonly remove: (id: string) => Promise<void>
  /**
   * Removes blobs that no row needs: run once, before the first request. Where other nodes share the blobs, only those that
   * no node can still be writing. @returns how many went
   */
  readonly sweep: (inUse: (ids: readonly string[]) => Promise<ReadonlySet<string>>) => Promise<number>
  readonly close: () => Promise<void>
}
