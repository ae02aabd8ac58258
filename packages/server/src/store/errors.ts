/** What the store can refuse. Other layers turn these into answers; none of them is an AWS error by itself. */

/** The store cannot be written or looked at now: 503 for the caller, the cause for the log. */
export class StoreUnavailable extends Error {
  readonly code: 'STORE.STALE' | 'STORE.FULL' | 'STORE.FAULT' | 'STORE.CLOSED'
  constructor(code: StoreUnavailable['code'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StoreUnavailable'
    this.code = code
  }
}

/** A value of a unique index belongs to another row: make another id and write again. */
export class UniqueTaken extends Error {
  readonly kind: string
  readonly index: string
  readonly value: string
  constructor(kind: string, index: string, value: string) {
    super(`The ${index} \`${value}\` belongs to another ${kind}.`)
    this.name = 'UniqueTaken'
    this.kind = kind
    this.index = index
    this.value = value
  }
}

/** `requireEmptyBucket` did not hold. */
export class BucketNotEmpty extends Error {
  readonly bucket: string
  constructor(bucket: string) {
    super(`The bucket \`${bucket}\` holds objects.`)
    this.name = 'BucketNotEmpty'
    this.bucket = bucket
  }
}

/** The picture is too old for this row: take `fresh()` and start the request again. */
export class PictureMoved extends Error {
  constructor() {
    super('The store moved on while the request was reading.')
    this.name = 'PictureMoved'
  }
}

/** The store cannot be opened: the message says why and what to do. */
export class StoreRefused extends Error {
  readonly why: 'in-use' | 'newer-schema' | 'unusable'
  constructor(why: StoreRefused['why'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StoreRefused'
    this.why = why
  }
}
