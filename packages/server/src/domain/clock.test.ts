import assert from 'node:assert/strict'
import test from 'node:test'
import { seededChance, systemChance, uuid } from './chance.ts'
import { manualClock, movableClock } from './clock.ts'

test('only session time moves, and only forward', () => {
  let real = 1_000_000
  const clock = movableClock(() => real)
  clock.advance(5000)
  clock.advance(0)
  real += 10
  assert.deepEqual([clock.wire(), clock.session(), clock.offset()], [1_000_010, 1_005_010, 5000])
  for (const wrong of [-1, Number.NaN]) assert.throws(() => clock.advance(wrong), RangeError)
  clock.restore()
  assert.deepEqual([clock.session(), clock.offset()], [1_000_010, 0])
})

test('a manual clock stands still', () => {
  const clock = manualClock('2026-01-01T00:00:00Z')
  assert.equal(clock.wire(), Date.UTC(2026, 0, 1))
  clock.advance(1000)
  assert.deepEqual([clock.wire(), clock.session()], [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 1000])
})

test('random bytes: as many as asked for, never the same, never changed afterwards', () => {
  for (const count of [0, 1, 12, 16, 4096, 4097, 20_000]) assert.equal(systemChance.bytes(count).length, count)
  const many = Array.from({ length: 3000 }, () => systemChance.bytes(16))
  const texts = many.map((bytes) => bytes.toString('hex'))
  assert.equal(new Set(texts).size, 3000)
  systemChance.bytes(4000)
  assert.deepEqual(
    many.map((bytes) => bytes.toString('hex')),
    texts,
  )
})

test('seeded bytes follow from the seed', () => {
  const [one, two, other] = [seededChance('a'), seededChance('a'), seededChance('b')]
  assert.deepEqual(one.bytes(70), two.bytes(70))
  assert.notDeepEqual(one.bytes(70), other.bytes(70))
})

test('UUIDs are of version 4', () => {
  for (let count = 0; count < 100; count++)
    assert.match(uuid(systemChance), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
