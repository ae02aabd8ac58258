/** Laws of writing: all or nothing, one after the other, published before answered. */
import assert from 'node:assert/strict'
import type { Head, Touched } from '../port.ts'
import {
  abroad,
  countIn,
  home,
  ids,
  increment,
  isPending,
  law,
  pause,
  put,
  rejectsAs,
  stored,
  things,
} from './suite.ts'

law('a failed write leaves nothing', async (store) => {
  const before = store.current().head
  const failing = store.write([home], async (writer) => {
    await writer.insert(things, home, { id: 'a' })
    throw new RangeError('no')
  })
  await rejectsAs(failing, 'RangeError')
  assert.equal(await stored(store, home, 'a'), undefined)
  assert.deepEqual(store.current().head, before)
  assert.deepEqual(await store.changes(before.revision, 10), [])
})

law('a refused write does not undo its neighbours', async (store, faults) => {
  await put(store, home, { id: 'owner', serial: 'taken' })
  const go = faults.holdBefore()
  const results = Promise.allSettled([
    put(store, '1', { id: 'a' }),
    put(store, '2', { id: 'b' }, { id: 'bb', serial: 'taken' }),
    put(store, '3', { id: 'c' }),
  ])
  await pause()
  go()
  assert.deepEqual(
    (await results).map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(await Promise.all(['1', '2', '3'].map((account) => store.read((r) => r.list(things, account)))), [
    [{ id: 'a' }],
    [],
    [{ id: 'c' }],
  ])
})

law('a lost transaction fails what it held with StoreUnavailable, and the next one works', async (store, faults) => {
  faults.loseNext()
  await rejectsAs(put(store, home, { id: 'a' }), 'StoreUnavailable')
  assert.equal(await stored(store, home, 'a'), undefined)
  assert.equal(await store.current().get(things, home, 'a'), undefined)
  await put(store, home, { id: 'a', count: 2 })
  assert.equal(await countIn(store.current(), home, 'a'), 2)
})

law('a commit whose answer was lost is seen by all, or by none', async (store, faults) => {
  await put(store, home, { id: 'a', count: 1 })
  assert.equal(await countIn(store.current(), home, 'a'), 1)
  faults.loseNextAnswer()
  await rejectsAs(put(store, home, { id: 'a', count: 2 }), 'StoreUnavailable')
  const durable = (await stored(store, home, 'a'))?.count
  assert.equal(await countIn(await store.fresh(), home, 'a'), durable)
  assert.equal(await increment(store, home, 'a'), (durable ?? 0) + 1)
  assert.equal(await countIn(store.current(), home, 'a'), (durable ?? 0) + 1)
})

law('nothing uncommitted is ever seen', async (store, faults) => {
  await put(store, home, { id: 'a', count: 1 })
  const go = faults.holdBefore()
  const writing = put(store, home, { id: 'a', count: 2 })
  await pause()
  assert.equal(await countIn(store.current(), home, 'a'), 1)
  assert.equal(await countIn(await store.fresh(), home, 'a'), 1)
  assert.equal((await stored(store, home, 'a'))?.count, 1)
  go()
  await writing
  assert.equal(await countIn(store.current(), home, 'a'), 2)
})

law('a picture does not change while a commit waits to be published', async (store, faults) => {
  await put(store, home, { id: 'a', count: 1 }, { id: 'b', count: 1 })
  const go = faults.holdAfter()
  const writing = put(store, home, { id: 'a', count: 2 }, { id: 'b', count: 2 })
  await pause(60)
  const picture = store.current()
  const counts = await Promise.all(['a', 'b'].map((id) => countIn(picture, home, id)))
  assert.ok(counts[0] === counts[1], `one revision, not ${counts.join(' and ')}`)
  const fresh = store.fresh().then((one) => countIn(one, home, 'a'))
  await pause()
  go()
  await writing
  assert.equal(await fresh, 2, 'a fresh look sees what was committed before it began')
  assert.equal(await countIn(store.current(), home, 'a'), 2)
})

law('who got an answer sees his write', async (store) => {
  for (let count = 1; count <= 20; count++) {
    await put(store, home, { id: 'a', count })
    assert.equal(await countIn(store.current(), home, 'a'), count)
    assert.equal((await stored(store, home, 'a'))?.count, count)
  }
})

law('writes to one account come one after the other', async (store) => {
  const counts = await Promise.all(Array.from({ length: 60 }, () => increment(store, home, 'n')))
  assert.deepEqual(
    counts.toSorted((a, b) => a - b),
    Array.from({ length: 60 }, (_, index) => index + 1),
  )
  assert.equal(await countIn(store.current(), home, 'n'), 60)
})

law('what reads from a waiting write shares its fate', async (store, faults) => {
  const go = faults.holdBefore()
  const writes = Promise.allSettled(Array.from({ length: 12 }, () => increment(store, home, 'n')))
  await pause()
  faults.loseNext()
  go()
  const acknowledged = (await writes).filter((one) => one.status === 'fulfilled').length
  assert.ok(acknowledged < 12, 'the lost transaction held at least one')
  assert.equal((await stored(store, home, 'n'))?.count ?? 0, acknowledged)
  assert.equal(await increment(store, home, 'n'), acknowledged + 1)
})

law('an answer does not rest on a waiting row', async (store, faults) => {
  const go = faults.holdBefore()
  const first = store.write([home], (writer) => writer.insert(things, home, { id: 'a' }))
  const second = store.write([home], (writer) => writer.insert(things, home, { id: 'a' }))
  const look = store.write([home], async (writer) => ids(await writer.list(things, home)))
  assert.equal(await isPending(Promise.race([second, look])), true)
  go()
  assert.deepEqual(await Promise.all([first, second, look]), ['inserted', 'exists', 'a'])
})

for (const together of [false, true]) {
  const where = together ? 'of the same transaction' : 'of an earlier transaction'
  law(`a write that read from a refused one ${where} runs again`, async (store, faults) => {
    await put(store, abroad, { id: 'owner', serial: 'taken' })
    const go = faults.holdBefore()
    const first = together ? put(store, '9', { id: 'first' }) : undefined
    if (first) await pause()
    const refused = rejectsAs(put(store, home, { id: 'n', count: 40, serial: 'taken' }), 'UniqueTaken')
    const after = increment(store, home, 'n')
    const answer = store.write([home], (writer) => writer.insert(things, home, { id: 'n' }))
    await pause()
    go()
    await Promise.all([first, refused])
    assert.equal(await after, 1)
    assert.equal(await answer, 'exists')
    assert.equal(await countIn(store.current(), home, 'n'), 1)
  })
}

law('an answer that rests on a refused row is found again', async (store, faults) => {
  await put(store, abroad, { id: 'owner', serial: 'taken' })
  const go = faults.holdBefore()
  const refused = rejectsAs(put(store, home, { id: 'a', serial: 'taken' }), 'UniqueTaken')
  const look = store.write([home], async (writer) => ids(await writer.list(things, home)))
  await pause()
  go()
  await refused
  assert.equal(await look, '')
})

law('an answer that rests on a lost row is not given', async (store, faults) => {
  const go = faults.holdBefore()
  const lost = rejectsAs(put(store, home, { id: 'a' }), 'StoreUnavailable')
  const look = store.write([home], async (writer) => ids(await writer.list(things, home)))
  const answer = look.catch((error: Error) => error.name)
  await pause()
  faults.loseNext()
  go()
  await lost
  assert.ok(['', 'StoreUnavailable'].includes(await answer), 'it fails as well, or looks after the loss')
})

law('locks of several accounts do not wait for each other for ever', async (store) => {
  const both = (accounts: readonly string[]) =>
    store.write(accounts, async (writer) => {
      for (const account of accounts) {
        const count = ((await writer.get(things, account, 'n'))?.count ?? 0) + 1
        await writer.put(things, account, { id: 'n', count })
      }
    })
  await Promise.all(Array.from({ length: 20 }, (_, index) => both(index % 2 ? [home, abroad] : [abroad, home, abroad])))
  const third = Array.from({ length: 20 }, (_, index) => Number(index % 2 === 0)).reduce((sum, one) => sum + one, 0)
  assert.equal(await countIn(store.current(), home, 'n'), 20)
  assert.equal(await countIn(store.current(), abroad, 'n'), 20 + third)
})

law('a row of an account that is not locked cannot be written', async (store) => {
  await rejectsAs(
    store.write([home], (writer) => writer.put(things, abroad, { id: 'a' })),
    'Error',
  )
  assert.equal(await stored(store, abroad, 'a'), undefined)
})

law('a writer knows whether its accounts moved', async (store) => {
  const { head } = store.current()
  const moved = (since: Head) => store.write([home], async (writer) => writer.movedSince(since))
  assert.equal(await moved(head), false)
  await put(store, abroad, { id: 'a' })
  assert.equal(await moved(head), false)
  await put(store, home, { id: 'a' })
  assert.equal(await moved(head), true)
  assert.equal(await moved(store.current().head), false)
})

law('changes chain the marks and name the rows', async (store) => {
  const start = store.current().head
  await put(store, home, { id: 'a' }, { id: 'b' })
  await store.write([home], (writer) => writer.remove(things, home, 'a'))
  await Promise.all([put(store, '1', { id: 'c' }), put(store, '2', { id: 'd' })])
  const changes = await store.changes(start.revision, 100)
  assert.equal(changes.length, 4)
  let head = start
  for (const change of changes) {
    assert.equal(change.revision, head.revision + 1n)
    assert.equal(change.before, head.mark)
    assert.match(change.after, /^[0-9a-f]{32}$/)
    assert.notEqual(change.after, change.before)
    head = { revision: change.revision, mark: change.after }
  }
  assert.deepEqual(head, store.current().head)
  const row = (key: string): Touched => ({ account: home, kind: 'thing', key })
  assert.deepEqual(
    changes.slice(0, 2).map(({ touched }) => touched),
    [[row('a'), row('b')], [row('a')]],
  )
  assert.equal((await store.changes(start.revision, 2)).length, 2)
})

law('listeners hear of a change after it is published', async (store) => {
  const heard: string[] = []
  const stop = store.onChange((head, touched) => {
    assert.deepEqual(store.current().head, head)
    if (touched !== 'all') heard.push(...touched.map(({ key }) => key))
  })
  await put(store, home, { id: 'a' }, { id: 'b' })
  stop()
  await put(store, home, { id: 'c' })
  assert.deepEqual(heard, ['a', 'b'])
})

law('a closed store says so', async (store) => {
  const closing = { ...store }
  await closing.close()
  await rejectsAs(put(store, home, { id: 'a' }), 'StoreUnavailable')
  await rejectsAs(stored(store, home, 'a'), 'StoreUnavailable')
  await rejectsAs(store.objects.get('bucket', 'a'), 'StoreUnavailable')
  await rejectsAs(
    store.fresh().then((picture) => picture.get(things, home, 'a')),
    'StoreUnavailable',
  )
})
