import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { knownAccountId } from './brands.ts'
import { seededChance } from './chance.ts'
import { accountInside, newSecretAccessKey, newUniqueId, uniqueIdFrom } from './identifiers.ts'
import type { UniqueIdPrefix } from './identifiers.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const PREFIXES: readonly UniqueIdPrefix[] = ['AKIA', 'ASIA', 'AROA', 'AIDA', 'AGPA', 'AIPA', 'ANPA', 'ANVA']

/** The decode rule, written a second time and byte by byte. */
function decoded(id: string): string {
  const bits = Array.from(id.slice(4, 20), (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const bytes = Buffer.from(Array.from({ length: 6 }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8), 2)))
  const number = (BigInt(bytes.readUIntBE(0, 6)) & 0x7fffffffff80n) >> 7n
  return number.toString().padStart(12, '0')
}

const accounts = fc.bigInt(0n, 999_999_999_999n).map((number) => knownAccountId(number.toString().padStart(12, '0')))

test('an id carries its account, whatever the rest of it is', () => {
  fc.assert(
    fc.property(
      accounts,
      fc.constantFrom(...PREFIXES),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      (id, prefix, bytes) => {
        const made = uniqueIdFrom(prefix, id, bytes)
        assert.match(made, prefix === 'AKIA' || prefix === 'ASIA' ? /^[A-Z]{4}[A-Z2-7]{16}$/ : /^[A-Z]{4}[A-Z2-7]{17}$/)
        assert.match(made.charAt(4), /[Q-Z2-7]/)
        assert.equal(accountInside(made), id)
        assert.equal(decoded(made), id)
      },
    ),
  )
})

/** Ids that others published together with their account. */
const published: readonly (readonly [id: string, account: string])[] = [
  ['ASIAQNZGKIQY56JQ7WML', '029608264753'],
  ['ASIAY34FZKBOKMUTVV7A', '609629065308'],
]
for (const [id, account] of published) test(`${id} is of ${account}`, () => assert.equal(accountInside(id), account))

const silent: readonly (readonly [name: string, id: string])[] = [
  ['an id from before the change', 'AKIAIOSFODNN7EXAMPLE'],
  ['another one', 'AKIAJQABLZS4A3QDU576'],
  ['an id with 0', 'ASIAQNZGKIQY06JQ7WML'],
  ['an id with 1', 'ASIAQNZGKIQY16JQ7WML'],
  ['an id with 8', 'ASIAQNZGKIQY86JQ7WML'],
  ['an id with 9', 'ASIAQNZGKIQY96JQ7WML'],
  ['an id in lower case', 'asiaqnzgkiqy56jq7wml'],
  ['a short id', 'ASIAQNZGKIQY56JQ7WM'],
  ['nothing', ''],
  // 2^40 - 1 is more than twelve digits hold.
  ['an account of thirteen digits', `ASIA${'7'.repeat(16)}`],
]
for (const [name, id] of silent) test(`${name} carries no account`, () => assert.equal(accountInside(id), undefined))

test('ids of one account differ in 39 random bits', () => {
  const chance = seededChance('ids')
  const made = Array.from({ length: 500 }, () => newUniqueId('ASIA', knownAccountId('111122223333'), chance))
  assert.equal(new Set(made).size, 500)
  const all = uniqueIdFrom('ASIA', knownAccountId('111122223333'), new Uint8Array(8).fill(255))
  const none = uniqueIdFrom('ASIA', knownAccountId('111122223333'), new Uint8Array(8))
  const differing = [...all].reduce((sum, letter, at) => {
    const bits = ALPHABET.indexOf(letter) ^ ALPHABET.indexOf(none.charAt(at))
    return sum + bits.toString(2).replaceAll('0', '').length
  }, 0)
  assert.equal(differing, 39)
})

test('secret access keys have 40 characters of base64', () => {
  const chance = seededChance('secrets')
  for (let count = 0; count < 50; count++) assert.match(newSecretAccessKey(chance), /^[A-Za-z0-9+/]{40}$/)
})
