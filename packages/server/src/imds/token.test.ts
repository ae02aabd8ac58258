/** Tokens: what opens one, and everything that must not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { seededChance } from '../domain/chance.ts'
import { checkToken, mintToken, readTtl } from './token.ts'
import type { TokenScope } from './token.ts'

const scope: TokenScope = { key: Buffer.alloc(32, 1), instanceId: 'i-0abc', generation: 3 }
const chance = seededChance('tokens')
const NOW = 1_764_100_000
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('a token has the form of a recorded one: 56 characters of URL-safe base64', () => {
  assert.match(mintToken(scope, 21_600, NOW, chance), /^[A-Za-z0-9_-]{54}==$/)
})

const ttls: readonly [header: string | undefined, want: number | undefined][] = [
  ['1', 1],
  ['21600', 21_600],
  ['0', undefined],
  ['21601', undefined],
  ['-1', undefined],
  ['+1', undefined],
  ['1.0', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['abc', undefined],
  ['', undefined],
  ['60, 60', undefined],
  [undefined, undefined],
]
for (const [header, want] of ttls)
  test(`TTL header ${JSON.stringify(header)} → ${want}`, () => assert.equal(readTtl(header), want))

const others: readonly [name: string, scope: TokenScope, now: number, want: number | undefined][] = [
  ['at once', scope, NOW, 60],
  ['in its last second', scope, NOW + 59, 1],
  ['at its end', scope, NOW + 60, undefined],
  ['after session time went back', scope, NOW - 21_600, undefined],
  ['at another instance', { ...scope, instanceId: 'i-0abd' }, NOW, undefined],
  ['after the options changed', { ...scope, generation: 4 }, NOW, undefined],
  ['under another key', { ...scope, key: Buffer.alloc(32, 2) }, NOW, undefined],
]
test('a token works also where seconds no longer fit into four bytes', () => {
  const late = 2 ** 32 - 10
  assert.equal(checkToken(scope, mintToken(scope, 60, late, chance), late + 30), 30)
})
for (const [name, where, now, want] of others)
  test(`a token of a minute ${name} → ${want}`, () =>
    assert.equal(checkToken(where, mintToken(scope, 60, NOW, chance), now), want))

test('law: no changed character leaves a token good', () => {
  const token = mintToken(scope, 300, NOW, chance)
  fc.assert(
    fc.property(fc.nat(55), fc.nat(63), (place, letter) => {
      const changed = token.slice(0, place) + (BASE64URL[letter] ?? '') + token.slice(place + 1)
      return changed === token || checkToken(scope, changed, NOW) === undefined
    }),
    { numRuns: 2000 },
  )
})

test('law: no made-up text is a token', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), fc.string(), (bytes, text) => {
      const shaped = Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
      return checkToken(scope, shaped, NOW) === undefined && checkToken(scope, text, NOW) === undefined
    }),
  )
})

test('law: a token tells its time left, for every TTL and moment', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 21_600 }), fc.nat(30_000), (ttl, later) => {
      const left = checkToken(scope, mintToken(scope, ttl, NOW, chance), NOW + later)
      return left === (later < ttl ? ttl - later : undefined)
    }),
  )
})
