/**
 * What an upload claims about its bytes, and whether the bytes keep it: Content-MD5, one `x-amz-checksum-*` as a header or
 * as a trailer behind the body.
 */
import { createHash } from 'node:crypto'
import type { AwsError } from '../../errors/aws-error.ts'
import type { RequestFacts } from '../operation.ts'
import { CHECKSUMS, checksumAlgorithm, DEFAULT_CHECKSUM, isChecksum } from './checksums.ts'
import type { ChecksumAlgorithm, ChecksumValues } from './checksums.ts'
import { checksumMismatch, invalidDigest, invalidRequest, md5Mismatch } from './errors.ts'

/** Trailers: announced in front of the body, known behind it. */
type TrailerFacts = Pick<RequestFacts, 'trailer' | 'trailers'>

/** The claims of one request. */
export interface Claims {
  /** Base64. */
  readonly md5?: string
  /** What is computed, and stored with the object. */
  readonly algorithm: ChecksumAlgorithm
  /** The checksum that the header promises. */
  readonly header?: string
  /** The checksum comes behind the body. */
  readonly trailing: boolean
}

interface Claiming extends ChecksumValues {
  readonly ContentMD5?: string | undefined
  readonly ChecksumAlgorithm?: string | undefined
}

/**
 * Reads the claims.
 * @param preferred algorithm to compute where the request names none: that of a multipart upload
 * @throws `InvalidDigest`, `InvalidRequest`
 */
export function claimsOf(input: Claiming, request: TrailerFacts, preferred: string = DEFAULT_CHECKSUM): Claims {
  const md5 = input.ContentMD5
  if (md5 !== undefined && (Buffer.from(md5, 'base64').length !== 16 || md5.length !== 24)) throw invalidDigest(md5)
  const sent = [...CHECKSUMS.values()].filter((algorithm) => input[algorithm.member] !== undefined)
  const announced = trailingAlgorithm(request.trailer)
  if (sent.length + (announced ? 1 : 0) > 1)
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  const [algorithm] = sent
  const base = { ...(md5 !== undefined && { md5 }) }
  if (announced) return { ...base, algorithm: announced, trailing: true }
  if (!algorithm) return { ...base, algorithm: named(input.ChecksumAlgorithm, preferred, md5), trailing: false }
  const header = input[algorithm.member] ?? ''
  if (!isChecksum(algorithm, header)) throw invalidRequest(`Value for ${algorithm.header} header is invalid.`)
  return { ...base, algorithm, header, trailing: false }
}

/** An algorithm without its value promises what never comes, unless Content-MD5 stands in for it. */
function named(name: string | undefined, preferred: string, md5: string | undefined): ChecksumAlgorithm {
  if (name === undefined) return checksumAlgorithm(preferred)
  const algorithm = checksumAlgorithm(name)
  if (md5 !== undefined) return algorithm
  throw invalidRequest(
    'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
  )
}

function trailingAlgorithm(trailer: string | undefined): ChecksumAlgorithm | undefined {
  const names = (trailer ?? '').split(',').map((name) => name.trim().toLowerCase())
  return [...CHECKSUMS.values()].find((algorithm) => names.includes(algorithm.header))
}

/** What was computed over the bytes. */
export interface Computed {
  readonly md5Hex: string
  /** Base64, of `claims.algorithm`. */
  readonly checksum: string
}

/** The first claim that the bytes break, as the answer to give; `undefined` when they keep all. */
export function brokenClaim(claims: Claims, computed: Computed, request: TrailerFacts): AwsError | undefined {
  const md5 = Buffer.from(computed.md5Hex, 'hex').toString('base64')
  if (claims.md5 !== undefined && claims.md5 !== md5) return md5Mismatch(claims.md5, md5)
  const { algorithm } = claims
  if (!claims.trailing)
    return claims.header === undefined || claims.header === computed.checksum
      ? undefined
      : checksumMismatch(algorithm.name)
  const trailer = request.trailers?.().get(algorithm.header)
  if (trailer === undefined)
    return invalidRequest(`The trailer ${algorithm.header} that x-amz-trailer names is missing.`)
  if (!isChecksum(algorithm, trailer))
    return invalidRequest(`Value for ${algorithm.header} trailing header is invalid.`)
  return trailer === computed.checksum ? undefined : checksumMismatch(algorithm.name)
}

/** Operations that change much with a small body: S3 takes them with a digest only. */
const DIGEST_REQUIRED = new Set(['DeleteObjects', 'PutBucketTagging'])

/**
 * Checks a body that was read whole (XML, a policy) against the digests in the request's headers.
 * @param headers by lower-case name
 * @throws `InvalidDigest`, `BadDigest`, `InvalidRequest` for a digest that is wrong, malformed or required and missing
 */
export async function checkBodyDigests(
  operation: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
  request: TrailerFacts,
): Promise<void> {
  const values = [...CHECKSUMS.values()].map(({ member, header }) => [member, headers[header]] as const)
  const claims = claimsOf({ ContentMD5: headers['content-md5'], ...Object.fromEntries(values) }, request)
  const claimed = claims.md5 ?? claims.header ?? (claims.trailing ? '' : undefined)
  if (claimed === undefined) {
    if (DIGEST_REQUIRED.has(operation)) throw invalidRequest('Missing required header for this request: Content-MD5')
    return
  }
  const digester = await claims.algorithm.start()
  digester.update(body)
  const md5Hex = createHash('md5').update(body).digest('hex')
  const broken = brokenClaim(claims, { md5Hex, checksum: digester.digest() }, request)
  if (broken) throw broken
}
