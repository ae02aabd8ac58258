/** Trade-in tokens: opened by any node with the sealing key, and by nobody who changed a bit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instant } from '../domain/brands.ts'
import { seededChance } from '../domain/chance.ts'
import type { SealingKey, SealingKeys } from './sealing-keys.ts'
import { tradeInTokens } from './trade-in-token.ts'

const chance = seededChance('trade-in')
const key: SealingKey = { id: '0a1b2c3d', secret: chance.bytes(32), usedFrom: instant(0) }
const keysOf = (...keys: readonly SealingKey[]): SealingKeys => ({
  current: () => keys[0] ?? key,
  byId: (id) => keys.find((each) => each.id === id),
  reload: async () => {},
  rotate: async () => {},
})
const FACTS = {
  requestId: 'e4bdcdae-4f66-41ed-8888-000000000000',
  requestor: '444455556666',
  expiresAt: instant(1_764_000_000_000),
}
const tokens = tradeInTokens(keysOf(key), chance)

test('a token opens as it was sealed, and is another one each time', async () => {
  const [first, second] = [tokens.seal(FACTS), tokens.seal(FACTS)]
  assert.notEqual(first, second)
  assert.deepEqual([await tokens.open(first), await tokens.open(second)], [FACTS, FACTS])
  assert.doesNotMatch(Buffer.from(first, 'base64url').toString('latin1'), /444455556666/)
})

test('no bit may be another one', async () => {
  const bytes = Buffer.from(tokens.seal(FACTS), 'base64url')
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(bytes.readUInt8(index) ^ 1, index)
    assert.equal(await tokens.open(changed.toString('base64url')), undefined, `byte ${index}`)
  }
})

test('other keys do not open it', async () => {
  const token = tokens.seal(FACTS)
  const other = { ...key, secret: chance.bytes(32) }
  assert.equal(await tradeInTokens(keysOf(other), chance).open(token), undefined)
  assert.equal(await tradeInTokens(keysOf(), chance).open(token), undefined)
})

test('a key that another node has made since is looked up', async () => {
  const token = tokens.seal(FACTS)
  let known: readonly SealingKey[] = []
  const late: SealingKeys = {
    ...keysOf(),
    byId: (id) => known.find((each) => each.id === id),
    reload: async () => {
      known = [key]
    },
  }
  assert.deepEqual(await tradeInTokens(late, chance).open(token), FACTS)
})

for (const text of ['', 'A', 'nonsense', 'A'.repeat(5000), `${tokens.seal(FACTS)}=`, ` ${tokens.seal(FACTS)}`])
  test(`no token: ${text.length} characters`, async () => assert.equal(await tokens.open(text), undefined))
