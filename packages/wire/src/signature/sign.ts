/** Signs requests with version 4, for our own command line and tests. The same canonical forms as verification. */
import { canonicalParts, canonicalRequest, isS3, stringToSign } from './canonical.ts'
import { canonicalQuery, encodeStrict, headerValue } from './encoding.ts'
import { hmacHex, sha256Hex, signingKey } from './hash.ts'
import { basicDate } from './time.ts'
import { HMAC_ALGORITHM } from './types.ts'
import type { RawHeader, SignedRequest } from './types.ts'

export interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly region: string
  readonly service: string
}

/** Headers that proxies and HTTP libraries change, so they are not signed. */
const NEVER_SIGNED: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'expect',
  'user-agent',
  'x-amzn-trace-id',
])

/**
 * Signs by header: returns the request with `X-Amz-Date`, the session token, S3's payload hash and `Authorization`.
 * @param input.now epoch milliseconds
 * @param input.body text (as UTF-8) or bytes; default: nothing
 * @param input.payloadHash instead of the body's hash, for example `UNSIGNED-PAYLOAD`
 */
export function signV4(input: {
  readonly request: SignedRequest
  readonly signer: Signer
  readonly now: number
  readonly body?: string | Uint8Array
  readonly payloadHash?: string
}): SignedRequest {
  const { request, signer, now } = input
  const payloadHash = input.payloadHash ?? sha256Hex(input.body ?? '')
  const timestamp = basicDate(now)
  const added: RawHeader[] = [['X-Amz-Date', timestamp]]
  if (signer.sessionToken !== undefined) added.push(['X-Amz-Security-Token', signer.sessionToken])
  if (isS3(signer.service)) added.push(['X-Amz-Content-Sha256', payloadHash])
  const names = new Set(added.map(([name]) => name.toLowerCase()))
  const kept = request.headers.filter(
    ([name]) => !names.has(name.toLowerCase()) && name.toLowerCase() !== 'authorization',
  )
  const ready = { ...request, headers: [...kept, ...added] }
  const signedHeaders = headerNames(ready)
  const scope = scopeOf(signer, timestamp)
  const signature = signatureOf({ request: ready, signer, timestamp, signedHeaders, payloadHash, form: 'header' })
  const credential = `Credential=${signer.accessKeyId}/${scope}`
  const authorization = `${HMAC_ALGORITHM} ${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  return { ...ready, headers: [...ready.headers, ['Authorization', authorization]] }
}

/**
 * Signs by query: returns the request with the signature's parameters. S3 signs `UNSIGNED-PAYLOAD`, others the body.
 * @param input.expiresSeconds S3: 1 to 604,800; STS and IAM ignore it
 */
export function presignV4(input: {
  readonly request: SignedRequest
  readonly signer: Signer
  readonly now: number
  readonly expiresSeconds: number
  readonly body?: string | Uint8Array
}): SignedRequest {
  const { request, signer, now } = input
  const timestamp = basicDate(now)
  const signedHeaders = headerNames(request)
  const parameters: readonly (readonly [string, string | undefined])[] = [
    ['X-Amz-Algorithm', HMAC_ALGORITHM],
    ['X-Amz-Credential', `${signer.accessKeyId}/${scopeOf(signer, timestamp)}`],
    ['X-Amz-Date', timestamp],
    ['X-Amz-Expires', String(input.expiresSeconds)],
    ['X-Amz-Security-Token', signer.sessionToken],
    ['X-Amz-SignedHeaders', signedHeaders.join(';')],
  ]
  const added = parameters.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeStrict(value)}`]))
  const rawQuery = canonicalQuery([request.rawQuery, ...added].filter((part) => part !== '').join('&'))
  const ready = { ...request, rawQuery }
  const payloadHash = isS3(signer.service) ? 'UNSIGNED-PAYLOAD' : sha256Hex(input.body ?? '')
  const signature = signatureOf({ request: ready, signer, timestamp, signedHeaders, payloadHash, form: 'query' })
  return { ...ready, rawQuery: `${rawQuery}&X-Amz-Signature=${signature}` }
}

function headerNames(request: SignedRequest): readonly string[] {
  if (headerValue(request.headers, 'host') === undefined)
    throw new TypeError('a request without `Host` cannot be signed')
  const names = request.headers.map(([name]) => name.toLowerCase()).filter((name) => !NEVER_SIGNED.has(name))
  return [...new Set(names)].toSorted()
}

const scopeOf = ({ region, service }: Signer, timestamp: string): string =>
  `${timestamp.slice(0, 8)}/${region}/${service}/aws4_request`

function signatureOf(input: {
  readonly request: SignedRequest
  readonly signer: Signer
  readonly timestamp: string
  readonly signedHeaders: readonly string[]
  readonly payloadHash: string
  readonly form: 'header' | 'query'
}): string {
  const { request, signer, timestamp, signedHeaders, payloadHash, form } = input
  const { secretAccessKey, region, service } = signer
  const parts = canonicalParts({ request, credentials: { form, signedHeaders }, payloadHash, service })
  const scope = scopeOf(signer, timestamp)
  const toSign = stringToSign({ algorithm: HMAC_ALGORITHM, timestamp, scope }, canonicalRequest(parts))
  return hmacHex(signingKey(secretAccessKey, timestamp.slice(0, 8), region, service), toSign)
}
