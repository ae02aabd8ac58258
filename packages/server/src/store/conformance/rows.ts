/** Laws of rows: keys, order, indexes, versions, identity. */
import assert from 'node:assert/strict'
import { abroad, home, ids, law, put, rejectsAs, stored, things } from './suite.ts'
import type { Reader } from '../port.ts'
import type { Thing } from './suite.ts'

law('a row is put, read, replaced and removed', async (store) => {
  await put(store, home, { id: 'a', count: 1 })
  assert.deepEqual(await stored(store, home, 'a'), { id: 'a', count: 1 })
  assert.equal(await stored(store, abroad, 'a'), undefined, 'another account has its own keys')
  await put(store, home, { id: 'a', count: 2 })
  assert.deepEqual(await store.current().get(things, home, 'a'), { id: 'a', count: 2 })
  assert.equal(await store.write([home], (writer) => writer.remove(things, home, 'a')), true)
  assert.equal(await store.write([home], (writer) => writer.remove(things, home, 'a')), false)
  assert.equal(await stored(store, home, 'a'), undefined)
  assert.equal(await store.current().get(things, home, 'a'), undefined)
})

law('a text with NUL finds nothing, and is no fault', async (store) => {
  await put(store, home, { id: 'a', tags: ['red'], serial: 'one' }, { id: 'b' })
  const nothing = async (reader: Reader): Promise<void> => {
    assert.equal(await reader.get(things, home, 'a\0'), undefined)
    assert.equal(await reader.get(things, `${home}\0`, 'a'), undefined)
    assert.deepEqual(await reader.list(things, home, { prefix: 'a\0' }), [])
    assert.equal(ids(await reader.list(things, home, { after: 'a\0z' })), 'b')
    assert.deepEqual(await reader.find(things, home, 'tag', 'red\0'), [])
    assert.equal(await reader.findUnique(things, 'serial', 'one\0'), undefined)
  }
  await store.read(nothing)
  await nothing(store.current())
  await store.write([home], nothing)
})

law('insert says when the key is taken, also within one write', async (store) => {
  const insert = (row: Thing) => store.write([home], (writer) => writer.insert(things, home, row))
  assert.equal(await insert({ id: 'a', count: 1 }), 'inserted')
  assert.equal(await insert({ id: 'a', count: 2 }), 'exists')
  assert.deepEqual(await stored(store, home, 'a'), { id: 'a', count: 1 })
  const twice = await store.write([home], async (writer) => [
    await writer.insert(things, home, { id: 'b' }),
    await writer.insert(things, home, { id: 'b' }),
    await writer.remove(things, home, 'b'),
    await writer.insert(things, home, { id: 'b', count: 3 }),
  ])
  assert.deepEqual(twice, ['inserted', 'exists', true, 'inserted'])
  assert.deepEqual(await stored(store, home, 'b'), { id: 'b', count: 3 })
})

law('lists are in bytewise order, whatever the language', async (store) => {
  const wanted = ['-', 'A', 'B', 'a', 'a-b', 'aa', 'b', 'é', '\uffee', '😀']
  await put(store, home, ...[...wanted].reverse().map((id) => ({ id })))
  await put(store, abroad, { id: 'elsewhere' })
  const seen = await store.read((reader) => reader.list(things, home))
  assert.equal(ids(seen), wanted.join(' '))
  assert.equal(ids(await store.current().list(things, home)), wanted.join(' '))
  const mixed = await store.write([home], async (writer) => {
    await writer.put(things, home, { id: 'a0' })
    await writer.remove(things, home, 'b')
    await writer.put(things, home, { id: '\uffed' })
    return ids(await writer.list(things, home))
  })
  assert.equal(mixed, ['-', 'A', 'B', 'a', 'a-b', 'a0', 'aa', 'é', '\uffed', '\uffee', '😀'].join(' '))
})

law('a list takes a prefix, a place to begin after, and a limit', async (store) => {
  await put(store, home, ...['/a', '/b/1', '/b/2', '/b/3', '/c', '\u{10ffff}', '\u{10ffff}x'].map((id) => ({ id })))
  const cases: readonly [options: { prefix?: string; after?: string; limit?: number }, want: string][] = [
    [{ prefix: '/b/' }, '/b/1 /b/2 /b/3'],
    [{ prefix: '/b/', after: '/b/1' }, '/b/2 /b/3'],
    [{ prefix: '/b/', limit: 2 }, '/b/1 /b/2'],
    [{ after: '/b/3', limit: 1 }, '/c'],
    [{ prefix: '/b/', after: '/c' }, ''],
    [{ prefix: '\u{10ffff}' }, '\u{10ffff} \u{10ffff}x'],
    [{ limit: 0 }, ''],
  ]
  for (const [options, want] of cases) {
    assert.equal(ids(await store.read((reader) => reader.list(things, home, options))), want)
    assert.equal(ids(await store.current().list(things, home, options)), want)
    const written = await store.write([home], async (writer) => {
      await writer.put(things, home, { id: '/b/2', count: 1 })
      return ids(await writer.list(things, home, options))
    })
    assert.equal(written, want)
  }
})

law('a long list is whole, in every hand', async (store) => {
  const rows = Array.from({ length: 2300 }, (_, index) => ({ id: String(index).padStart(6, '0'), tags: ['all'] }))
  await put(store, home, ...rows)
  const want = ids(rows)
  assert.equal(ids(await store.read((reader) => reader.list(things, home))), want)
  assert.equal(ids(await store.current().list(things, home)), want)
  assert.equal(ids(await store.current().find(things, home, 'tag', 'all')), want)
  assert.equal(ids(await store.write([home], (writer) => writer.find(things, home, 'tag', 'all'))), want)
  assert.equal((await store.current().list(things, home, { limit: 1500 })).length, 1500)
})

law('an index follows its rows', async (store) => {
  await put(store, home, { id: 'a', tags: ['x', 'y'] }, { id: 'b', tags: ['x', 'x'] }, { id: 'c' })
  await put(store, abroad, { id: 'd', tags: ['x'] })
  const find = async (tag: string) => ids(await store.current().find(things, home, 'tag', tag))
  assert.equal(await find('x'), 'a b')
  assert.equal(await find('x'), 'a b', 'from memory')
  const within = await store.write([home], async (writer) => {
    await writer.put(things, home, { id: 'a', tags: ['y'] })
    await writer.put(things, home, { id: 'c', tags: ['x'] })
    return ids(await writer.find(things, home, 'tag', 'x'))
  })
  assert.equal(within, 'b c')
  assert.equal(await find('x'), 'b c')
  assert.equal(await find('y'), 'a')
  await store.write([home], (writer) => writer.remove(things, home, 'b'))
  assert.equal(await find('x'), 'c')
})

law('a unique value is found across accounts', async (store) => {
  await put(store, abroad, { id: 'a', serial: 'S1' })
  const find = (serial: string) => store.current().findUnique(things, 'serial', serial)
  assert.deepEqual(await find('S1'), { account: abroad, row: { id: 'a', serial: 'S1' } })
  assert.equal(await find('S2'), undefined)
  await put(store, abroad, { id: 'a', serial: 'S2' })
  assert.equal(await find('S1'), undefined)
  assert.deepEqual(await find('S2'), { account: abroad, row: { id: 'a', serial: 'S2' } })
  await store.write([abroad, home], async (writer) => {
    await writer.remove(things, abroad, 'a')
    await writer.insert(things, home, { id: 'b', serial: 'S2' })
  })
  assert.equal((await find('S2'))?.account, home, 'a value can pass to another row in one write')
})

law('a taken unique value refuses the write, whoever holds it', async (store) => {
  await put(store, home, { id: 'a', serial: 'S1' })
  await rejectsAs(put(store, abroad, { id: 'b', serial: 'S1' }), 'UniqueTaken')
  const insert = store.write([abroad], (writer) => writer.insert(things, abroad, { id: 'b', serial: 'S1' }))
  await rejectsAs(insert, 'UniqueTaken')
  assert.equal(await stored(store, abroad, 'b'), undefined)
})

law('the same object comes back while a row is unchanged, and it is frozen', async (store) => {
  await put(store, home, { id: 'a', tags: ['x'], serial: 'S1' }, { id: 'b' })
  const row = await store.current().get(things, home, 'a')
  assert.ok(row && Object.isFrozen(row) && Object.isFrozen(row.tags))
  await put(store, home, { id: 'b', count: 1 })
  const later = store.current()
  assert.equal(await later.get(things, home, 'a'), row)
  assert.equal((await later.find(things, home, 'tag', 'x'))[0], row)
  assert.equal((await later.list(things, home))[0], row)
  assert.equal((await later.findUnique(things, 'serial', 'S1'))?.row, row)
  await put(store, home, { id: 'a', tags: ['x'] })
  assert.notEqual(await store.current().get(things, home, 'a'), row)
  assert.equal(await later.get(things, home, 'a'), row, 'the older picture keeps its row')
})
