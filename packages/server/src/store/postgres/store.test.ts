/** The laws on PostgreSQL, and what only several nodes on one database have. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import {
  countIn,
  home,
  increment,
  pause,
  put,
  rejectsAs,
  runLaws,
  stored,
  testSurroundings,
  things,
} from '../conformance/all.ts'
import { openStore } from '../open.ts'
import type { Store } from '../port.ts'
import type { AroundCommit, Surroundings } from '../surroundings.ts'
import { findBinaries, startTestServer } from './testing/server.ts'
import type { TestServer } from './testing/server.ts'

const binaries = await findBinaries()
const skip = typeof binaries === 'string' ? binaries : false
let server: TestServer
let count = 0
const newSchema = (): string => `test_${++count}`

before(async () => {
  if (typeof binaries !== 'string') server = await startTestServer(binaries)
})
after(() => server?.stop())

interface Node {
  readonly schema?: string
  readonly aroundCommit?: AroundCommit
  readonly freshnessMilliseconds?: number
  readonly stalenessMilliseconds?: number
  readonly surroundings?: Surroundings
}
const open = ({ surroundings = testSurroundings, ...node }: Node): Promise<Store> =>
  openStore({ kind: 'postgres', url: server.url, schema: newSchema(), ...node }, surroundings)

runLaws({ name: 'postgres', ...(skip && { skip }), open: (aroundCommit) => open({ aroundCommit }) })

const nodes = async (
  use: (first: Store, second: Store, schema: string) => Promise<void>,
  options: Node = {},
): Promise<void> => {
  const schema = newSchema()
  const both = await Promise.all([open({ schema, ...options }), open({ schema, ...options })])
  try {
    await use(both[0], both[1], schema)
  } finally {
    await Promise.all(both.map((store) => store.close()))
  }
}

async function sql(text: string): Promise<void> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(text)
  await client.end()
}

test('a fresh picture of one node holds what another wrote', { skip }, () =>
  nodes(
    async (first, second) => {
      await put(first, home, { id: 'a', count: 1 })
      assert.equal(await countIn(await second.fresh(), home, 'a'), 1)
      await put(first, home, { id: 'a', count: 2 })
      assert.equal(await countIn(await second.fresh(), home, 'a'), 2)
    },
    { freshnessMilliseconds: 3_600_000 },
  ),
)

test('a node hears of changes without being asked', { skip }, () =>
  nodes(
    async (first, second) => {
      await put(first, home, { id: 'a', count: 1 })
      for (let turn = 0; turn < 100 && second.current().head.revision < first.current().head.revision; turn++)
        await pause(20)
      assert.equal(await countIn(second.current(), home, 'a'), 1)
    },
    { freshnessMilliseconds: 3_600_000 },
  ),
)

test('writes of several nodes to one account come one after the other', { skip }, () =>
  nodes(async (first, second) => {
    const counts = await Promise.all(
      Array.from({ length: 40 }, (_, index) => increment(index % 2 ? first : second, home, 'n')),
    )
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      Array.from({ length: 40 }, (_, index) => index + 1),
    )
  }),
)

test('a writer knows that another node changed its account', { skip }, () =>
  nodes(async (first, second) => {
    const { head } = await second.fresh()
    await put(first, home, { id: 'a' })
    assert.equal(await second.write([home], async (writer) => writer.movedSince(head)), true)
    const now = (await second.fresh()).head
    assert.equal(await second.write([home], async (writer) => writer.movedSince(now)), false)
  }),
)

test('a history with other marks drops the whole picture', { skip }, () =>
  nodes(
    async (first, second, schema) => {
      await put(first, home, { id: 'a', count: 1 })
      const old = await second.fresh()
      assert.equal(await countIn(old, home, 'a'), 1)
      const dropped: unknown[] = []
      second.onChange((_, touched) => dropped.push(touched))
      // As after a fail-over: the last change is lost, and its number used again by another one.
      await sql(`set search_path = ${schema}; update item set body = '{"id":"a","count":9}' where key = 'a';
        update change set after = repeat('e', 32) where revision = (select revision from head); update head set mark = repeat('e', 32)`)
      assert.equal(await countIn(await second.fresh(), home, 'a'), 9)
      assert.deepEqual(dropped, ['all'])
      assert.equal(await second.write([home], async (writer) => writer.movedSince(old.head)), true)
      await rejectsAs(countIn(old, home, 'unseen'), 'PictureMoved')
    },
    { freshnessMilliseconds: 3_600_000 },
  ),
)

test('a node behind the end of the change list drops its picture', { skip }, () =>
  nodes(
    async (first, second, schema) => {
      await second.fresh()
      const heard: unknown[] = []
      second.onChange((_, touched) => heard.push(touched))
      await put(first, home, { id: 'a', count: 1 })
      await second.fresh()
      // Two changes that nobody is told of; the list begins with the second.
      await sql(`set search_path = ${schema}; update item set body = '{"id":"a","count":3}', revision = revision + 1;
        update head set revision = revision + 2, mark = repeat('f', 32); delete from change;
        insert into change select revision, repeat('e', 32), mark, 9e15 from head`)
      assert.equal(await countIn(await second.fresh(), home, 'a'), 3)
      assert.equal(heard.at(-1), 'all')
    },
    { freshnessMilliseconds: 3_600_000 },
  ),
)

test('old changes go at the start, the last one stays', { skip }, async () => {
  const schema = newSchema()
  const first = await open({ schema })
  for (let count = 1; count <= 3; count++) await put(first, home, { id: 'a', count })
  await first.close()
  const surroundings = { ...testSurroundings, now: () => Date.now() + 25 * 3600_000 }
  const second = await open({ schema, surroundings })
  assert.equal((await second.changes(0n, 10)).length, 1)
  assert.equal(await countIn(second.current(), home, 'a'), 3)
  await put(second, home, { id: 'a', count: 4 })
  assert.equal(await countIn(second.current(), home, 'a'), 4)
  await second.close()
})

test('a picture older than the staleness limit is not used', { skip }, async () => {
  let ahead = 0
  const surroundings = { ...testSurroundings, monotonic: () => performance.now() + ahead }
  const store = await open({ surroundings, freshnessMilliseconds: 3_600_000, stalenessMilliseconds: 5000 })
  store.current()
  ahead = 6000
  assert.throws(() => store.current(), { name: 'StoreUnavailable', code: 'STORE.STALE' })
  await store.fresh()
  store.current()
  await store.close()
})

test('a newer schema is refused', { skip }, async () => {
  const schema = newSchema()
  await (await open({ schema })).close()
  await sql(`update ${schema}.schema_version set version = 99`)
  await assert.rejects(open({ schema }), { name: 'StoreRefused', why: 'newer-schema' })
})

test('a database that is not there is refused with a message', { skip }, async () => {
  const url = server.url.replace('/postgres?', '/nowhere?')
  const opening = openStore({ kind: 'postgres', url }, testSurroundings)
  await assert.rejects(opening, { name: 'StoreRefused', message: /"nowhere" does not exist/ })
})

test(
  'after a crash of the database every acknowledged write is there, and the node goes on',
  { skip, timeout: 60_000 },
  async () => {
    const store = await open({ freshnessMilliseconds: 100 })
    const acknowledged: string[] = []
    const state = { going: true }
    const burst = Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        for (let turn = 0; state.going; turn++) {
          const id = `${lane}-${turn}`
          await put(store, String(lane), { id }).then(
            () => acknowledged.push(`${lane}/${id}`),
            (error: Error) => assert.equal(error.name, 'StoreUnavailable'),
          )
          if (turn > 10_000) throw new Error('never ended')
          await pause(2)
        }
      }),
    )
    await pause(300)
    await server.crash()
    await pause(300)
    state.going = false
    await burst
    assert.ok(acknowledged.length > 8)
    for (const name of acknowledged) {
      const [account = '', id = ''] = name.split('/')
      assert.ok(await stored(store, account, id), `${name} was acknowledged`)
    }
    for (let turn = 0; turn < 100 && (await put(store, home, { id: 'z' }).catch(() => 'away')) === 'away'; turn++)
      await setTimeout(100)
    assert.deepEqual(await (await store.fresh()).get(things, home, 'z'), { id: 'z' })
    await store.close()
  },
)
