import assert from 'node:assert/strict'
import test from 'node:test'
import { instant } from '../domain/brands.ts'
import type { Instant } from '../domain/brands.ts'
import { seededChance } from '../domain/chance.ts'
import { movableClock } from '../domain/clock.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import { AWAY, openFixture, roleRow } from './fixture.ts'
import { credentialIssuer } from './issuer.ts'
import type { SessionRequest } from './issuer.ts'
import { openSealingKeys, sealingKeys } from './sealing-keys.ts'
import { openVault } from './vault.ts'
import { checkInstallation } from './installation.ts'

async function fixture(context: { readonly after: (done: () => Promise<void>) => void }) {
  const made = await openFixture('sealing keys')
  context.after(() => made.store.close())
  const rows = () => made.store.read((reader) => reader.list(sealingKeys, EVERYWHERE))
  return { ...made, rows }
}

test('a new store gets one key, at once in use, and no second one at the next start', async (context) => {
  const { store, vault, chance, clock, keys, rows } = await fixture(context)
  const again = await openSealingKeys(store, { vault, chance, clock })
  assert.equal((await rows()).length, 1)
  assert.deepEqual(again.current(), keys.current())
  assert.equal(keys.byId(keys.current().id), keys.current())
  assert.equal(keys.byId('00000000'), undefined)
})

test('two nodes that start a new store at the same time agree on its key', async (context) => {
  const { store, vault, clock, rows } = await fixture(context)
  const [old] = await rows()
  await store.write([EVERYWHERE], (writer) => writer.remove(sealingKeys, EVERYWHERE, old?.id ?? ''))
  const open = (seed: string) => openSealingKeys(store, { vault, chance: seededChance(seed), clock })
  const [one, two] = await Promise.all([open('one'), open('two')])
  assert.equal((await rows()).length, 1)
  assert.deepEqual(one.current(), two.current())
})

test('secrets are not in the rows', async (context) => {
  const { keys, rows } = await fixture(context)
  const secret = Buffer.from(keys.current().secret)
  const text = JSON.stringify(await rows())
  assert.ok(!text.includes(secret.toString('base64')) && !text.includes(secret.toString('hex')))
  assert.equal(secret.length, 32)
})

test('a key that another node made is known after a look', async (context) => {
  const { store, vault, clock, keys, issuer, roleSession } = await fixture(context)
  const [mine] = [keys.current().id]
  await store.write([EVERYWHERE], (writer) => writer.remove(sealingKeys, EVERYWHERE, mine))
  const other = await openSealingKeys(store, { vault, chance: seededChance('another node'), clock })
  assert.equal(keys.byId(other.current().id), undefined)
  const made = await issuer.issue(roleSession(roleRow('R')))
  await keys.reload()
  assert.deepEqual(keys.current(), other.current())
  // The old key's row is gone, and so are its sessions.
  assert.deepEqual(await issuer.open(made.sessionToken, made.accessKeyId), { ok: false, why: 'unknown-key' })
})

test('another outer key opens neither keys nor store', async (context) => {
  const { store, vault, chance, clock } = await fixture(context)
  await checkInstallation(store, vault)
  await checkInstallation(store, vault)
  const wrong = openVault(new Uint8Array(32).fill(8), chance)
  await assert.rejects(openSealingKeys(store, { vault: wrong, chance, clock }))
  await assert.rejects(checkInstallation(store, wrong), /made with another key/)
})

test('a session of an account keeps its key while others come and go', async (context) => {
  const { issuer, roleSession, keys } = await fixture(context)
  const made = await issuer.issue({ ...roleSession(roleRow('R')), account: AWAY })
  await keys.rotate()
  assert.ok((await issuer.open(made.sessionToken, made.accessKeyId)).ok)
})

const world = (now: Instant): SessionRequest => ({
  account: AWAY,
  expiresAt: now,
  holder: { kind: 'root' },
  sessionPolicies: [],
  sessionPolicyArns: [],
  tags: [],
  transitiveKeys: [],
  proof: { kind: 'session-token' },
  chain: { length: 0 },
})
const HOURS = 3_600_000
const DAYS = 24 * HOURS

test('a key seals for thirty days; its successor is known before it is used, and the old one goes with its last session', async (context) => {
  const { store, vault, chance } = await fixture(context)
  let now = Date.UTC(2027, 0, 1)
  const clock = movableClock(() => now)
  const keys = await openSealingKeys(store, { vault, chance, clock })
  const issuer = credentialIssuer({ keys, chance, clock, generationOf: async () => 0 })
  const session = () => issuer.issue({ ...world(clock.session()), expiresAt: instant(clock.session() + 36 * HOURS) })
  const opens = async (made: Awaited<ReturnType<typeof session>>) =>
    (
      await credentialIssuer({ keys, chance, clock, generationOf: async () => 0 }).open(
        made.sessionToken,
        made.accessKeyId,
      )
    ).ok
  now += 31 * DAYS
  await keys.rotate()
  const old = keys.current().id
  const before = await session()
  await keys.rotate()
  assert.equal(keys.current().id, old, 'the successor waits')
  now += 11 * 60_000
  const young = keys.current().id
  assert.notEqual(young, old)
  const after = await session()
  now += 36 * HOURS
  await keys.rotate()
  assert.deepEqual([await opens(before), await opens(after)], [true, true])
  now += 2 * HOURS
  await keys.rotate()
  assert.deepEqual([await opens(before), await opens(after)], [false, true])
  assert.equal(keys.byId(old), undefined)
})

test("strangers' tokens share their looks at the store", async (context) => {
  const { store, vault, chance, clock } = await fixture(context)
  let looks = 0
  const read: typeof store.read = (use) => {
    looks++
    return store.read(use)
  }
  const keys = await openSealingKeys({ ...store, read }, { vault, chance, clock })
  looks = 0
  await Promise.all(Array.from({ length: 500 }, () => keys.reload()))
  assert.ok(looks <= 2, `${looks} looks`)
})

test('a look that failed is told, and the next one looks again', async (context) => {
  const { store, vault, chance, clock } = await fixture(context)
  let failing = false
  const read: typeof store.read = (use) => (failing ? Promise.reject(new Error('away')) : store.read(use))
  const keys = await openSealingKeys({ ...store, read }, { vault, chance, clock })
  failing = true
  await assert.rejects(keys.reload(), /away/)
  failing = false
  await keys.reload()
})
