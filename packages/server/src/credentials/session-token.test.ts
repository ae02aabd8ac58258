import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import test from 'node:test'
import { instant } from '../domain/brands.ts'
import { seededChance } from '../domain/chance.ts'
import { newUniqueId } from '../domain/identifiers.ts'
import type { SessionFacts } from './caller.ts'
import { AWAY, HOME } from './fixture.ts'
import type { SealingKey, SealingKeys } from './sealing-keys.ts'
import { factsToBytes } from './session-facts.ts'
import { openToken, sealToken, tokenSecrets } from './session-token.ts'

const chance = seededChance('tokens')
const KEY: SealingKey = { id: '0a1b2c3d', secret: chance.bytes(32), usedFrom: instant(0) }
const OTHER: SealingKey = { id: 'ffffffff', secret: chance.bytes(32), usedFrom: instant(0) }
const keysOf = (...keys: readonly SealingKey[]): SealingKeys => ({
  current: () => KEY,
  byId: (id) => keys.find((key) => key.id === id),
  reload: async () => {},
  rotate: async () => {},
})
const KEYS = keysOf(KEY, OTHER)

const ordinary: SessionFacts = {
  accessKeyId: newUniqueId('ASIA', HOME, chance),
  account: HOME,
  issuedAt: instant(Date.UTC(2026, 10, 25)),
  expiresAt: instant(Date.UTC(2026, 10, 25, 1)),
  holder: { kind: 'role', name: 'deployment-pipeline-production', path: '/ci/', id: newUniqueId('AROA', HOME, chance) },
  sessionName: 'github-actions-1234567890123456',
  sessionPolicies: [],
  sessionPolicyArns: [],
  tags: [],
  transitiveKeys: [],
  proof: { kind: 'assume-role' },
  chain: {
    first: {
      arn: `arn:aws:iam::${HOME}:user/engineering/alice.example`,
      accessKeyId: newUniqueId('AKIA', HOME, chance),
    },
    last: {
      arn: `arn:aws:sts::${AWAY}:assumed-role/hub/alice.example@example.org`,
      accessKeyId: newUniqueId('ASIA', AWAY, chance),
    },
    length: 2,
  },
}

function sealed(
  facts: SessionFacts = ordinary,
  more: { readonly generation?: number; readonly minimumSize?: number } = {},
) {
  const salt = chance.bytes(16)
  const secrets = tokenSecrets(KEY, salt, facts.account, more.generation ?? 0)
  const { minimumSize } = more
  const token = sealToken(facts, { key: KEY, salt, secrets, ...(minimumSize === undefined ? {} : { minimumSize }) })
  return { token, salt, secrets }
}
const open = (token: string, keys = KEYS, account = HOME, generation = 0) =>
  openToken(token, { keys, account, generation })
const why = (opened: ReturnType<typeof open>): string => (opened.ok ? 'opened' : opened.why)

/** The tags of EKS Pod Identity, with values of an ordinary cluster. */
const POD_TAGS = [
  ['eks-cluster-arn', `arn:aws:eks:eu-central-1:${HOME}:cluster/production`],
  ['eks-cluster-name', 'production'],
  ['kubernetes-namespace', 'payments'],
  ['kubernetes-service-account', 'ledger'],
  ['kubernetes-pod-name', 'ledger-7c9d8b6f5d-x2x4z'],
  ['kubernetes-pod-uid', '0d1f2c3b-4a59-4687-9b7e-1a2b3c4d5e6f'],
].map(([key = '', value = '']) => ({ key, value }))

test('sizes: an ordinary role session, one with six tags, a chain of any depth', () => {
  assert.ok(sealed().token.length <= 700, `${sealed().token.length} characters`)
  const tagged = sealed({ ...ordinary, tags: POD_TAGS, transitiveKeys: POD_TAGS.map(({ key }) => key) }).token.length
  assert.ok(tagged <= 1200, `${tagged} characters with six tags`)
  const deep = sealed({ ...ordinary, chain: { ...ordinary.chain, length: 1_000_000 } }).token.length
  assert.ok(deep - sealed().token.length <= 4, 'depth costs a byte or two')
})

test('policies that would make the token long take less room than their text', () => {
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::reports/2026/*'] }],
  })
  const sessionPolicies = Array.from({ length: 20 }, () => policy)
  const more = factsToBytes({ ...ordinary, sessionPolicies }).length - factsToBytes(ordinary).length
  assert.ok(more < (20 * policy.length) / 2, `${more} bytes for ${20 * policy.length} characters`)
})

test('a minimum size is kept, up to the limit', () => {
  const least = sealed().token.length
  for (const minimumSize of [1, least, least + 1, 1001, 1002, 1003, 2048, 4093, 4094, 4095, 4096]) {
    const { token } = sealed(ordinary, { minimumSize })
    assert.ok(token.length >= minimumSize && token.length <= Math.max(least, minimumSize + 3), String(minimumSize))
    assert.ok(token.length <= 4096)
    assert.deepEqual(open(token), { ok: true, facts: ordinary, secretAccessKey: open(token).ok && secretOf(token) })
  }
})
const secretOf = (token: string): string => {
  const opened = open(token)
  return opened.ok ? opened.secretAccessKey : ''
}

test('opening gives facts and the very secret that was given out', () => {
  const { token, secrets } = sealed()
  assert.deepEqual(open(token), { ok: true, facts: ordinary, secretAccessKey: secrets.secretAccessKey })
  assert.match(secrets.secretAccessKey, /^[A-Za-z0-9+/]{40}$/)
})

test('any bit that is turned is seen', () => {
  const bytes = Buffer.from(sealed().token, 'base64')
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const want = bit < 8 ? 'malformed' : bit < 40 ? 'unknown-key' : 'tampered'
    assert.equal(why(open(changed.toString('base64'))), want, `bit ${bit}`)
  }
})

test('every shorter or longer text is refused', () => {
  const { token } = sealed()
  for (let length = 0; length < token.length; length++)
    assert.match(why(open(token.slice(0, length))), /^(malformed|tampered)$/, String(length))
  for (const wrong of [
    `${token}AAAA`,
    `${token}=`,
    ` ${token}`,
    `${token}\n`,
    token.replace(/.$/, '*'),
    token.toLowerCase(),
  ])
    assert.notEqual(why(open(wrong)), 'opened', JSON.stringify(wrong.slice(-8)))
})

const refused: readonly (readonly [name: string, given: () => ReturnType<typeof open>, want: string])[] = [
  ['another account', () => open(sealed().token, KEYS, AWAY), 'tampered'],
  ['a raised generation', () => open(sealed().token, KEYS, HOME, 1), 'tampered'],
  ['an earlier generation', () => open(sealed(ordinary, { generation: 2 }).token, KEYS, HOME, 1), 'tampered'],
  ['a key that nobody has', () => open(sealed().token, keysOf(OTHER)), 'unknown-key'],
  ['another key under its id', () => open(sealed().token, keysOf({ ...OTHER, id: KEY.id })), 'tampered'],
  ['no token', () => open(''), 'malformed'],
  ['text', () => open('FwoGZXIvYXdzEXAMPLETOKEN'), 'malformed'],
]
for (const [name, given, want] of refused) test(`refused: ${name}`, () => assert.equal(why(given()), want))

test('secrets differ for salt, key, account and generation, and never show in the token', () => {
  const salt = chance.bytes(16)
  const made = [
    tokenSecrets(KEY, salt, HOME, 0),
    tokenSecrets(KEY, chance.bytes(16), HOME, 0),
    tokenSecrets(OTHER, salt, HOME, 0),
    tokenSecrets(KEY, salt, AWAY, 0),
    tokenSecrets(KEY, salt, HOME, 1),
  ]
  assert.equal(new Set(made.map(({ secretAccessKey }) => secretAccessKey)).size, made.length)
  assert.equal(new Set(made.map(({ cipherKey }) => cipherKey.toString('hex'))).size, made.length)
  const { token, secrets } = sealed()
  const secret = Buffer.from(secrets.secretAccessKey, 'base64')
  assert.equal(Buffer.from(token, 'base64').indexOf(secret), -1)
  assert.equal(Buffer.from(token, 'base64').indexOf(secrets.cipherKey), -1)
})

test('the derivation is HKDF-Expand with SHA-512 (RFC 5869, section 2.3)', () => {
  const salt = chance.bytes(16)
  const { cipherKey, secretAccessKey } = tokenSecrets(KEY, salt, HOME, 3)
  const info = Buffer.concat([Buffer.from(`understudy session token 1 ${HOME} 3 `), salt, Buffer.of(1)])
  const wanted = createHmac('sha512', KEY.secret).update(info).digest().subarray(0, 62)
  assert.deepEqual(Buffer.concat([cipherKey, Buffer.from(secretAccessKey, 'base64')]), wanted)
})
