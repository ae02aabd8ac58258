/** Laws of shelves: a result lives as long as its picture, and nothing is kept for readers that change. */
import assert from 'node:assert/strict'
import { shelf } from '../shelf.ts'
import { countIn, home, increment, law } from './suite.ts'

law('a result is kept with its picture, and made anew for the next one', async (store) => {
  const counts = shelf<string, number | undefined>()
  let made = 0
  const count = () =>
    counts.take(store.current(), 'a', () => {
      made++
      return countIn(store.current(), home, 'a')
    })
  await increment(store, home, 'a')
  assert.deepEqual([await count(), await count(), made], [1, 1, 1])
  assert.equal(count(), 1, 'a kept result is there at once')
  await increment(store, home, 'a')
  assert.deepEqual([await count(), await count(), made], [2, 2, 2])
})

law('an older picture goes on with its own results', async (store) => {
  const counts = shelf<string, number | undefined>()
  await increment(store, home, 'a')
  const old = store.current()
  const before = await counts.take(old, 'a', () => countIn(old, home, 'a'))
  await increment(store, home, 'a')
  const now = store.current()
  assert.equal(await counts.take(now, 'a', () => countIn(now, home, 'a')), 2)
  assert.equal(await counts.take(old, 'a', () => assert.fail('it was kept')), before)
})

law('keys of one shelf, and shelves with one key, do not meet', async (store) => {
  const [one, other] = [shelf<string, string>(), shelf<string, string>()]
  const picture = store.current()
  for (const [on, key, want] of [
    [one, 'a', '1a'],
    [one, 'b', '1b'],
    [other, 'a', '2a'],
  ] as const)
    assert.equal(await on.take(picture, key, async () => want), want)
  assert.equal(
    one.take(picture, 'a', () => assert.fail('it was kept')),
    '1a',
  )
  assert.equal(
    other.take(picture, 'a', () => assert.fail('it was kept')),
    '2a',
  )
})

law('a failure is not kept, nor what is not wanted', async (store) => {
  const even = shelf<string, number>((result) => result % 2 === 0)
  const picture = store.current()
  await assert.rejects(async () => even.take(picture, 'a', () => Promise.reject(new Error('no'))), /no/)
  assert.equal(await even.take(picture, 'a', async () => 1), 1)
  assert.equal(await even.take(picture, 'a', async () => 2), 2)
  assert.equal(await even.take(picture, 'a', async () => 4), 2)
})

law('nothing is kept for a writer or a reader of one state: the writer changes its rows', async (store) => {
  const counts = shelf<string, number | undefined>()
  await increment(store, home, 'a')
  await store.write([home], async (writer) => {
    assert.equal(await counts.take(writer, 'a', () => countIn(writer, home, 'a')), 1)
    assert.equal(await counts.take(writer, 'a', async () => 7), 7)
  })
  await store.read(async (reader) => {
    assert.equal(await counts.take(reader, 'a', async () => 1), 1)
    assert.equal(await counts.take(reader, 'a', async () => 7), 7)
  })
})

law('callers without number: what is kept stays bounded', async (store) => {
  const all = shelf<number, number>()
  const picture = store.current()
  for (let key = 0; key < 5000; key++) await all.take(picture, key, async () => key)
  let again = 0
  for (let key = 0; key < 5000; key++) await all.take(picture, key, async () => ++again)
  assert.ok(again > 0, 'all 5,000 were kept')
})
