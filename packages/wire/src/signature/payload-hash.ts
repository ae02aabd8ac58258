/** The payload hash: what a request declares about its body, and whether the body keeps it. */
import { decodeQueryText, headerValue, splitQuery } from './encoding.ts'
import { invalidArgument, refuse, signatureMismatch } from './refusals.ts'
import type { Checked, Refusal, SignedRequest, V4Credentials } from './types.ts'

const HEADER = 'x-amz-content-sha256'
const HEX_HASH = /^[0-9a-fA-F]{64}$/

/** How an `aws-chunked` body is signed. The two ECDSA forms go with version 4A. */
export type StreamingMode = keyof typeof STREAMING

const STREAMING = {
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, trailer: true },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, trailer: true },
  'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD': { signed: true, trailer: false },
  'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER': { signed: true, trailer: true },
} as const

/** What a streaming mode means for the decoder. */
export const streamingRules = (mode: StreamingMode): { readonly signed: boolean; readonly trailer: boolean } =>
  STREAMING[mode]

/** `value` is the last line of the canonical request in every case. */
export type PayloadHash =
  /** The body must have this SHA-256. */
  | { readonly ok: true; readonly kind: 'hash'; readonly value: string }
  /** Nothing is promised about the body. */
  | { readonly ok: true; readonly kind: 'unsigned'; readonly value: 'UNSIGNED-PAYLOAD' }
  /** The body is `aws-chunked`; see `decodeChunked`. */
  | { readonly ok: true; readonly kind: 'streaming'; readonly value: StreamingMode }

/** S3: reads the declared payload hash of a signed request, or says what is wrong with it. */
export function readPayloadHash(request: SignedRequest, credentials: V4Credentials): PayloadHash | Refusal {
  const presigned = credentials.form === 'query'
  const signed = credentials.signedHeaders.includes(HEADER)
  const header = presigned && !signed ? undefined : headerValue(request.headers, HEADER)
  const value = (presigned ? queryHash(request.rawQuery) : undefined) ?? header
  if (value === undefined) {
    if (presigned) return { ok: true, kind: 'unsigned', value: 'UNSIGNED-PAYLOAD' }
    return refuse('InvalidRequest', 400, `Missing required header for this request: ${HEADER}`, {
      diagnosis: 'AUTH.PAYLOAD_HASH',
    })
  }
  const classified = classify(value)
  if (!classified.ok || presigned || signed) return classified
  const message = `header '${HEADER}' must be included in signature`
  return refuse('InvalidRequest', 400, message, { diagnosis: 'AUTH.HEADERS_NOT_SIGNED' })
}

function queryHash(rawQuery: string): string | undefined {
  const found = splitQuery(rawQuery).find(([name]) => decodeQueryText(name).toLowerCase() === HEADER)
  return found && decodeQueryText(found[1])
}

function classify(value: string): PayloadHash | Refusal {
  if (HEX_HASH.test(value)) return { ok: true, kind: 'hash', value }
  if (value === 'UNSIGNED-PAYLOAD') return { ok: true, kind: 'unsigned', value }
  if (isStreaming(value)) return { ok: true, kind: 'streaming', value }
  const message = `${HEADER} must be UNSIGNED-PAYLOAD, ${Object.keys(STREAMING).join(', ')} or a valid sha256 value.`
  return invalidArgument(message, HEADER, value, 'AUTH.PAYLOAD_HASH')
}

const isStreaming = (value: string): value is StreamingMode => Object.hasOwn(STREAMING, value)

/** S3: does the body have the declared hash? @param actual hex SHA-256 of the body that came */
export function checkBodyHash(declared: string, actual: string): Checked {
  if (declared.toLowerCase() === actual) return { ok: true }
  return refuse(
    'XAmzContentSHA256Mismatch',
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    {
      diagnosis: 'AUTH.PAYLOAD_HASH',
      fields: [
        ['ClientComputedContentSHA256', declared],
        ['S3ComputedContentSHA256', actual],
      ],
    },
  )
}

/**
 * STS and IAM hash the body themselves; `x-amz-content-sha256` is not needed, but when it is sent it must agree.
 * @param bodyHash hex SHA-256 of the body that came
 */
export function checkDeclaredHash(request: SignedRequest, bodyHash: string): Checked {
  const declared = headerValue(request.headers, HEADER)
  if (declared === undefined || declared.toLowerCase() === bodyHash) return { ok: true }
  const { code, message, status, fields } = signatureMismatch(false, {
    accessKeyId: '',
    stringToSign: '',
    signatureProvided: '',
  })
  return refuse(code, status, message, { diagnosis: 'AUTH.PAYLOAD_HASH', fields })
}
