/** What the signature functions take and give. All plain data; the functions stand in the other files of this folder. */

/** Whose error texts are spoken. IAM and STS share theirs. */
export type Dialect = 'sts' | 'iam' | 's3'

/** A header as it came over the wire: raw name, and the value with one character per byte (as node:http gives it). */
export type RawHeader = readonly [name: string, value: string]

/** The part of a request that signatures cover, untouched by any parser. */
export interface SignedRequest {
  readonly method: string
  /** The path as received, without the query; never decoded. */
  readonly rawPath: string
  /** What followed the first `?`, or an empty text. */
  readonly rawQuery: string
  /** In order of arrival. */
  readonly headers: readonly RawHeader[]
}

/** Why a request was refused, for `understudy why`; never sent to the caller. */
export type SignatureDiagnosis =
  | 'AUTH.MISSING'
  | 'AUTH.MALFORMED'
  | 'AUTH.UNSUPPORTED'
  | 'AUTH.SCOPE'
  | 'AUTH.EXPIRED'
  | 'AUTH.SKEW'
  | 'AUTH.HEADERS_NOT_SIGNED'
  | 'AUTH.PAYLOAD_HASH'
  | 'AUTH.SIGNATURE_MISMATCH'
  | 'AUTH.CHUNK'
  | 'AUTH.POST_POLICY'

/** A refusal as the caller sees it (code, message, status, further elements) and its diagnosis for the operator. */
export interface Refusal {
  readonly ok: false
  readonly code: string
  readonly message: string
  /** HTTP status. */
  readonly status: number
  /** Further elements of the error answer, in AWS's order. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly diagnosis: SignatureDiagnosis
}

/** A check without a result of its own. */
export type Checked = { readonly ok: true } | Refusal

export const HMAC_ALGORITHM = 'AWS4-HMAC-SHA256'
export const ECDSA_ALGORITHM = 'AWS4-ECDSA-P256-SHA256'

/** Version 4 (HMAC) or 4A (ECDSA) as found in a header, a query or a form; nothing of it is verified yet. */
export interface V4Credentials {
  readonly version: 'v4' | 'v4a'
  readonly form: 'header' | 'query' | 'post'
  readonly algorithm: typeof HMAC_ALGORITHM | typeof ECDSA_ALGORITHM
  readonly accessKeyId: string
  /** `YYYYMMDD` of the scope. */
  readonly date: string
  /** Empty in version 4A, whose scope has no Region. */
  readonly region: string
  readonly service: string
  /** Last part of the scope; `aws4_request` once `checkScope` has passed. */
  readonly terminator: string
  /** The scope as sent: `date/region/service/aws4_request`, or without Region in version 4A. */
  readonly scope: string
  /** Values of `X-Amz-Region-Set`, version 4A only. */
  readonly regionSet: readonly string[]
  /** As given; names that are not in lower case never fit. Empty for forms. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `X-Amz-Date` (or `Date`) as sent. */
  readonly dateText: string
  /** The same in basic form, `YYYYMMDDTHHMMSSZ`, as it stands in the string to sign. */
  readonly timestamp: string
  /** The same as epoch milliseconds. */
  readonly time: number
  readonly sessionToken?: string
  /** `X-Amz-Expires` of a presigned request in seconds, where it was given. */
  readonly expiresSeconds?: number
}

/** Version 2, S3 only. The header form is recognized so that it can be refused by name. */
export interface V2Credentials {
  readonly version: 'v2'
  readonly form: 'header' | 'query' | 'post'
  readonly algorithm: 'AWS'
  readonly accessKeyId: string
  readonly signature: string
  readonly sessionToken?: string
  /** `Expires` of the query form: epoch seconds. */
  readonly expires?: number
  /** Date of the header form: as sent, and as epoch milliseconds. */
  readonly date?: { readonly text: string; readonly time: number }
}

export type Credentials = V4Credentials | V2Credentials

/** `none`: nothing is signed, so the request is anonymous. */
export type CredentialsRead =
  | { readonly ok: true; readonly kind: 'none' }
  | { readonly ok: true; readonly kind: 'signed'; readonly credentials: Credentials }
  | Refusal

/** HMAC pads of a signing key, computed once, so that a verification costs two hashes. Treat as a secret. */
export interface SigningKey {
  readonly inner: Uint8Array
  readonly outer: Uint8Array
}

export interface VerifyV4Input {
  readonly request: SignedRequest
  readonly credentials: V4Credentials
  /** The secret access key, or a signing key of the credentials' date, Region and service made by `signingKey`. */
  readonly key: string | SigningKey
  /** Last line of the canonical request: `payloadHashOf` for S3, the hex SHA-256 of the body for other services. */
  readonly payloadHash: string
  /** `s3` takes S3's canonical path; every other name the normalized, twice encoded one. Default: the scope's. */
  readonly service?: string
  /** Hex SHA-256 of the body that came, where known; used for the hint only. */
  readonly bodyHash?: string
  /** The secret, for the hint only, when `key` is a cached signing key. */
  readonly secretAccessKey?: string
  /** false: do not look for the explaining difference. */
  readonly explain?: boolean
}

/** Which change of the canonical request would have made the signature fit. */
export interface MismatchHint {
  /** Names of all alternatives that were computed, in order. */
  readonly tried: readonly string[]
  /** The one that verifies, in words for the operator; absent when none does (mostly: another secret). */
  readonly explains?: { readonly name: string; readonly text: string }
}

/** What chunk signatures continue from. */
export interface ChunkSeed {
  readonly algorithm: V4Credentials['algorithm']
  /** Signature of the head. */
  readonly signature: string
  readonly timestamp: string
  readonly scope: string
  readonly accessKeyId: string
  /** Echoed by S3 when a chunk does not fit. */
  readonly canonicalRequest: string
  /** Compares in constant time. A function, so that the key cannot be printed. */
  readonly fits: (stringToSign: string, signature: string) => boolean
}

/** A signature that does not fit, with everything that S3 echoes and `why` prints. */
export interface SignatureMismatch extends Refusal {
  readonly diagnosis: 'AUTH.SIGNATURE_MISMATCH'
  readonly canonicalRequest: string
  readonly stringToSign: string
  readonly signatureProvided: string
  readonly hint: MismatchHint
}

export type Verified = { readonly ok: true; readonly seed: ChunkSeed } | SignatureMismatch
