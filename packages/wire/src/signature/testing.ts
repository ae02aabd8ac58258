/** Helpers of this folder's tests. */
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { decodeChunked } from './chunked.ts'
import type { ChunkedEvent, ChunkedInput } from './chunked.ts'
import { presignV4, signV4 } from './sign.ts'
import { readCredentials } from './credentials.ts'
import type {
  CredentialsRead,
  Dialect,
  RawHeader,
  Refusal,
  SignedRequest,
  V2Credentials,
  V4Credentials,
} from './types.ts'

/** Keys of AWS's documentation. */
export const S3_KEY = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}

/** `GET /path?query` and headers as a request. */
export function requestOf(line: string, headers: readonly RawHeader[]): SignedRequest {
  const target = line.slice(line.indexOf(' ') + 1)
  const at = target.indexOf('?')
  return {
    method: line.slice(0, line.indexOf(' ')),
    rawPath: at < 0 ? target : target.slice(0, at),
    rawQuery: at < 0 ? '' : target.slice(at + 1),
    headers,
  }
}

/** The same request with some headers (names in lower case) changed, added, or left out (undefined). */
export function withHeaders(
  request: SignedRequest,
  changes: Readonly<Record<string, string | undefined>>,
): SignedRequest {
  const kept = request.headers.filter(([name]) => !(name.toLowerCase() in changes))
  const added = Object.entries(changes).flatMap(([name, value]): RawHeader[] =>
    value === undefined ? [] : [[name, value]],
  )
  return { ...request, headers: [...kept, ...added] }
}

/** The value of a header that must be there. */
export function headerOf(request: SignedRequest, name: string): string {
  const found = request.headers.find(([raw]) => raw.toLowerCase() === name)
  assert.ok(found, `no header ${name}`)
  return found[1]
}

/** Reads version 4 credentials that must be there. */
export function v4Of(request: SignedRequest, dialect: Dialect): V4Credentials {
  const read = readCredentials(request, dialect)
  assert.ok(read.ok && read.kind === 'signed' && read.credentials.version !== 'v2', JSON.stringify(read))
  return read.credentials
}

/** Reads version 2 credentials that must be there. */
export function v2Of(read: CredentialsRead): V2Credentials {
  assert.ok(read.ok && read.kind === 'signed' && read.credentials.version === 'v2', JSON.stringify(read))
  return read.credentials
}

/** `status code message` and the fields of a refusal, on one line; `ok` for anything else. */
export function lineOf(result: { readonly ok: true } | Refusal): string {
  if (result.ok) return 'ok'
  const fields = result.fields.map(([name, value]) => ` [${name}=${value}]`).join('')
  return `${result.status} ${result.code} ${result.message}${fields}`
}

/** A body in pieces of a given size. */
export async function* piecesOf(body: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size)
}

/** Decodes a whole body: what was given out, and the last event. */
export async function decodeAll(body: Uint8Array, input: ChunkedInput, size = 1000) {
  const bytes: Uint8Array[] = []
  let last: ChunkedEvent | undefined
  for await (const event of decodeChunked(piecesOf(body, size), input)) {
    assert.ok(last === undefined || last.kind === 'data', 'nothing follows the last event')
    last = event
    if (event.kind === 'data') bytes.push(event.bytes)
  }
  assert.ok(last && last.kind !== 'data', 'the last event says how it ended')
  const result = last.kind === 'refused' ? lineOf(last.refusal) : 'ok'
  return { data: Buffer.concat(bytes), last, result }
}

/** When they were signed. */
export const NOW = Date.UTC(2026, 2, 1, 12, 0, 0)
export const DAY = '20260301'
const signer = (service: string, region = 'us-east-1') => ({ ...S3_KEY, region, service })

/** Signed requests of each kind. */
export const get = requestOf('GET /', [['Host', 'localhost:4566']])
const post = requestOf('POST /', [
  ['Host', 'localhost:4566'],
  ['Content-Type', 'application/x-www-form-urlencoded'],
])
export const sts = signV4({ request: post, signer: signer('sts'), now: NOW, body: 'Action=GetCallerIdentity' })
export const s3 = signV4({ request: get, signer: signer('s3'), now: NOW })
export const s3url = presignV4({ request: get, signer: signer('s3'), now: NOW, expiresSeconds: 60 })
export const stsUrl = presignV4({ request: get, signer: signer('sts'), now: NOW, expiresSeconds: 60 })

/** A change to a signed request. */
export type Edit = (request: SignedRequest) => SignedRequest
export const set =
  (name: string, value: string | undefined): Edit =>
  (request) =>
    withHeaders(request, { [name]: value })
export const auth =
  (from: string | RegExp, to: string): Edit =>
  (request) =>
    withHeaders(request, { authorization: headerOf(request, 'authorization').replace(from, to) })
export const query =
  (from: string | RegExp, to: string): Edit =>
  (request) => ({ ...request, rawQuery: request.rawQuery.replace(from, to) })

/** The version of botocore, or undefined where python3 or botocore is missing. */
export function botocoreVersion(): string | undefined {
  try {
    return execFileSync('python3', ['-c', 'import botocore; print(botocore.__version__)'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return undefined
  }
}
