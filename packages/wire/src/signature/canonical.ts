/** The canonical request and the string to sign of version 4. See "Signature Version 4 signing process" (IAM guide). */
import { Buffer } from 'node:buffer'
import {
  canonicalHeaderValue,
  canonicalPath,
  canonicalQuery,
  canonicalS3Path,
  decodeQueryText,
  splitQuery,
} from './encoding.ts'
import { sha256Hex } from './hash.ts'
import type { SignedRequest, V4Credentials } from './types.ts'

/** Services whose path is signed as S3's is. */
const S3_NAMES: ReadonlySet<string> = new Set(['s3', 's3-outposts', 's3-object-lambda', 's3express'])

export const isS3 = (service: string): boolean => S3_NAMES.has(service)

/** The parts of a canonical request; a hint changes one of them and puts them together again. */
export interface CanonicalParts {
  readonly method: string
  readonly path: string
  readonly query: string
  /** Sorted by name. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly payloadHash: string
}

/** The parts of a request's canonical form. */
export function canonicalParts(input: {
  readonly request: SignedRequest
  readonly credentials: Pick<V4Credentials, 'form' | 'signedHeaders'>
  readonly payloadHash: string
  readonly service: string
}): CanonicalParts {
  const { request, credentials, payloadHash } = input
  const s3 = isS3(input.service)
  const presigned = credentials.form === 'query'
  return {
    method: request.method,
    path: s3 ? canonicalS3Path(request.rawPath) : canonicalPath(request.rawPath),
    query: canonicalQuery(request.rawQuery, presigned ? 'X-Amz-Signature' : undefined),
    headers: signedHeaderValues(request, credentials.signedHeaders, s3 && presigned),
    payloadHash,
  }
}

/** Names in order, each once; almost always they arrive like that. */
function sortedNames(names: readonly string[]): readonly string[] {
  let before = ''
  for (const name of names) {
    if (name <= before) return [...new Set(names)].toSorted()
    before = name
  }
  return names
}

function signedHeaderValues(request: SignedRequest, names: readonly string[], queryWins: boolean) {
  const values = new Map<string, string>()
  for (const name of sortedNames(names)) values.set(name, '')
  const seen = new Set<string>()
  for (const [raw, value] of request.headers) {
    const name = raw.toLowerCase()
    const before = values.get(name)
    if (before === undefined) continue
    const canonical = canonicalHeaderValue(value)
    values.set(name, seen.has(name) ? `${before},${canonical}` : canonical)
    seen.add(name)
  }
  if (queryWins) takeFromQuery(values, request.rawQuery)
  return [...values]
}

/** Presigned S3: of a signed header that is a query parameter too, the query's value is the canonical one. */
function takeFromQuery(values: Map<string, string>, rawQuery: string): void {
  if (values.size < 2) return
  for (const [rawName, value] of splitQuery(rawQuery)) {
    const name = decodeQueryText(rawName).toLowerCase()
    if (name !== 'host' && values.has(name)) values.set(name, canonicalHeaderValue(decodeQueryText(value)))
  }
}

/** Puts the parts together. */
export function canonicalRequest(parts: CanonicalParts): string {
  let lines = ''
  let names = ''
  for (const [name, value] of parts.headers) {
    lines += `${name}:${value}\n`
    names += names === '' ? name : `;${name}`
  }
  return `${parts.method}\n${parts.path}\n${parts.query}\n${lines}\n${names}\n${parts.payloadHash}`
}

/** The string to sign of a canonical request. */
export function stringToSign(
  credentials: Pick<V4Credentials, 'algorithm' | 'timestamp' | 'scope'>,
  canonical: string,
): string {
  return `${credentials.algorithm}\n${credentials.timestamp}\n${credentials.scope}\n${sha256Hex(canonical)}`
}

/** A text's UTF-8 bytes as S3 echoes them: two hex digits each, one blank between. */
export function bytesEcho(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .replace(/..(?!$)/g, '$& ')
}

/** A canonical request or string to sign without session tokens, for journals and logs. */
export function withoutTokens(text: string): string {
  return text.replace(/(x-amz-security-token)([=:])[^&\n]+/gi, '$1$2…')
}
