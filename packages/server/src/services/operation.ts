/**
 * An operation is a row: how it touches the store, what it asks, what it does. The pipeline owns the rest, so no operation
 * can forget authentication, validation or authorization. A row without `ask` does not compile; a `read` row has no writer.
 */
import type { Ask, Asks } from '../authorization/question.ts'
import type { Caller } from '../credentials/caller.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import type { AwsError } from '../errors/aws-error.ts'
import type { Reader, Store, Writer } from '../store/port.ts'
import type { Platform } from './platform.ts'

/** Facts of the HTTP request that conditions and answers need. */
export interface RequestFacts {
  readonly requestId: string
  readonly clientIp: string
  readonly secure: boolean
  readonly userAgent: string
  readonly host: string
  readonly referer?: string
  /** `header`, `query` or `form`, how the request was signed; absent when it was not. */
  readonly authType?: 'REST-HEADER' | 'REST-QUERY-STRING' | 'POST'
  /** `AWS4-HMAC-SHA256` or `AWS`. */
  readonly signatureVersion?: string
  /** Age of a presigned signature in milliseconds. */
  readonly signatureAgeMilliseconds?: number
  /** Value of `x-amz-content-sha256`. */
  readonly contentSha256?: string
  /** Value of `x-amz-trailer`: names of the trailers that a chunked body announces. */
  readonly trailer?: string
  /** Trailers by lower-case name, once the body has ended. */
  readonly trailers?: () => ReadonlyMap<string, string>
}

/** One call, after authentication. */
export interface Call {
  readonly service: 'iam' | 'sts' | 's3'
  readonly operation: string
  readonly caller: Caller
  /** The caller's account. Anonymous callers have none: S3 operations look at the bucket's owner. */
  readonly account: AccountId
  readonly region: string
  /** Session time when the request arrived. */
  readonly now: Instant
  readonly request: RequestFacts
  readonly platform: Platform
  /** Outcome of the row's `prove`; absent where it has none. */
  readonly proof?: Proof
  /** Answers to the questions of `askEach`, in their order: the refusal, or `undefined` where it is allowed. */
  readonly refusals?: readonly (AwsError | undefined)[]
}

/** What a call proved once, before its questions: an MFA code is spent by being shown, whatever becomes of the call. */
export interface Proof {
  /** When the code of an MFA device was shown. */
  readonly mfaAt?: Instant
}

interface Row<Input> {
  /**
   * Runs once for a call, in front of everything else, with writes of its own that stay when the call is refused: tries are
   * counted and codes are spent there. Its outcome is `call.proof`; `undefined` when there is nothing to prove. @throws AwsError
   */
  readonly prove?: (input: Input, call: Call, store: Store) => Promise<Proof> | undefined
  /** The authorization question. Reads rows only to name the resource and to find its policy. */
  readonly ask: (input: Input, call: Call, store: Reader) => Promise<Asks> | Asks
  /** Questions of which each decides only a part of the answer (DeleteObjects: one key of many). */
  readonly askEach?: (input: Input, call: Call, store: Reader) => Promise<readonly Ask[]>
  /**
   * Asked when the handler throws `NoSuchKey`: who may not list must not learn that a key is missing, so a refusal of
   * this question takes the place of the error.
   */
  readonly ifMissing?: (input: Input, call: Call, store: Reader) => Promise<Ask> | Ask
}

export interface ReadRow<Input, Output> extends Row<Input> {
  readonly access: 'read'
  readonly handle: (input: Input, call: Call, store: Reader) => Promise<Output>
}

export interface WriteRow<Input, Output> extends Row<Input> {
  readonly access: 'write'
  /** Accounts whose rows change; the caller's when absent. */
  readonly accounts?: (input: Input, call: Call, store: Reader) => Promise<readonly string[]> | readonly string[]
  readonly handle: (input: Input, call: Call, store: Writer) => Promise<Output>
}

export type OperationRow<Input, Output> = ReadRow<Input, Output> | WriteRow<Input, Output>

/** A table of operations: `satisfies Operations<IamOperations, 'GetRole' | 'DeleteRole'>`. */
export type Operations<
  Model extends Readonly<Record<Name, { input: unknown; output: unknown }>>,
  Name extends string,
> = {
  readonly [N in Name]: OperationRow<Model[N]['input'], Model[N]['output']>
}

/** A row whose types are no longer known, as the pipeline sees it. */
export type AnyRow = OperationRow<never, unknown>
