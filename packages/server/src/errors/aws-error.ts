/** The one error class: what the caller is told, in AWS's words, and the diagnosis that only `why` tells. */

export interface AwsErrorOptions {
  /** Elements after Code and Message in an S3 error, in order: BucketName, Key, HeadersNotSigned … */
  readonly fields?: Readonly<Record<string, string>>
  /** Stable code of `why`, see docs/diagnosis.md. `REQUEST.INVALID` when absent. */
  readonly diagnosis?: string
  /** Plain words for the operator; never reaches the wire. */
  readonly explanation?: string
  /** Facts for the operator: our canonical request, the string to sign. Never secrets; never on the wire. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** Thrown by handlers, caught in one place, rendered in the caller's protocol. Made by catalogue functions only. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  readonly options: AwsErrorOptions
  /** @param message the text on the wire; an empty one leaves the element out */
  constructor(code: string, status: number, message: string, options: AwsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AwsError'
    this.code = code
    this.status = status
    this.options = options
  }
}
