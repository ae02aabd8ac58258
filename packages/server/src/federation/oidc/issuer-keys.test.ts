/** How long keys of an issuer are used, and when it is asked again: with a clock that moves when told to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instant } from '../../domain/brands.ts'
import { FetchRefused } from './connect.ts'
import { issuerKeyCache } from './issuer-keys.ts'
import type { IssuerKeyCache } from './issuer-keys.ts'

const ISSUER = 'https://issuer.example'

interface Scene {
  readonly cache: IssuerKeyCache
  readonly state: { now: number; kid: string; isDown: boolean; looks: number }
  readonly kids: (thumbprints?: readonly string[]) => Promise<readonly string[]>
}

function scene(): Scene {
  const state = { now: 1_000_000, kid: 'one', isDown: false, looks: 0 }
  const cache = issuerKeyCache({
    now: () => state.now as Instant,
    fetch: async (address) => {
      if (state.isDown) throw new FetchRefused('down')
      if (address.endsWith('/keys'))
        return { text: JSON.stringify({ keys: [{ kty: 'RSA', kid: state.kid, n: 'AA', e: 'AQAB' }] }), vouched: 'root' }
      state.looks++
      return { text: JSON.stringify({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys` }), vouched: 'root' }
    },
  })
  return { cache, state, kids: async (prints = []) => (await cache.keysOf(ISSUER, prints)).keys.kids }
}
const minutes = (count: number): number => count * 60_000

test('keys are used for five minutes, then looked up again', async () => {
  const { state, kids } = scene()
  assert.deepEqual(await kids(), ['one'])
  state.kid = 'two'
  state.now += minutes(5) - 1
  assert.deepEqual(await kids(), ['one'])
  state.now += 1
  assert.deepEqual(await kids(), ['two'])
  assert.equal(state.looks, 2)
})

test('old keys serve for an hour while the issuer is down, not longer', async () => {
  const { state, kids } = scene()
  await kids()
  state.isDown = true
  state.now += minutes(59)
  assert.deepEqual(await kids(), ['one'])
  state.now += minutes(1)
  await assert.rejects(kids(), FetchRefused)
  state.isDown = false
  state.now += 1000
  assert.deepEqual(await kids(), ['one'])
})

test('an unknown key is asked for at once, and then every ten seconds at most', async () => {
  const { cache, state } = scene()
  const first = await cache.keysOf(ISSUER, [])
  state.kid = 'two'
  const second = await cache.keysOf(ISSUER, [], first)
  assert.deepEqual(second.keys.kids, ['two'])
  state.kid = 'three'
  state.now += 9_999
  assert.equal(await cache.keysOf(ISSUER, [], second), second)
  state.now += 1
  assert.deepEqual((await cache.keysOf(ISSUER, [], second)).keys.kids, ['three'])
  assert.equal(state.looks, 3)
})

test('whoever comes with older keys gets the newer ones without a look', async () => {
  const { cache, state } = scene()
  const first = await cache.keysOf(ISSUER, [])
  const second = await cache.keysOf(ISSUER, [], first)
  assert.equal(await cache.keysOf(ISSUER, [], first), second)
  assert.equal(state.looks, 2)
})

test('other thumbprints are another trust', async () => {
  const { state, kids } = scene()
  await kids(['a'])
  state.isDown = true
  await assert.rejects(kids(['b']), FetchRefused)
  assert.deepEqual(await kids(['a']), ['one'])
})

test('a failed first look is tried again after a second', async () => {
  const { state, kids } = scene()
  state.isDown = true
  await assert.rejects(kids(), FetchRefused)
  state.isDown = false
  await assert.rejects(kids(), FetchRefused)
  state.now += 1000
  assert.deepEqual(await kids(), ['one'])
})
