/** Laws of pictures: one revision for each, whatever happens at the same time. */
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { PictureMoved } from '../errors.ts'
import type { Reader, Store } from '../port.ts'
import { onPicture } from '../restart.ts'
import { abroad, countIn, home, increment, law, put, things } from './suite.ts'

const ROUNDS = 60

/** Two rows in two accounts always count the same. */
const writeBoth = (store: Store, count: number): Promise<void> =>
  store.write([home, abroad], async (writer) => {
    await writer.put(things, home, { id: 'a', count, tags: [`n${count % 3}`] })
    await writer.put(things, abroad, { id: 'b', count, tags: [`n${count % 3}`] })
  })

async function readBoth(reader: Reader, round: number): Promise<readonly [number | undefined, number | undefined]> {
  const first = (await reader.get(things, home, 'a'))?.count
  for (let turn = 0; turn < round % 4; turn++) await setImmediate()
  if (round % 3 === 0) return [first, (await reader.list(things, abroad))[0]?.count]
  if (round % 3 === 1) return [first, (await reader.find(things, abroad, 'tag', `n${(first ?? 0) % 3}`))[0]?.count]
  return [first, (await reader.get(things, abroad, 'b'))?.count]
}

/** Reads by `take` while writes go on. @returns how many readings were whole */
async function readWhileWriting(store: Store, take: (round: number) => Promise<readonly unknown[]>): Promise<number> {
  await writeBoth(store, 0)
  const state = { writing: true }
  const writer = (async () => {
    for (let count = 1; count <= ROUNDS; count++) await writeBoth(store, count)
    state.writing = false
  })()
  let whole = 0
  for (let round = 0; state.writing; round++) {
    try {
      const [first, second] = await take(round)
      assert.equal(first, second)
      whole++
    } catch (error) {
      if (!(error instanceof PictureMoved)) throw error
    }
    await setImmediate()
  }
  await writer
  return whole
}

law('a picture never mixes revisions', async (store) => {
  const whole = await readWhileWriting(store, (round) => readBoth(store.current(), round))
  assert.ok(whole > 0)
})

law('a fresh picture never mixes revisions', async (store) => {
  const whole = await readWhileWriting(store, async (round) => readBoth(await store.fresh(), round))
  assert.ok(whole > 0)
})

law('a read never mixes revisions, and is never told to start again', async (store) => {
  let moved = 0
  await readWhileWriting(store, async (round) => {
    try {
      return await store.read((reader) => readBoth(reader, round))
    } catch (error) {
      if (error instanceof PictureMoved) moved++
      throw error
    }
  })
  assert.equal(moved, 0)
})

law('an old picture still holds what it showed', async (store) => {
  await put(store, home, { id: 'a', count: 1 })
  const old = store.current()
  assert.equal(await countIn(old, home, 'a'), 1)
  assert.equal(await countIn(old, home, 'none'), undefined)
  await put(store, home, { id: 'a', count: 2 }, { id: 'none', count: 2 })
  assert.equal(await countIn(old, home, 'a'), 1)
  assert.equal(await countIn(old, home, 'none'), undefined)
  assert.equal(await countIn(store.current(), home, 'a'), 2)
  assert.equal(await countIn(store.current(), home, 'none'), 2)
})

law('an old picture that never saw a row does not show its later state', async (store) => {
  await put(store, home, { id: 'a', count: 1 })
  const old = store.current()
  await put(store, abroad, { id: 'b', count: 2 })
  await put(store, abroad, { id: 'b', count: 3 })
  await assert.rejects(countIn(old, abroad, 'b'), PictureMoved)
  await assert.rejects(old.list(things, abroad), PictureMoved)
  await assert.rejects(old.find(things, abroad, 'tag', 'x'), PictureMoved)
  assert.equal(await countIn(old, home, 'a'), 1)
})

law('counting through pictures and writes agrees', async (store) => {
  const seen: number[] = []
  const counting = Promise.all(Array.from({ length: 30 }, () => increment(store, home, 'n')))
  const state = { done: false }
  void counting.then(() => (state.done = true))
  while (!state.done) {
    const fresh = await store.fresh()
    seen.push((await onPicture(store, (picture) => countIn(picture, home, 'n'), fresh)) ?? 0)
    await setImmediate()
  }
  await counting
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
    'a picture never goes back',
  )
  assert.equal(await countIn(store.current(), home, 'n'), 30)
})
