import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalParts, canonicalRequest, stringToSign } from './canonical.ts'
import { EMPTY_HASH, signingKey } from './hash.ts'
import { checkScope } from './scope.ts'
import { lineOf, requestOf, set, v4Of } from './testing.ts'
import type { SignedRequest } from './types.ts'
import { fitsV4a, publicKeyV4a, signV4aText } from './v4a.ts'
import { verifyV4, verifyV4a } from './verify-v4.ts'

/** The key pair of the published version 4A test values. */
const ID = 'AKISORANDOMAASORANDOM'
const SECRET = 'q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom'

test('the public key of the published test values', () => {
  const { x = '', y = '' } = publicKeyV4a(SECRET, ID).export({ format: 'jwk' })
  const hex = (text: string) => Buffer.from(text, 'base64url').toString('hex')
  assert.equal(hex(x), '15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb')
  assert.equal(hex(y), '0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0')
})

const unsigned = (service: string, regions: string): SignedRequest =>
  requestOf('GET /', [
    ['Host', 'localhost'],
    ['X-Amz-Date', '20260301T120000Z'],
    ['X-Amz-Region-Set', regions],
    [
      'Authorization',
      `AWS4-ECDSA-P256-SHA256 Credential=${ID}/20260301/${service}/aws4_request, SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=00`,
    ],
  ])

function signed(service: string, regions = '*'): SignedRequest {
  const request = unsigned(service, regions)
  const credentials = v4Of(request, 'sts')
  const canonical = canonicalRequest(canonicalParts({ request, credentials, payloadHash: EMPTY_HASH, service }))
  const signature = signV4aText(SECRET, ID, stringToSign(credentials, canonical))
  const authorization = request.headers.at(-1)?.[1].replace(/00$/, signature)
  return set('authorization', authorization)(request)
}
const verify = (request: SignedRequest, key: Parameters<typeof verifyV4a>[0]['key'] = SECRET) =>
  verifyV4a({ request, credentials: v4Of(request, 'sts'), key, payloadHash: EMPTY_HASH })

for (const service of ['s3', 'sts']) {
  test(`a version 4A signature for ${service}`, () => {
    const request = signed(service)
    const good = verify(request)
    assert.ok(good.ok, good.ok ? '' : good.canonicalRequest)
    assert.ok(verify(request, publicKeyV4a(SECRET, ID)).ok, 'with a cached key')
    const input = { request, credentials: v4Of(request, 'sts'), payloadHash: EMPTY_HASH }
    assert.ok(verifyV4({ ...input, key: SECRET }).ok, 'by way of version 4')
    assert.ok(!verifyV4({ ...input, key: 'another secret' }).ok)
    const cached = signingKey(SECRET, '20260301', 'us-east-1', service)
    assert.ok(verifyV4({ ...input, key: cached, secretAccessKey: SECRET }).ok)
    assert.throws(() => verifyV4({ ...input, key: cached }), TypeError)
    assert.equal(good.seed.algorithm, 'AWS4-ECDSA-P256-SHA256')
    assert.ok(good.seed.fits('text', signV4aText(SECRET, ID, 'text').padEnd(144, '*')), 'a padded chunk signature')
    for (const bad of [{ ...request, method: 'PUT' }, set('x-amz-region-set', 'us-east-1')(request)]) {
      assert.ok(!verify(bad).ok)
    }
    assert.ok(!verify(request, 'another secret').ok)
  })
}

const sets: readonly [regions: string, region: string | undefined, want: RegExp][] = [
  ['*', 'eu-west-1', /^ok$/],
  ['us-*', 'us-east-1', /^ok$/],
  ['us-east-1, eu-west-1', 'eu-west-1', /^ok$/],
  ['us-*', 'eu-west-1', /valid region/],
  ['eu-west-1', 'eu-west-12', /valid region/],
  ['us-east-1', undefined, /^ok$/],
  ['', undefined, /valid region/],
]
for (const [regions, region, want] of sets) {
  test(`the region set ${regions} in ${region ?? 'any Region'}`, () => {
    const credentials = v4Of(unsigned('sts', regions), 'sts')
    assert.match(lineOf(checkScope({ credentials, dialect: 'sts', service: 'sts', region })), want)
  })
}

test('what is no signature does not fit', () => {
  const key = publicKeyV4a(SECRET, ID)
  const good = signV4aText(SECRET, ID, 'text')
  const started = performance.now()
  for (const text of [`${good}${'*'.repeat(30_000)}a`, `${good.repeat(200)}x`]) assert.ok(!fitsV4a(key, 'text', text))
  assert.ok(performance.now() - started < 100)
  assert.ok(fitsV4a(key, 'text', good))
  for (const text of [`${good}zz`, `${good}0`, good.toUpperCase(), `${good}*0`]) assert.ok(!fitsV4a(key, 'text', text))
  for (const text of ['', '0', 'zz', '3045', '*', signV4aText(SECRET, ID, 'other')])
    assert.ok(!fitsV4a(key, 'text', text))
})
