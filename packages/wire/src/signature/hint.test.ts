import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalParts, canonicalRequest, stringToSign } from './canonical.ts'
import { hmacHex, sha256Hex, signingKey } from './hash.ts'
import { presignV4, signV4 } from './sign.ts'
import { NOW, S3_KEY, headerOf, requestOf, set, v4Of } from './testing.ts'
import type { SignedRequest } from './types.ts'
import { verifyV4 } from './verify-v4.ts'

const SECRET = S3_KEY.secretAccessKey
const signer = (service: string, region = 'eu-west-1') => ({ ...S3_KEY, region, service })
const EMPTY = sha256Hex('')

/** Takes the signature of one request and puts it on another: the client signed `signed`, and `sent` arrived. */
function arrives(service: string, signed: SignedRequest, sent: SignedRequest, body = '', secret = SECRET) {
  const from = { ...signer(service), secretAccessKey: secret }
  const theirs = signV4({ request: signed, signer: from, now: NOW, body })
  const ours = signV4({ request: sent, signer: from, now: NOW, body })
  const signature = headerOf(theirs, 'authorization').slice(-64)
  const authorization = headerOf(ours, 'authorization').replace(/[0-9a-f]{64}$/, signature)
  return set('authorization', authorization)(ours)
}

function explain(request: SignedRequest, service: string, more: { bodyHash?: string; payloadHash?: string } = {}) {
  const credentials = v4Of(request, service === 's3' ? 's3' : 'sts')
  const payloadHash = more.payloadHash ?? EMPTY
  const refused = verifyV4({ request, credentials, key: SECRET, payloadHash, service, ...more })
  assert.ok(!refused.ok, 'it verifies')
  return refused.hint.explains?.name ?? 'unknown'
}

const at = (line: string, host = 'server.example:4566', more: readonly (readonly [string, string])[] = []) =>
  requestOf(line, [['Host', host], ...more])

const rows: readonly [want: string, service: string, signed: SignedRequest, sent: SignedRequest][] = [
  ['path encoded twice', 's3', at('GET /a%2520b'), at('GET /a%20b')],
  ['path normalized', 's3', at('GET /a/b'), at('GET /a//b')],
  ['path as received', 'sts', at('GET /a%20b'), at('GET /a%20b')],
  ['path /', 's3', at('GET /'), at('GET /base/path')],
  ['plus sign as %2B', 's3', at('GET /?prefix=a%2Bb'), at('GET /?prefix=a+b')],
  ['query without the session token', 's3', at('GET /?a=1'), at('GET /?a=1&X-Amz-Security-Token=t')],
  ['empty query', 'sts', at('GET /'), at('GET /?Action=ListUsers')],
  ['host without port', 'sts', at('GET /', 'server.example'), at('GET /')],
  ['host with port 443', 'sts', at('GET /', 'server.example:443'), at('GET /', 'server.example')],
  [
    'x-forwarded-host',
    's3',
    at('GET /', 'public.example', [['X-Forwarded-Host', 'public.example']]),
    at('GET /', 'inner:80', [['X-Forwarded-Host', 'public.example']]),
  ],
  [
    'accept-encoding `identity`',
    's3',
    at('GET /', 'h', [['Accept-Encoding', 'identity']]),
    at('GET /', 'h', [['Accept-Encoding', 'gzip, br']]),
  ],
  ['x-amz-meta-a empty', 's3', at('GET /', 'h', [['x-amz-meta-a', '']]), at('GET /', 'h', [['x-amz-meta-a', 'x']])],
  ['method PUT', 's3', at('PUT /key'), at('GET /key')],
]
for (const [want, service, signed, sent] of rows) {
  test(`a signature that does not fit is explained: ${want}`, () => {
    // The test suite's double encoding: STS would sign `/a%2520b` for the raw path `/a%20b`, so sign S3's way.
    const request = want === 'path as received' ? onceEncoded(sent) : arrives(service, signed, sent)
    assert.equal(explain(request, service), want)
  })
}

function onceEncoded(sent: SignedRequest): SignedRequest {
  const double = signV4({ request: { ...sent, rawPath: '/a b' }, signer: signer('sts'), now: NOW })
  return { ...double, rawPath: sent.rawPath }
}

test('the hash of the body that came', () => {
  const request = arrives('sts', at('POST /'), at('POST /'), 'Action=A')
  assert.equal(explain(request, 'sts', { bodyHash: sha256Hex('Action=A') }), 'body hash')
})
test('the client signed an empty body', () => {
  const request = arrives('sts', at('POST /'), at('POST /'))
  assert.equal(explain(request, 'sts', { payloadHash: sha256Hex('Action=A') }), 'hash of an empty body')
})
test('a presigned URL used with another method', () => {
  const url = presignV4({ request: at('GET /key'), signer: signer('s3'), now: NOW, expiresSeconds: 60 })
  assert.equal(explain({ ...url, method: 'PUT' }, 's3', { payloadHash: 'UNSIGNED-PAYLOAD' }), 'method GET')
})

const keys: readonly [want: string, region: string, service: string, secret: string][] = [
  ['region us-east-1', 'us-east-1', 'sts', SECRET],
  ['service iam', 'eu-west-1', 'iam', SECRET],
  ['secret with white space or quotes', 'eu-west-1', 'sts', `${SECRET}\n`],
  ['unknown', 'eu-west-1', 'sts', 'another secret'],
]
for (const [want, region, service, secret] of keys) {
  test(`a signing key of another kind: ${want}`, () => {
    const request = signV4({ request: at('GET /'), signer: signer('sts'), now: NOW })
    const credentials = v4Of(request, 'sts')
    const canonical = canonicalRequest(canonicalParts({ request, credentials, payloadHash: EMPTY, service: 'sts' }))
    const key = signingKey(secret, credentials.date, region, service)
    const signature = hmacHex(key, stringToSign(credentials, canonical))
    const authorization = headerOf(request, 'authorization').replace(/[0-9a-f]{64}$/, signature)
    assert.equal(explain(set('authorization', authorization)(request), 'sts'), want)
  })
}

test('the hint is left out when it is not asked for, and the key it needs is optional', () => {
  const request = arrives('sts', at('GET /'), at('PUT /'), '', 'another secret')
  const credentials = v4Of(request, 'sts')
  const key = signingKey(SECRET, credentials.date, credentials.region, credentials.service)
  const silent = verifyV4({ request, credentials, key, payloadHash: EMPTY, explain: false })
  assert.ok(!silent.ok)
  assert.deepEqual(silent.hint, { tried: [] })
  const tried = verifyV4({ request, credentials, key, payloadHash: EMPTY })
  assert.ok(!tried.ok)
  assert.ok(tried.hint.tried.includes('host without port'))
  assert.ok(!tried.hint.tried.some((name) => name.startsWith('region')))
})

test('headers signed unsorted', () => {
  const request = signV4({ request: at('GET /', 'h', [['a', '1']]), signer: signer('sts'), now: NOW })
  const credentials = { ...v4Of(request, 'sts'), signedHeaders: ['x-amz-date', 'host', 'a'] }
  const parts = canonicalParts({ request, credentials, payloadHash: EMPTY, service: 'sts' })
  assert.deepEqual(
    parts.headers.map(([name]) => name),
    ['a', 'host', 'x-amz-date'],
  )
  const key = signingKey(SECRET, credentials.date, credentials.region, 'sts')
  const headers = parts.headers.toReversed()
  const signature = hmacHex(key, stringToSign(credentials, canonicalRequest({ ...parts, headers })))
  const refused = verifyV4({ request, credentials: { ...credentials, signature }, key, payloadHash: EMPTY })
  assert.ok(!refused.ok)
  assert.equal(refused.hint.explains?.name, 'headers in the order of SignedHeaders')
})
