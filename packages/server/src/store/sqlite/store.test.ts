/** The laws on SQLite, and what only an embedded database has: its folder, its lock, its limits. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { countIn, home, increment, put, runLaws, stored, testSurroundings, things } from '../conformance/all.ts'
import { openStore } from '../open.ts'

const root = mkdtempSync(join(tmpdir(), 'store-test-'))
after(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const newFolder = (): string => join(root, String(++count))
const open = (folder: string, pagesMax?: number) =>
  openStore({ kind: 'sqlite', folder, ...(pagesMax !== undefined && { pagesMax }) }, testSurroundings)

runLaws({
  name: 'sqlite',
  open: (aroundCommit) => openStore({ kind: 'sqlite', folder: newFolder(), aroundCommit }, testSurroundings),
})
runLaws({ name: 'ephemeral', open: (aroundCommit) => openStore({ kind: 'ephemeral', aroundCommit }, testSurroundings) })

test('what was written is there after closing and opening; the start writes a new mark', async () => {
  const folder = newFolder()
  const first = await open(folder)
  await put(first, home, { id: 'a', count: 1 })
  const { head } = first.current()
  await first.close()
  const second = await open(folder)
  assert.equal(await countIn(second.current(), home, 'a'), 1)
  const now = second.current().head
  assert.equal(now.revision, head.revision + 1n)
  assert.notEqual(now.mark, head.mark)
  assert.equal((await second.changes(head.revision, 1))[0]?.before, head.mark)
  await second.close()
})

test('a second store on one folder is refused, and let in when the first is closed', async () => {
  const folder = newFolder()
  const first = await open(folder)
  await assert.rejects(open(folder), { name: 'StoreRefused', why: 'in-use', message: /is in use by another server/ })
  await put(first, home, { id: 'a' })
  await first.close()
  await (await open(folder)).close()
})

test(
  'the data folder is its owner’s alone',
  { skip: process.platform === 'win32' && 'no modes on Windows' },
  async () => {
    const folder = newFolder()
    const store = await open(folder)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    await store.close()
  },
)

test('a second process on one folder is refused, and told whose it is', async () => {
  const folder = newFolder()
  const store = await open(folder)
  const child = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url))
  const run = spawnSync(process.execPath, [child, folder, '0'], { encoding: 'utf8', timeout: 20_000 })
  assert.notEqual(run.status, 0)
  assert.match(run.stderr, new RegExp(`is in use by another server \\(process ${process.pid}\\)`))
  await store.close()
})

test('a folder that cannot be made is refused with its name', async () => {
  const error = { name: 'StoreRefused', why: 'unusable', message: /\/dev\/null\/x/ }
  await assert.rejects(open('/dev/null/x'), error)
})

test('a newer schema and a foreign database are refused, and not changed', async () => {
  const folder = newFolder()
  await (await open(folder)).close()
  const file = join(folder, 'store.db')
  const change = (sql: string) => {
    const db = new DatabaseSync(file)
    db.exec(sql)
    db.close()
  }
  change('pragma user_version = 99')
  await assert.rejects(open(folder), { name: 'StoreRefused', why: 'newer-schema', message: /schema 99/ })
  change('pragma user_version = 1; pragma application_id = 5')
  await assert.rejects(open(folder), { name: 'StoreRefused', why: 'unusable' })
})

test('a full disk fails writes cleanly; reads go on, and writes when there is room again', async () => {
  const folder = newFolder()
  const store = await open(folder, 120)
  await put(store, home, { id: 'first', count: 1 })
  const big = 'x'.repeat(20_000)
  const results: PromiseSettledResult<void>[] = []
  for (let round = 0; round < 40; round++) {
    results.push(...(await Promise.allSettled([put(store, home, { id: `big${round}`, tags: [big] })])))
  }
  const failed = results.filter((result) => result.status === 'rejected')
  assert.ok(failed.length > 0, 'the bound was reached')
  for (const { reason } of failed) assert.deepEqual([reason.name, reason.code], ['StoreUnavailable', 'STORE.FULL'])
  assert.equal(await countIn(store.current(), home, 'first'), 1)
  const kept = results.flatMap((result, round) => (result.status === 'fulfilled' ? [`big${round}`] : []))
  assert.deepEqual(
    (await store.read((reader) => reader.list(things, home, { prefix: 'big' }))).map(({ id }) => id).toSorted(),
    kept.toSorted(),
  )
  await store.write([home], async (writer) => {
    for (const id of kept) await writer.remove(things, home, id)
  })
  await put(store, home, { id: 'again', count: 2 })
  assert.equal((await stored(store, home, 'again'))?.count, 2)
  await store.close()
})

test('a full store opens for reading', async () => {
  const folder = newFolder()
  const store = await open(folder)
  await put(store, home, { id: 'first', count: 1 })
  await store.close()
  const full = await open(folder, 1)
  const writing = await Promise.allSettled([put(full, home, { id: 'more', tags: ['x'.repeat(100_000)] })])
  const first = await countIn(full.current(), home, 'first')
  await full.close()
  assert.equal(first, 1)
  assert.equal(writing[0].status === 'rejected' && writing[0].reason.code, 'STORE.FULL')
})

test(
  'an ephemeral store leaves no folder',
  { skip: process.platform === 'win32' && 'TMPDIR is not used' },
  async () => {
    const folder = newFolder()
    mkdirSync(folder)
    const before = process.env.TMPDIR
    process.env.TMPDIR = folder
    try {
      const store = await openStore({ kind: 'ephemeral' }, testSurroundings)
      await increment(store, home, 'n')
      const [made = ''] = readdirSync(folder)
      assert.ok(readdirSync(join(folder, made)).includes('store.db'))
      await store.close()
      assert.deepEqual(readdirSync(folder), [])
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  },
)

test('rows that were not used leave memory and come back from the database', async () => {
  const store = await openStore({ kind: 'ephemeral', cacheWeightMax: 20_000 }, testSurroundings)
  for (let round = 0; round < 200; round++)
    await put(store, home, { id: `n${round}`, count: round, serial: `s${round}` })
  for (let round = 0; round < 200; round++) {
    assert.equal(await countIn(store.current(), home, `n${round}`), round)
    assert.equal((await store.current().findUnique(things, 'serial', `s${round}`))?.row.count, round)
  }
  await store.close()
})

test('the change list ends where it is a day old, and pictures go on', async () => {
  let ahead = 0
  const surroundings = { ...testSurroundings, now: () => Date.now() + ahead }
  const store = await openStore({ kind: 'ephemeral' }, surroundings)
  const old = store.current()
  await put(store, home, { id: 'a', count: 1 })
  assert.equal((await store.changes(old.head.revision, 10)).length, 1)
  ahead = 25 * 3600_000
  await Promise.all(Array.from({ length: 1000 }, (_, index) => put(store, String(index % 10), { id: `n${index}` })))
  const [first] = await store.changes(0n, 1)
  assert.ok(first && first.revision > old.head.revision + 1n)
  assert.equal(await countIn(store.current(), home, 'a'), 1)
  await store.close()
})

test('a picture from before the end of the change list is not trusted', async () => {
  let ahead = 0
  const surroundings = { ...testSurroundings, now: () => Date.now() + ahead }
  const store = await openStore({ kind: 'ephemeral' }, surroundings)
  await put(store, home, { id: 'a', count: 1 })
  const old = store.current()
  await store.write([home], (writer) => writer.remove(things, home, 'a'))
  ahead = 25 * 3600_000
  await Promise.all(Array.from({ length: 1000 }, (_, index) => put(store, String(index % 10), { id: `n${index}` })))
  await assert.rejects(old.list(things, home), { name: 'PictureMoved' })
  await store.close()
})
