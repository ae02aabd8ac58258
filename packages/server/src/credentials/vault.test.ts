import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { seededChance } from '../domain/chance.ts'
import { openVault } from './vault.ts'

const chance = seededChance('vault')
const vault = openVault(new Uint8Array(32).fill(1), chance)
const other = openVault(new Uint8Array(32).fill(2), chance)
const OWNER = ['111122223333', 'AKIA', 'AIDA', 'access-key']

test('what is sealed for an owner is opened for the same owner', () => {
  const owner = fc.array(fc.string(), { maxLength: 4 })
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      owner,
      (secret, of) => vault.open(vault.seal(secret, of), of) === secret,
    ),
  )
})

const sealed = vault.seal('secret', OWNER)
const wrongOwners: readonly (readonly string[])[] = [
  [],
  ['444455556666', 'AKIA', 'AIDA', 'access-key'],
  ['111122223333', 'AKIB', 'AIDA', 'access-key'],
  ['111122223333', 'AKIA', 'AIDB', 'access-key'],
  ['111122223333', 'AKIA', 'AIDA', 'sealing-key'],
  // The same letters, cut at other places.
  ['111122223333A', 'KIA', 'AIDA', 'access-key'],
  ['111122223333', 'AKIA', 'AIDA', 'access-key', ''],
]
for (const owner of wrongOwners)
  test(`refused for the owner ${JSON.stringify(owner)}`, () => assert.throws(() => vault.open(sealed, owner)))

test('refused with another outer key', () => assert.throws(() => other.open(sealed, OWNER)))

test('any change is seen', () => {
  const bytes = Buffer.from(sealed, 'base64')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => vault.open(changed.toString('base64'), OWNER), /./, String(at))
  }
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => vault.open(bytes.subarray(0, length).toString('base64'), OWNER), /./, String(length))
})

test('one secret is sealed in another way each time', () => {
  assert.equal(new Set(Array.from({ length: 50 }, () => vault.seal('secret', OWNER))).size, 50)
})

test('keys for other purposes follow from the outer key alone', () => {
  const again = openVault(new Uint8Array(32).fill(1), seededChance('another node'))
  assert.deepEqual(again.derive('a'), vault.derive('a'))
  assert.equal(again.checkValue, vault.checkValue)
  assert.notEqual(other.checkValue, vault.checkValue)
  const made = [vault.derive('a'), vault.derive('b'), other.derive('a'), Buffer.from(vault.checkValue, 'hex')]
  assert.equal(new Set(made.map((bytes) => bytes.toString('hex').slice(0, 32))).size, made.length)
  assert.equal(vault.derive('a').length, 32)
})

test('an outer key has 32 bytes', () => {
  for (const length of [0, 16, 31, 33]) assert.throws(() => openVault(new Uint8Array(length), chance), /32 bytes/)
})
