// Owns how this package says no: a value, never a throw.

/** A refusal in AWS's words, ready for the error writer of the protocol. */
export interface WireFailure {
  readonly ok: false
  /** The wire code, for instance `ValidationError`. */
  readonly code: string
  /** Absent where AWS sends none (MalformedInput of a number that is none). */
  readonly message: string | undefined
  /** HTTP status. */
  readonly status: number
  /** Further elements of S3's errors, in order, for instance `ArgumentName`. */
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** Makes a refusal; `status` is 400 unless said. */
export const failure = (
  code: string,
  message?: string,
  status = 400,
  fields: WireFailure['fields'] = [],
): WireFailure => ({ ok: false, code, message, status, fields })
