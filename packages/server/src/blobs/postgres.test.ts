/** Blobs in PostgreSQL: the laws, and what only a shared database has. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { runBlobLaws, stream, text } from './conformance.ts'
import { openPostgresBlobs } from './postgres.ts'
import type { Blobs } from './port.ts'
import { findBinaries, startTestServer } from '../store/postgres/testing/server.ts'
import type { TestServer } from '../store/postgres/testing/server.ts'

const binaries = await findBinaries()
const skip = typeof binaries === 'string' ? binaries : false
let server: TestServer
let count = 0
const newSchema = (): string => `blobs_${++count}`

before(async () => {
  if (typeof binaries !== 'string') server = await startTestServer(binaries)
})
after(() => server?.stop())

const open = (schema = newSchema()): Promise<Blobs> =>
  openPostgresBlobs({ url: server.url, schema, chance: randomBytes })

runBlobLaws({ name: 'postgres', ...(skip && { skip }), open })

async function sql<R extends object>(schema: string, statement: string): Promise<readonly R[]> {
  const client = new Client({ connectionString: server.url, options: `-c search_path=${schema}` })
  await client.connect()
  try {
    return (await client.query<R>(statement)).rows
  } finally {
    await client.end()
  }
}
const rowsOf = async (schema: string, table: 'blob' | 'chunk'): Promise<number> =>
  (await sql<{ n: number }>(schema, `select count(*)::integer as n from ${table}`))[0]?.n ?? -1

const nodes = async (use: (first: Blobs, second: Blobs, schema: string) => Promise<void>): Promise<void> => {
  const schema = newSchema()
  // Both make the schema at once.
  const [first, second] = await Promise.all([open(schema), open(schema)])
  try {
    await use(first, second, schema)
  } finally {
    await first.close()
    await second.close()
  }
}

test('one node reads and removes what another took', { skip }, () =>
  nodes(async (first, second) => {
    const { id } = await first.put(stream('shared'))
    assert.equal(await text(second.read(id)), 'shared')
    await second.remove(id)
    await assert.rejects(text(first.read(id)), { name: 'BlobMissing' })
  }),
)

test('an upload under way cannot be read, and another start leaves it alone', { skip }, () =>
  nodes(async (first, second, schema) => {
    const started = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1024 * 1024, 'a')
      started.resolve()
      await go.promise
      yield Buffer.from('end')
    }
    const upload = first.put(slow())
    await started.promise
    const [row] = await sql<{ id: string }>(schema, 'select id from blob')
    await assert.rejects(text(second.read(row?.id ?? '')), { name: 'BlobMissing' })
    assert.equal(await second.sweep(async () => new Set()), 0)
    const third = await open(schema)
    await third.close()
    go.resolve()
    const { id, size } = await upload
    assert.equal(size, 1024 * 1024 + 3)
    assert.equal((await text(second.read(id))).length, size)
  }),
)

const yesterday = "update blob set touched = now() - interval '25 hours'"

test('the sweep takes what no row needs, a day later; others stay', { skip }, () =>
  nodes(async (first, second, schema) => {
    const kept = await first.put(stream('kept'))
    const orphans = await Promise.all(Array.from({ length: 120 }, (_, index) => first.put(stream(`${index}`))))
    const inUse = async (ids: readonly string[]) => new Set(ids.filter((id) => id === kept.id))
    assert.equal(await second.sweep(inUse), 0)
    await sql(schema, yesterday)
    await sql(schema, `insert into blob (id, chunk_bytes, touched) values ('half', 1, now() - interval '2 days')`)
    const young = await first.put(stream('young'))
    assert.equal(await second.sweep(inUse), orphans.length + 1)
    assert.equal(await second.sweep(inUse), 0)
    assert.equal(await text(second.read(kept.id)), 'kept')
    assert.equal(await text(second.read(young.id)), 'young')
    for (const { id } of orphans.slice(0, 3)) await assert.rejects(text(first.read(id)), { name: 'BlobMissing' })
  }),
)

test('the room of removed blobs comes back after an hour', { skip }, () =>
  nodes(async (first, _second, schema) => {
    const kept = await first.put(stream('kept'))
    for (let turn = 0; turn < 3; turn++) await first.remove((await first.put(stream(`gone ${turn}`))).id)
    const broken = new Error('the client went away')
    await assert.rejects(first.put(stream(Buffer.alloc(2 * 1024 * 1024), broken)), broken)
    await (await open(schema)).close()
    assert.ok((await rowsOf(schema, 'chunk')) >= 4)
    await sql(schema, "update blob set removed = now() - interval '61 minutes' where removed is not null")
    await (await open(schema)).close()
    assert.deepEqual([await rowsOf(schema, 'blob'), await rowsOf(schema, 'chunk')], [1, 1])
    assert.equal(await text(first.read(kept.id)), 'kept')
  }),
)

test('a chunk lost in a crash of the database fails the upload', { skip }, () =>
  nodes(async (first, second, schema) => {
    async function* losing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1024 * 1024, 'a')
      await sql(schema, 'delete from chunk where number = 0')
      yield Buffer.from('end')
    }
    await assert.rejects(first.put(losing()), { name: 'BlobsUnavailable' })
    const [row] = await sql<{ id: string }>(schema, 'select id from blob')
    await assert.rejects(text(second.read(row?.id ?? '')), { name: 'BlobMissing' })
  }),
)

test('a database that is away says BlobsUnavailable, and comes back', { skip, timeout: 60_000 }, async () => {
  const blobs = await open()
  const { id } = await blobs.put(stream('kept'))
  await server.crash({
    meanwhile: async () => {
      await assert.rejects(blobs.put(stream('x')), { name: 'BlobsUnavailable', message: /cannot be written/ })
      await assert.rejects(text(blobs.read(id)), { name: 'BlobsUnavailable', message: /cannot be read/ })
      await assert.rejects(blobs.remove(id), { name: 'BlobsUnavailable' })
    },
  })
  assert.equal(await text(blobs.read(id)), 'kept')
  await blobs.close()
})

test('a newer schema is refused', { skip }, async () => {
  const schema = newSchema()
  await (await open(schema)).close()
  await sql(schema, 'update schema_version set version = 99')
  await assert.rejects(open(schema), /schema 99/)
})
