/**
 * Looks for the one difference that explains a signature that does not fit: each alternative changes one part of what
 * was signed. It tells the operator only; it never makes a signature count.
 */
import {
  canonicalQuery,
  canonicalS3Path,
  encodePathAgain,
  encodeStrict,
  headerValue,
  normalizePath,
  splitQuery,
} from './encoding.ts'
import { canonicalRequest, stringToSign } from './canonical.ts'
import type { CanonicalParts } from './canonical.ts'
import { EMPTY_HASH, hmacHex, sameText, signingKey } from './hash.ts'
import { basicDate, parseHeaderDate } from './time.ts'
import type { MismatchHint, SigningKey, V4Credentials, VerifyV4Input } from './types.ts'

interface Alternative {
  readonly name: string
  readonly text: string
  readonly parts?: CanonicalParts
  readonly key?: SigningKey
  readonly credentials?: Pick<V4Credentials, 'algorithm' | 'timestamp' | 'scope'>
}

/** A header sent many times must not make a refusal expensive. */
const HEADERS_TRIED_MAX = 20

/** Tries the alternatives in order and stops at the first that verifies. */
export function explainMismatch(input: VerifyV4Input, parts: CanonicalParts, key: SigningKey): MismatchHint {
  const tried: string[] = []
  for (const { name, text, ...change } of alternatives(input, parts)) {
    tried.push(name)
    const credentials = change.credentials ?? input.credentials
    const toSign = stringToSign(credentials, canonicalRequest(change.parts ?? parts))
    if (sameText(hmacHex(change.key ?? key, toSign), input.credentials.signature)) {
      return { tried, explains: { name, text } }
    }
  }
  return { tried }
}

function* alternatives(input: VerifyV4Input, parts: CanonicalParts): Generator<Alternative> {
  yield* payloads(input, parts)
  yield* paths(input, parts)
  yield* queries(input, parts)
  yield* headers(input, parts)
  yield* methods(parts)
  yield* dates(input)
  yield* keys(input)
}

function* payloads({ request, bodyHash }: VerifyV4Input, parts: CanonicalParts): Generator<Alternative> {
  const sent = headerValue(request.headers, 'x-amz-content-sha256')
  const rows: readonly (readonly [name: string, hash: string | undefined, text: string])[] = [
    ['body hash', bodyHash, 'The client signed the hash of the body, not the value it declared as payload hash.'],
    [
      'declared payload hash',
      sent,
      'The client signed its x-amz-content-sha256 header, which is not the hash used here.',
    ],
    [
      'hash of an empty body',
      EMPTY_HASH,
      'The client signed an empty body. The body was added or changed after signing.',
    ],
    ['UNSIGNED-PAYLOAD', 'UNSIGNED-PAYLOAD', 'The client signed UNSIGNED-PAYLOAD as its payload hash.'],
  ]
  for (const [name, payloadHash, text] of rows) {
    if (payloadHash !== undefined && payloadHash !== parts.payloadHash) {
      yield { name, text, parts: { ...parts, payloadHash } }
    }
  }
}

function* paths({ request }: VerifyV4Input, parts: CanonicalParts): Generator<Alternative> {
  const raw = request.rawPath === '' ? '/' : request.rawPath
  const rows: readonly (readonly [name: string, path: string, text: string])[] = [
    [
      'path encoded twice',
      encodePathAgain(raw),
      'The client encoded the path twice; this service takes it encoded once.',
    ],
    ['path as received', raw, 'The client signed the path as sent; this service takes it encoded twice.'],
    [
      'path normalized',
      normalizePath(raw),
      'The client removed double slashes or dot segments from the path it signed.',
    ],
    [
      'path normalized and encoded twice',
      encodePathAgain(normalizePath(raw)),
      'The client normalized the path and encoded it twice; this service takes it as sent, encoded once.',
    ],
    [
      'path encoded once',
      canonicalS3Path(raw),
      'The client encoded the path once; this service takes it encoded twice.',
    ],
    ['path /', '/', 'The client signed the path `/`. A proxy or a base path of the endpoint changed it.'],
  ]
  yield* distinct(rows, parts.path, (path) => ({ ...parts, path }))
}

/** Each other value once. */
function* distinct(
  rows: readonly (readonly [name: string, value: string, text: string])[],
  known: string,
  change: (value: string) => CanonicalParts,
): Generator<Alternative> {
  const seen = new Set([known])
  for (const [name, value, text] of rows) {
    if (seen.has(value)) continue
    seen.add(value)
    yield { name, text, parts: change(value) }
  }
}

function* queries({ request, credentials }: VerifyV4Input, parts: CanonicalParts): Generator<Alternative> {
  const { rawQuery } = request
  const presigned = credentials.form === 'query'
  const own = splitQuery(rawQuery).filter(([name]) => !presigned || name.toLowerCase() !== 'x-amz-signature')
  const without = (unwanted: string) =>
    canonicalQuery(
      own
        .filter(([name]) => name.toLowerCase() !== unwanted)
        .map(([name, value]) => `${name}=${value}`)
        .join('&'),
    )
  const asSent = own.map(([name, value]) => `${name}=${value}`)
  const rows: readonly (readonly [name: string, query: string, text: string])[] = [
    ['query unsorted', asSent.join('&'), 'The client signed the query in the order and spelling it sent.'],
    ['query as sent, sorted', asSent.toSorted().join('&'), 'The client signed the query without encoding it strictly.'],
    [
      'plus sign as %2B',
      canonicalQuery(rawQuery.replaceAll('+', '%2B'), presigned ? 'X-Amz-Signature' : undefined),
      'The client signed `+` in the query as a plus sign and sent it bare, where it means a blank.',
    ],
    [
      'query without the session token',
      without('x-amz-security-token'),
      'The client added X-Amz-Security-Token to the query after signing; it must be signed.',
    ],
    ['empty query', '', 'The client signed a request without a query.'],
  ]
  yield* distinct(rows, parts.query, (query) => ({ ...parts, query }))
}

function* headers({ request, credentials }: VerifyV4Input, parts: CanonicalParts): Generator<Alternative> {
  const change = (name: string, value: string) =>
    parts.headers.map((header) => (header[0] === name ? ([name, value] as const) : header))
  const host = headerValue(request.headers, 'host') ?? ''
  const port = /:\d+$/.exec(host)?.[0]
  const hosts: readonly (readonly [string, string | undefined])[] = [
    ['host without port', port === undefined ? undefined : host.slice(0, -port.length)],
    ['host with port 443', port === undefined ? `${host}:443` : undefined],
    ['host with port 80', port === undefined ? `${host}:80` : undefined],
    ['x-forwarded-host', headerValue(request.headers, 'x-forwarded-host')],
    ['host in lower case', host.toLowerCase()],
  ]
  for (const [name, value] of hosts) {
    if (value === undefined || value === host) continue
    const text = `The client signed the host \`${value}\`, and \`${host}\` arrived. A proxy or the client's HTTP library changed it.`
    yield { name, text, parts: { ...parts, headers: change('host', value) } }
  }
  const given = credentials.signedHeaders
  const order = given.flatMap((name) => parts.headers.filter((header) => header[0] === name))
  if (order.some((header, at) => header !== parts.headers[at])) {
    const text = 'The client signed its headers unsorted.'
    yield { name: 'headers in the order of SignedHeaders', text, parts: { ...parts, headers: order } }
  }
  for (const [name, value] of parts.headers.slice(0, HEADERS_TRIED_MAX)) {
    for (const [what, other] of headerVariants(request, name, value)) {
      const text = `The client signed another value of \`${name}\` than arrived: ${what}. A proxy may have changed it.`
      yield { name: `${name} ${what}`, text, parts: { ...parts, headers: change(name, other) } }
    }
  }
}

function headerVariants(request: VerifyV4Input['request'], name: string, value: string) {
  const raw = request.headers.find((header) => header[0].toLowerCase() === name)?.[1] ?? ''
  const known: Readonly<Record<string, readonly string[]>> = {
    'accept-encoding': ['identity', 'gzip', 'gzip, deflate', 'gzip,gzip(gfe)'],
    'content-length': ['0'],
    connection: ['keep-alive', 'close'],
  }
  const rows: (readonly [string, string])[] = [
    ['with its blanks', raw],
    ['empty', ''],
    ['decoded', value.replaceAll('+', ' ')],
    ...(known[name] ?? []).map((other) => [`\`${other}\``, other] as const),
  ]
  return rows.filter(([, other]) => other !== value)
}

function* methods(parts: CanonicalParts): Generator<Alternative> {
  for (const method of ['GET', 'PUT', 'HEAD', 'POST', 'DELETE']) {
    if (method === parts.method) continue
    const text = `The request was signed for ${method} and sent as ${parts.method}.`
    yield { name: `method ${method}`, text, parts: { ...parts, method } }
  }
}

function* dates({ request, credentials }: VerifyV4Input): Generator<Alternative> {
  const date = headerValue(request.headers, 'date')
  const time = date === undefined ? undefined : parseHeaderDate(date)
  if (time === undefined || basicDate(time) === credentials.timestamp) return
  const text = 'The client signed the time of its Date header, not that of X-Amz-Date.'
  const { algorithm, scope } = credentials
  yield { name: 'time of the Date header', text, credentials: { algorithm, scope, timestamp: basicDate(time) } }
}

/** Needs the secret itself: a cached key belongs to one scope. */
function* keys(input: VerifyV4Input): Generator<Alternative> {
  const { credentials } = input
  const secret = typeof input.key === 'string' ? input.key : input.secretAccessKey
  if (secret === undefined) return
  const { date, region, service } = credentials
  for (const other of ['us-east-1', encodeStrict(region).toLowerCase()]) {
    if (other === region) continue
    const text = `The signing key was derived for the Region ${other}, and the scope says ${region}.`
    yield { name: `region ${other}`, text, key: signingKey(secret, date, other, service) }
  }
  for (const other of ['s3', 'sts', 'iam', 'execute-api']) {
    if (other === service) continue
    const text = `The signing key was derived for the service ${other}, and the scope says ${service}.`
    yield { name: `service ${other}`, text, key: signingKey(secret, date, region, other) }
  }
  const day = credentials.timestamp.slice(0, 8)
  if (day !== date) {
    const text = `The signing key was derived for ${day}, and the scope says ${date}.`
    yield { name: `day ${day}`, text, key: signingKey(secret, day, region, service) }
  }
  const text = 'The secret that signed has white space or quotes around it; look at the place it was copied to.'
  for (const other of [`${secret}\n`, `${secret}\r`, `${secret} `, ` ${secret}`, `"${secret}"`]) {
    yield { name: 'secret with white space or quotes', text, key: signingKey(other, date, region, service) }
  }
}
