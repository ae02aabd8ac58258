/** Of several faults the first in AWS's order is told: scope, token and key, expiry, issuer, time, signature. */
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { presignV4, sha256Hex, signV4 } from '@understudy/wire'
import type { Dialect, SignedRequest } from '@understudy/wire'
import { instant } from '../domain/brands.ts'
import { authenticate } from './authenticate.ts'
import { openFixture, roleRow, SECRET, userRow } from './fixture.ts'
import type { Fixture } from './fixture.ts'

const alice = userRow('alice')
const reader = roleRow('Reader')
const LIVE = 'AKIATESTTESTTESTLIVE'
const MINUTES = 60_000

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}
let world: Fixture
let sessionKeys: Keys
let goneKeys: Keys
before(async () => {
  world = await openFixture('authenticate')
  await world.putUser(alice)
  await world.putRole(reader)
  await world.putKey(LIVE, alice)
  sessionKeys = await world.issuer.issue(world.roleSession(reader))
  goneKeys = await world.issuer.issue(world.roleSession(roleRow('Gone')))
})
after(() => world.store.close())

const DIALECTS: readonly Dialect[] = ['sts', 'iam', 's3']

/** Faults in the order in which STS and IAM tell them. */
const FAULTS = ['scope', 'key', 'expiry', 'issuer', 'time', 'signature'] as const
type Fault = (typeof FAULTS)[number]

const plain = (method = 'POST'): SignedRequest => ({
  method,
  rawPath: '/',
  rawQuery: '',
  headers: [['Host', 'localhost:4566']],
})

function signer(faults: ReadonlySet<Fault>, dialect: Dialect) {
  const keys: Keys = faults.has('issuer') ? goneKeys : sessionKeys
  const accessKeyId = faults.has('key') ? 'ASIATESTTESTTESTNONE' : keys.accessKeyId
  const secretAccessKey = faults.has('signature') ? 'another' : keys.secretAccessKey
  const { sessionToken = '' } = keys
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    region: faults.has('scope') ? 'eu-west-1' : 'us-east-1',
    service: dialect,
  }
}

function input(
  request: SignedRequest,
  dialect: Dialect,
  more: { readonly wireNow?: number; readonly sessionNow?: number } = {},
) {
  return {
    request,
    dialect,
    hostRegion: 'us-east-1',
    wireNow: more.wireNow ?? world.clock.wire(),
    sessionNow: instant(more.sessionNow ?? world.clock.session()),
    payloadHash: () => ({ ok: true as const, value: sha256Hex('') }),
  }
}

async function told(faults: ReadonlySet<Fault>, dialect: Dialect): Promise<string> {
  const signed = signV4({ request: plain(), signer: signer(faults, dialect), now: world.clock.wire() })
  const wireNow = world.clock.wire() - (faults.has('time') ? 16 * MINUTES : 0)
  const sessionNow = world.clock.session() + (faults.has('expiry') ? 61 * MINUTES : 0)
  const result = await authenticate(input(signed, dialect, { wireNow, sessionNow }), world.store.current(), world)
  return result.ok ? 'ok' : result.refusal.diagnosis
}

const DIAGNOSES: Readonly<Record<Fault, RegExp>> = {
  scope: /^AUTH\.SCOPE/,
  key: /^AUTH\.TOKEN_INVALID$/,
  expiry: /^AUTH\.EXPIRED$/,
  issuer: /^AUTH\.HOLDER_GONE$/,
  time: /^AUTH\.SKEW$/,
  signature: /^AUTH\.SIGNATURE_MISMATCH$/,
}

for (const dialect of DIALECTS) {
  const order = dialect === 's3' ? (['scope', 'key', 'expiry', 'issuer', 'signature', 'time'] as const) : FAULTS
  test(`${dialect}: nothing is wrong`, async () => assert.equal(await told(new Set(), dialect), 'ok'))
  for (const [first, fault] of order.entries())
    test(`${dialect}: ${fault} is told in front of ${order.slice(first + 1).join(', ') || 'nothing'}`, async () => {
      assert.match(await told(new Set([fault]), dialect), DIAGNOSES[fault])
      for (const later of order.slice(first + 1))
        assert.match(await told(new Set([fault, later]), dialect), DIAGNOSES[fault], later)
      assert.match(await told(new Set(order.slice(first)), dialect), DIAGNOSES[fault])
    })
}

const user = { accessKeyId: LIVE, secretAccessKey: SECRET, region: 'us-east-1' }
const outcomeOf = async (request: SignedRequest, dialect: Dialect, more = {}) =>
  authenticate(input(request, dialect, more), world.store.current(), world)

test('who signed nothing is nobody to S3, and refused by the others', async () => {
  assert.deepEqual(await outcomeOf(plain(), 's3'), { ok: true, kind: 'anonymous' })
  for (const dialect of ['sts', 'iam'] as const) {
    const result = await outcomeOf(plain(), dialect)
    assert.ok(!result.ok)
    assert.equal(result.refusal.diagnosis, 'AUTH.MISSING')
    assert.equal(result.accessKeyId, undefined)
  }
})

test('signature windows follow wire time, expiry follows session time', async () => {
  const signed = signV4({
    request: plain(),
    signer: { ...sessionKeys, region: 'us-east-1', service: 'sts' },
    now: world.clock.wire(),
  })
  const early = { sessionNow: world.clock.session() + 59 * MINUTES }
  assert.equal((await outcomeOf(signed, 'sts', early)).ok, true)
  for (const minutes of [-14, 14])
    assert.equal((await outcomeOf(signed, 'sts', { wireNow: world.clock.wire() + minutes * MINUTES })).ok, true)
  for (const minutes of [-16, 16])
    assert.equal((await outcomeOf(signed, 'sts', { wireNow: world.clock.wire() + minutes * MINUTES })).ok, false)
})

test('a presigned URL of S3 lives as long as it says', async () => {
  const request = presignV4({
    request: plain('GET'),
    signer: { ...user, service: 's3' },
    now: world.clock.wire(),
    expiresSeconds: 3600,
  })
  const at = async (minutes: number) => {
    const given = { ...input(request, 's3', { wireNow: world.clock.wire() + minutes * MINUTES }) }
    const unsigned = { ...given, payloadHash: () => ({ ok: true as const, value: 'UNSIGNED-PAYLOAD' }) }
    const result = await authenticate(unsigned, world.store.current(), world)
    return result.ok ? 'ok' : `${result.refusal.status} ${result.refusal.code} ${result.refusal.message}`
  }
  assert.equal(await at(59), 'ok')
  assert.equal(await at(61), '403 AccessDenied Request has expired')
})

test('a mismatch is explained to the operator, without tokens', async () => {
  const signed = signV4({ request: plain(), signer: signer(new Set(['signature']), 'sts'), now: world.clock.wire() })
  const result = await outcomeOf(signed, 'sts')
  assert.ok(!result.ok)
  assert.equal(result.accessKeyId, sessionKeys.accessKeyId)
  const { details, explanation, message } = result.refusal
  assert.match(explanation ?? '', /another secret access key/)
  assert.match(String(details?.['canonicalRequest']), /^POST\n\/\n/)
  assert.match(String(details?.['stringToSign']), /^AWS4-HMAC-SHA256\n/)
  const shown = JSON.stringify({ details, explanation, message })
  for (const secret of [sessionKeys.sessionToken ?? '', sessionKeys.secretAccessKey, SECRET])
    assert.ok(!shown.includes(secret), 'no secret in what the journal keeps')
})

test('a changed body is explained', async () => {
  const signed = signV4({ request: plain(), signer: { ...user, service: 'sts' }, now: world.clock.wire(), body: 'one' })
  const given = { ...input(signed, 'sts'), payloadHash: () => ({ ok: true as const, value: sha256Hex('two') }) }
  const result = await authenticate(given, world.store.current(), world)
  assert.ok(!result.ok)
  assert.equal(result.refusal.code, 'SignatureDoesNotMatch')
})

test('a refusal of the body goes in front of the signature', async () => {
  const signed = signV4({ request: plain(), signer: { ...user, service: 's3' }, now: world.clock.wire() })
  const refusal = {
    ok: false as const,
    code: 'InvalidRequest',
    status: 400,
    message: 'x',
    fields: [],
    diagnosis: 'AUTH.PAYLOAD' as never,
  }
  const result = await authenticate(
    { ...input(signed, 's3'), payloadHash: () => refusal },
    world.store.current(),
    world,
  )
  assert.ok(!result.ok && result.refusal.code === 'InvalidRequest')
})

test('signing keys are kept, and not for another day, Region or service', async () => {
  for (let count = 0; count < 40; count++)
    for (const region of [`r-${count}`, 'us-east-1']) {
      const signed = signV4({ request: plain(), signer: { ...user, region, service: 'sts' }, now: world.clock.wire() })
      const result = await authenticate(
        { ...input(signed, 'sts'), hostRegion: undefined },
        world.store.current(),
        world,
      )
      assert.ok(result.ok, `${region} in round ${count}`)
    }
  const stolen = signV4({
    request: plain(),
    signer: { ...user, secretAccessKey: 'wrong', service: 'sts' },
    now: world.clock.wire(),
  })
  assert.equal((await outcomeOf(stolen, 'sts')).ok, false)
})
