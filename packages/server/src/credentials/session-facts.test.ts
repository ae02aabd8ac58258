import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { instant, knownAccountId } from '../domain/brands.ts'
import type { Hop, SessionFacts, SessionProof } from './caller.ts'
import { numberBytes, numberFrom, readFields, writeFields } from './fields.ts'
import { factsFrom, factsToBytes } from './session-facts.ts'

const text = fc.string({ unit: 'binary', maxLength: 80 })
const word = fc.string({ unit: fc.constantFrom(...'abzABZ019:/_.-@+='), minLength: 1, maxLength: 40 })
const time = fc.integer({ min: 0, max: 5_000_000_000 }).map((seconds) => instant(seconds * 1000))
const account = fc.bigInt(0n, 999_999_999_999n).map((number) => knownAccountId(number.toString().padStart(12, '0')))

const holder = fc.oneof(
  fc.record({ kind: fc.constantFrom('role' as const, 'user' as const), name: word, path: word, id: word }),
  fc.constant({ kind: 'root' as const }),
)
const value = fc.oneof(text, fc.array(text, { maxLength: 3 }))
const proof: fc.Arbitrary<SessionProof> = fc.oneof(
  fc.constantFrom<SessionProof>({ kind: 'assume-role' }, { kind: 'session-token' }, { kind: 'federation-token' }),
  fc.record({
    kind: fc.constant('instance' as const),
    instanceArn: word,
    roleDelivery: fc.constantFrom('1.0' as const, '2.0' as const),
    vpcId: word,
    privateIp: fc.ipV4(),
  }),
  fc.record(
    { kind: fc.constant('service' as const), service: word, sourceArn: word, sourceAccount: word },
    { requiredKeys: ['kind', 'service'] },
  ),
  fc.record({ kind: fc.constant('web-identity' as const), provider: word, claims: fc.dictionary(word, value) }),
  fc.record({ kind: fc.constant('saml' as const), providerArn: word, claims: fc.dictionary(word, text) }),
  fc.record(
    {
      kind: fc.constant('delegation' as const),
      requestId: word,
      requestor: account,
      ceiling: fc.nat(9),
      approved: fc.record({
        kind: fc.constant('web-identity' as const),
        provider: word,
        claims: fc.dictionary(word, value),
      }),
    },
    { requiredKeys: ['kind', 'requestId', 'requestor', 'ceiling'] },
  ),
)
const hop: fc.Arbitrary<Hop> = fc.record({ arn: word, accessKeyId: word })
const chain: fc.Arbitrary<SessionFacts['chain']> = fc.oneof(
  fc.constant({ length: 0 }),
  hop.map((only) => ({ first: only, last: only, length: 1 })),
  fc.record({ first: hop, last: hop, length: fc.integer({ min: 2, max: 100_000 }) }),
)
const facts: fc.Arbitrary<SessionFacts> = fc.record(
  {
    accessKeyId: word,
    account,
    issuedAt: time,
    expiresAt: time,
    holder,
    sessionName: text,
    sessionPolicies: fc.array(fc.oneof(text, fc.json()), { maxLength: 3 }),
    sessionPolicyArns: fc.array(word, { maxLength: 10 }),
    scopePolicies: fc.array(fc.oneof(text, fc.json()), { minLength: 1, maxLength: 3 }),
    tags: fc.array(fc.record({ key: text, value: text }), { maxLength: 50 }),
    transitiveKeys: fc.array(text, { maxLength: 5 }),
    sourceIdentity: text,
    mfaAt: time,
    proof,
    chain,
  },
  {
    requiredKeys: [
      'accessKeyId',
      'account',
      'issuedAt',
      'expiresAt',
      'holder',
      'sessionPolicies',
      'sessionPolicyArns',
      'tags',
      'transitiveKeys',
      'proof',
      'chain',
    ],
  },
)

/** Without prototypes, which the generator leaves out of some of its objects. */
const plain = (given: SessionFacts): unknown => structuredClone(given)

test('facts come back as they went in, with any padding behind them', () => {
  fc.assert(
    fc.property(facts, fc.nat(300), (given, padding) => {
      const bytes = Buffer.concat([factsToBytes(given), Buffer.alloc(padding)])
      assert.deepEqual(plain(factsFrom(bytes)), plain(given))
    }),
    { numRuns: 300 },
  )
})

test('the only hop of a chain is its last one too', () => {
  const first = { arn: 'arn:aws:iam::111122223333:user/alice', accessKeyId: 'AKIA' }
  const base = fc.sample(facts, { numRuns: 1, seed: 1 })[0]
  assert.ok(base)
  const read = factsFrom(factsToBytes({ ...base, chain: { first, length: 1 } }))
  assert.deepEqual(read.chain, { first, last: first, length: 1 })
})

test('times lose their milliseconds, and nothing else', () => {
  const base = fc.sample(facts, { numRuns: 1, seed: 2 })[0]
  assert.ok(base)
  const read = factsFrom(factsToBytes({ ...base, issuedAt: instant(1_234_567_890_999) }))
  assert.equal(read.issuedAt, 1_234_567_890_000)
})

test('a token without a member that must be there is none', () => {
  for (const tag of [1, 2, 3, 4, 5, 6, 7, 8, 17, 20]) {
    const base = fc.sample(
      facts.filter(({ holder: { kind } }) => kind !== 'root'),
      { numRuns: 1, seed: 3 },
    )[0]
    assert.ok(base)
    const fields = readFields(factsToBytes(base)).filter(([known]) => known !== tag)
    assert.throws(() => factsFrom(writeFields(fields)), /a session token (lacks field|has no holder)/, String(tag))
  }
})

const POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'

test('policies are compressed only where the token would be long otherwise', () => {
  const short: SessionFacts = {
    accessKeyId: 'ASIAQNZGKIQY56JQ7WML',
    account: knownAccountId('029608264753'),
    issuedAt: instant(1_700_000_000_000),
    expiresAt: instant(1_700_003_600_000),
    holder: { kind: 'root' },
    sessionPolicies: [POLICY],
    sessionPolicyArns: [],
    tags: [],
    transitiveKeys: [],
    proof: { kind: 'session-token' },
    chain: { length: 0 },
  }
  assert.ok(factsToBytes(short).includes(POLICY))
  const long = { ...short, sessionPolicies: Array.from({ length: 20 }, () => POLICY) }
  const bytes = factsToBytes(long)
  assert.ok(!bytes.includes(POLICY) && bytes.length < 1000)
  for (const each of [short, long])
    assert.deepEqual(factsFrom(factsToBytes(each)).sessionPolicies, each.sessionPolicies)
})

test('a token of the first versions, which compressed every policy, is read', () => {
  const read = factsFrom(
    Buffer.from(
      'ARRBU0lBUU5aR0tJUVk1NkpRN1dNTAIMMDI5NjA4MjY0NzUzAwQA8VNlBAQQ/1NlBQRyb2xlBgZSZWFkZXIHAS8IBUFST0ExCQNhbm4KCaPYADR/oTsQAAwEdGVhbQ0EYmzDpREWeyJraW5kIjoiYXNzdW1lLXJvbGUifRQA',
      'base64',
    ),
  )
  assert.deepEqual(read.sessionPolicies, [POLICY])
  assert.deepEqual(read.tags, [{ key: 'team', value: 'blå' }])
})

test('a text is written as its bytes in UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (given) => {
      assert.deepEqual(writeFields([[7, given]]), writeFields([[7, Buffer.from(given)]]))
    }),
  )
})

test('fields of any length are written and read', () => {
  const field = fc.tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 400 }))
  fc.assert(
    fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
      const read = readFields(writeFields(fields)).map(([tag, bytes]) => [tag, [...bytes]])
      assert.deepEqual(
        read,
        fields.map(([tag, bytes]) => [tag, [...bytes]]),
      )
    }),
  )
  const long = Buffer.alloc(70_000, 'x')
  assert.deepEqual(readFields(writeFields([[9, long]]))[0]?.[1], long)
})

test('bytes that end inside a field are refused', () => {
  const whole = writeFields([
    [1, 'abc'],
    [2, 'x'.repeat(200)],
  ])
  for (let length = 1; length < whole.length; length++)
    if (length !== 5) assert.throws(() => readFields(whole.subarray(0, length)), RangeError, String(length))
})

test('numbers take the bytes they need', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (number) => numberFrom(numberBytes(number)) === number))
  assert.deepEqual([...numberBytes(0)], [])
  assert.deepEqual([...numberBytes(256)], [0, 1])
})
