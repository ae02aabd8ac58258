import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readCredentials } from './credentials.ts'
import { canonicalHeaderValue, canonicalPath, canonicalQuery, canonicalS3Path, decodeQueryText } from './encoding.ts'
import { canonicalParts, canonicalRequest, stringToSign, withoutTokens } from './canonical.ts'
import { EMPTY_HASH, hmacHex, signingKey } from './hash.ts'
import { readPayloadHash } from './payload-hash.ts'
import { checkPostPolicy } from './post-policy.ts'
import { readPostCredentials } from './post-form.ts'
import { checkScope } from './scope.ts'
import { presignV4, signV4 } from './sign.ts'
import { checkSignedHeaders } from './signed-headers.ts'
import { NOW, S3_KEY, decodeAll, requestOf, v4Of, withHeaders } from './testing.ts'
import { checkTime } from './time.ts'
import type { Dialect, RawHeader, SignedRequest } from './types.ts'
import { verifyV2 } from './v2.ts'
import { verifyV4, verifyV4a } from './verify-v4.ts'

/** Bad input gets an answer, never an exception, and never a pass. */
const junk = fc.string({ unit: 'binary', maxLength: 20 })
const piece = fc.oneof(
  junk,
  fc.constantFrom(
    'AWS4-HMAC-SHA256',
    'AWS4-ECDSA-P256-SHA256',
    'Credential=A/20260301/us-east-1/s3/aws4_request',
    'Credential=A/20260301/s3/aws4_request',
    'SignedHeaders=host;x-amz-date',
    'Signature=00',
    'AWS A:b',
    ',',
    ' ',
    '=',
    '%',
    '%2',
    '&',
    'X-Amz-Signature=1',
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    'X-Amz-Credential=A%2F20260301%2Fus-east-1%2Fs3%2Faws4_request',
    'X-Amz-Date=20260301T120000Z',
    'X-Amz-SignedHeaders=host',
    'X-Amz-Expires=60',
    'AWSAccessKeyId=A',
    'Signature=a',
    'Expires=99999999999',
  ),
)
const mess = (separator: string) => fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(separator))
const dates = fc.oneof(junk, fc.constantFrom('20260301T120000Z', 'Sun, 01 Mar 2026 12:00:00 GMT', '20261399T000000Z'))
const requests: fc.Arbitrary<SignedRequest> = fc.record({
  method: fc.constantFrom('GET', 'PUT', ''),
  rawPath: fc.oneof(junk, mess('/')),
  rawQuery: mess('&'),
  headers: fc.tuple(fc.option(mess(' ')), fc.option(dates), fc.option(junk)).map(([authorization, date, hash]) =>
    [
      ['Host', 'h'],
      ['Authorization', authorization],
      ['X-Amz-Date', date],
      ['X-Amz-Content-Sha256', hash],
    ].filter((header): header is [string, string] => header[1] !== null),
  ),
})

function ask(request: SignedRequest, dialect: Dialect): boolean {
  const read = readCredentials(request, dialect)
  if (!read.ok || read.kind === 'none') return false
  const { credentials } = read
  checkTime({ credentials, dialect, now: NOW })
  const secretAccessKey = 'secret'
  if (credentials.version === 'v2') return verifyV2({ request, credentials, secretAccessKey }).ok
  checkScope({ credentials, dialect, service: dialect })
  checkSignedHeaders({ request, credentials, dialect })
  const declared = readPayloadHash(request, credentials)
  const payloadHash = declared.ok ? declared.value : ''
  const verify = credentials.version === 'v4' ? verifyV4 : verifyV4a
  return verify({ request, credentials, key: secretAccessKey, payloadHash }).ok
}

test('no malformed request throws or passes', () => {
  fc.assert(
    fc.property(requests, fc.constantFrom<Dialect>('s3', 'sts', 'iam'), (request, dialect) => {
      assert.equal(ask(request, dialect), false)
    }),
    { numRuns: 1500 },
  )
})

test('no malformed form throws', () => {
  const policy = fc.oneof(
    junk,
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64')),
  )
  const conditions = fc
    .array(fc.jsonValue(), { maxLength: 3 })
    .map((list) =>
      Buffer.from(JSON.stringify({ expiration: '2027-01-01T00:00:00Z', conditions: list })).toString('base64'),
    )
  const name = fc.constantFrom('key', 'policy', 'X-Amz-Signature', 'x-amz-credential', 'signature', 'AWSAccessKeyId')
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.oneof(policy, conditions)), { maxLength: 6 }), (fields) => {
      readPostCredentials(fields)
      checkPostPolicy({ fields, bucket: 'b', now: NOW })
    }),
    { numRuns: 500 },
  )
})

test('no malformed chunked body throws', async () => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('5\r\nhello\r\n', '0\r\n', '\r\n', 'a:b\r\n', 'ffffffffffffffff\r\n', '-1\r\n', ';')
      .map((text) => Buffer.from(text)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 10 }), fc.nat(20), async (parts, length) => {
      const mode = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
      const { result, data } = await decodeAll(
        Buffer.concat(parts),
        { mode, decodedLength: String(length), trailerNames: 'a' },
        7,
      )
      assert.ok(data.length <= length)
      assert.ok(result !== 'ok' || data.length === length)
    }),
    { numRuns: 500 },
  )
})

const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

test("canonical forms agree with the engine's own encoder, and are their own canonical forms", () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      const strict = encodeStrictly(a)
      assert.equal(
        canonicalS3Path(`/${encodeURI(a).replaceAll('?', '%3F').replaceAll('#', '%23')}`),
        `/${strict.replaceAll('%2F', '/')}`,
      )
      assert.equal(canonicalS3Path(canonicalS3Path(`/${a}`)), canonicalS3Path(`/${a}`))
      const query = canonicalQuery(`x=${strict}&${encodeStrictly(b) || 'y'}`)
      assert.equal(canonicalQuery(query), query)
      assert.ok(query.split('&').includes(`x=${strict}`))
      assert.equal(decodeQueryText(strict), a)
    }),
  )
})

const paths: readonly [raw: string, s3: string, others: string][] = [
  ['', '/', '/'],
  ['/', '/', '/'],
  ['//', '//', '/'],
  ['/a//b', '/a//b', '/a/b'],
  ['/a/../b/./c/', '/a/../b/./c/', '/b/c/'],
  ['/..', '/..', '/'],
  ['/a/..', '/a/..', '/'],
  ['/a/b/..', '/a/b/..', '/a/'],
  ['/a%20b', '/a%20b', '/a%2520b'],
  ['/%7ea', '/~a', '/%257ea'],
  ['/%c3%bc', '/%C3%BC', '/%25c3%25bc'],
  ['/%ff', '/%FF', '/%25ff'],
  ['/a%2fb', '/a/b', '/a%252fb'],
  ['/a%', '/a%25', '/a%25'],
  ['/a%zz', '/a%25zz', '/a%25zz'],
  ['/a+b=c', '/a%2Bb%3Dc', '/a%2Bb%3Dc'],
  ['/\u00c3\u00bc', '/%C3%BC', '/%C3%BC'],
]
for (const [raw, s3, others] of paths) {
  test(`the canonical path of ${JSON.stringify(raw)}`, () => {
    assert.equal(canonicalS3Path(raw), s3)
    assert.equal(canonicalPath(raw), others)
  })
}

const queries: readonly [raw: string, want: string][] = [
  ['', ''],
  ['acl', 'acl='],
  ['b=2&a=1', 'a=1&b=2'],
  ['a=2&a=1', 'a=1&a=2'],
  ['a-b=1&a=2', 'a=2&a-b=1'],
  ['a=b=c', 'a=b%3Dc'],
  ['a=%7e%2a', 'a=~%2A'],
  ['a=b+c', 'a=b%20c'],
  ['&&a=1&', 'a=1'],
  ['a=%', 'a=%25'],
  ['B=1&a=2&A=3', 'A=3&B=1&a=2'],
]
for (const [raw, want] of queries) test(`the canonical query of ${raw}`, () => assert.equal(canonicalQuery(raw), want))

const values: readonly [raw: string, want: string][] = [
  ['a', 'a'],
  ['  a  b \t c ', 'a b c'],
  ['"a   b"', '"a b"'],
  ['\u00c3\u00bc', 'ü'],
  ['\u00fc', 'ü'],
  ['ü — é', 'ü — é'],
]
for (const [raw, want] of values) {
  test(`the canonical value of ${JSON.stringify(raw)}`, () => assert.equal(canonicalHeaderValue(raw), want))
}

test('metadata that is not ASCII verifies as UTF-8 and as ISO-8859-1 on the wire', () => {
  const signer = { ...S3_KEY, region: 'us-east-1', service: 's3' }
  const plain: RawHeader[] = [
    ['Host', 'h'],
    ['x-amz-meta-a', 'zürich'],
  ]
  const signed = signV4({ request: requestOf('PUT /b/k', plain), signer, now: NOW, payloadHash: 'UNSIGNED-PAYLOAD' })
  const utf8 = Buffer.from('zürich').toString('latin1')
  for (const [value, want] of [
    ['zürich', true],
    [utf8, true],
    ['zurich', false],
  ] as const) {
    const request = withHeaders(signed, { 'x-amz-meta-a': value })
    const input = { request, credentials: v4Of(request, 's3'), payloadHash: 'UNSIGNED-PAYLOAD' }
    assert.equal(verifyV4({ ...input, key: S3_KEY.secretAccessKey }).ok, want, value)
  }
})

test('S3 takes the path as received when its canonical form does not fit', () => {
  const signer = { ...S3_KEY, region: 'us-east-1', service: 's3' }
  const request = signV4({ request: requestOf('GET /b/a=b', [['Host', 'h']]), signer, now: NOW })
  const credentials = v4Of(request, 's3')
  const key = signingKey(S3_KEY.secretAccessKey, credentials.date, credentials.region, 's3')
  const parts = canonicalParts({ request, credentials, payloadHash: EMPTY_HASH, service: 's3' })
  assert.equal(parts.path, '/b/a%3Db')
  const asSent = stringToSign(credentials, canonicalRequest({ ...parts, path: '/b/a=b' }))
  const bare = { ...credentials, signature: hmacHex(key, asSent) }
  const input = { request, credentials: bare, payloadHash: EMPTY_HASH, key }
  const found = verifyV4(input)
  assert.ok(found.ok)
  assert.match(found.seed.canonicalRequest, /^GET\n\/b\/a=b\n/)
  assert.ok(!verifyV4({ ...input, request: { ...request, rawPath: '/b/a=c' } }).ok)
  assert.ok(!verifyV4({ ...input, service: 'sts' }).ok, 'other services have no second try')
})

test('a secret longer than a block derives the key that createHmac derives', () => {
  for (const secret of ['s', 's'.repeat(60), 's'.repeat(61), 'ü'.repeat(100)]) {
    const derive = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
    const parts = ['20260301', 'eu-west-1', 's3', 'aws4_request']
    const theirs = parts.reduce<string | Buffer>((key, part) => derive(key, part), `AWS4${secret}`)
    assert.equal(
      hmacHex(signingKey(secret, '20260301', 'eu-west-1', 's3'), 'zürich'),
      derive(theirs, 'zürich').toString('hex'),
    )
  }
})

test('a parameter named host never stands in for the Host header', () => {
  const plain = requestOf('GET /b/k?host=h', [
    ['Host', 'h'],
    ['x-amz-meta-a', '1'],
  ])
  const signer = { ...S3_KEY, region: 'us-east-1', service: 's3' }
  const request = presignV4({ request: plain, signer, now: NOW, expiresSeconds: 60 })
  const verify = (changed: SignedRequest) =>
    verifyV4({
      request: changed,
      credentials: v4Of(changed, 's3'),
      payloadHash: 'UNSIGNED-PAYLOAD',
      key: S3_KEY.secretAccessKey,
    }).ok
  assert.ok(verify(request))
  assert.ok(!verify(withHeaders(request, { host: 'other' })))
})

test('what is printed for operators holds no session token', () => {
  const signer = { ...S3_KEY, sessionToken: 'the/token+', region: 'us-east-1', service: 's3' }
  const plain = requestOf('GET /b/k?a=1', [['Host', 'h']])
  const byHeader = signV4({ request: plain, signer, now: NOW })
  const byQuery = presignV4({ request: plain, signer, now: NOW, expiresSeconds: 60 })
  for (const request of [byHeader, byQuery]) {
    const credentials = v4Of(request, 's3')
    const refused = verifyV4({ request, credentials, payloadHash: EMPTY_HASH, key: 'another', explain: false })
    assert.ok(!refused.ok)
    assert.match(refused.canonicalRequest, /the(\/|%2F)token/)
    const shown = withoutTokens(refused.canonicalRequest)
    assert.doesNotMatch(shown, /the(\/|%2F)token/)
    assert.match(shown, /X-Amz-Security-Token[=:]…/i)
    assert.match(shown, /x-amz-date|X-Amz-Date/)
  }
})
