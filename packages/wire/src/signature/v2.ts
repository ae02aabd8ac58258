/**
 * Version 2 of S3 in the query, and in the header for those who ask for it. boto3 and the AWS CLI still presign with it
 * for the older Regions. See "Signing and authenticating REST requests" (S3 developer guide).
 */
import { createHmac } from 'node:crypto'
import { decodeHeaderText, decodeQueryText, headerValue, splitQuery } from './encoding.ts'
import { sameText } from './hash.ts'
import { signatureMismatch } from './refusals.ts'
import type { Checked, SignedRequest, V2Credentials } from './types.ts'

/** Query parameters that belong to the signed resource. */
const SUB_RESOURCES: ReadonlySet<string> = new Set([
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'defaultObjectAcl',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'partNumber',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
  'restore',
  'retention',
  'select',
  'select-type',
  'storageClass',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'website',
])

/** Base64 of HMAC-SHA1, the signature of version 2. */
export const hmacSha1 = (secretAccessKey: string, text: string): string =>
  createHmac('sha1', secretAccessKey).update(text).digest('base64')

/**
 * Verifies a version 2 signature.
 * @param input.hostBucket the bucket that the Host header names (virtual-hosted style); the signed resource starts with it
 */
export function verifyV2(input: {
  readonly request: SignedRequest
  readonly credentials: V2Credentials
  readonly secretAccessKey: string
  readonly hostBucket?: string | undefined
}): Checked & { readonly stringToSign: string } {
  const { credentials, secretAccessKey } = input
  const text = stringToSignV2(input)
  if (sameText(hmacSha1(secretAccessKey, text), credentials.signature)) return { ok: true, stringToSign: text }
  const { accessKeyId, signature } = credentials
  const echo = { accessKeyId, stringToSign: text, signatureProvided: signature }
  return { ...signatureMismatch(true, echo), stringToSign: text }
}

/** Method, Content-MD5, Content-Type, date, `x-amz-` headers and resource, a line each. */
export function stringToSignV2(input: {
  readonly request: SignedRequest
  readonly credentials: Pick<V2Credentials, 'form' | 'expires'>
  readonly hostBucket?: string | undefined
}): string {
  const { request, credentials, hostBucket } = input
  const query = credentials.form === 'query' ? queryHeaders(request.rawQuery) : new Map<string, string>()
  const value = (name: string): string => headerValue(request.headers, name) ?? query.get(name) ?? ''
  const headerDate = headerValue(request.headers, 'x-amz-date') === undefined ? value('date') : ''
  const date = credentials.form === 'query' ? String(credentials.expires ?? '') : headerDate
  const head = [request.method, value('content-md5'), value('content-type'), date].join('\n')
  return `${head}\n${amzLines(request, query)}${resource(request, hostBucket)}`
}

/** Parameters that count as headers in the query form, where boto puts them; the session token is one of them. */
function queryHeaders(rawQuery: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [rawName, value] of splitQuery(rawQuery)) {
    const name = decodeQueryText(rawName).toLowerCase()
    if (name.startsWith('x-amz-') || name === 'content-type' || name === 'content-md5') {
      found.set(name, decodeQueryText(value))
    }
  }
  return found
}

/** Sorted. What comes both as header and as parameter counts once if it is the same, and never fits if it is not. */
function amzLines(request: SignedRequest, query: ReadonlyMap<string, string>): string {
  const values = new Map<string, string[]>()
  for (const [raw, value] of request.headers) {
    const name = raw.toLowerCase()
    if (!name.startsWith('x-amz-')) continue
    const folded = canonicalV2Value(value)
    const before = values.get(name)
    if (before) before.push(folded)
    else values.set(name, [folded])
  }
  for (const [name, value] of query) {
    if (!name.startsWith('x-amz-')) continue
    const before = values.get(name)
    if (!before) values.set(name, [value])
    else if (before.length > 1 || before[0] !== value) before.push(value)
  }
  return [...values]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, all]) => `${name}:${all.join(',')}\n`)
    .join('')
}

const canonicalV2Value = (value: string): string => decodeHeaderText(value.trim().replace(/\s*\n\s*/g, ' '))

function resource({ rawPath, rawQuery }: SignedRequest, hostBucket: string | undefined): string {
  const signed = splitQuery(rawQuery)
    .filter(([name]) => SUB_RESOURCES.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => (hasEquals(rawQuery, name) ? `${name}=${decodeQueryText(value)}` : name))
  const prefix = hostBucket === undefined ? '' : `/${hostBucket}`
  return `${prefix}${rawPath === '' ? '/' : rawPath}${signed.length > 0 ? `?${signed.join('&')}` : ''}`
}

/** `?acl` and `?acl=` are signed as they were sent. */
const hasEquals = (rawQuery: string, name: string): boolean => `&${rawQuery}`.includes(`&${name}=`)
