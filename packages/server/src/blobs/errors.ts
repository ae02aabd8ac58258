/** What blobs can refuse. */

/** There is no blob with this id. */
export class BlobMissing extends Error {
  readonly id: string
  constructor(id: string, cause?: unknown) {
    super(`There is no blob \`${id}\`.`, { cause })
    this.name = 'BlobMissing'
    this.id = id
  }
}

/** The bytes cannot be kept or fetched: the disk is full or fails, the database is away. 503 for the caller, the cause for the log. */
export class BlobsUnavailable extends Error {
  readonly code: 'STORE.FULL' | 'STORE.FAULT'
  constructor(cause: unknown, doing: 'written' | 'read' = 'written') {
    super(`The object cannot be ${doing}: ${(cause as Error).message}`, { cause })
    this.name = 'BlobsUnavailable'
    const { code } = cause as { readonly code?: unknown }
    this.code = typeof code === 'string' && FULL.has(code) ? 'STORE.FULL' : 'STORE.FAULT'
  }
}

/** No room: of the file system, of the user's share, of the database's disk (SQLSTATE 53100). */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', '53100'])
