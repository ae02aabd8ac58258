/**
 * The blobs in PostgreSQL, in chunks, so that every node reads what any node took. No connection is held while a client sends
 * or receives: each chunk is a statement of its own. A blob exists once its row says that it is complete; one that is removed
 * keeps its bytes for an hour, for the readers that have begun.
 */
import { createHash } from 'node:crypto'
import type { Pool, QueryResult } from 'pg'
import { BlobMissing, BlobsUnavailable } from './errors.ts'
import { createBlobPool, endPool, prepareSchema } from './postgres-connection.ts'
import type { Blobs, ByteRange, PutBlob } from './port.ts'

export interface PostgresBlobsOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: string
  /** Schema that holds the tables. */
  readonly schema?: string
  /** So many unpredictable bytes, for ids. */
  readonly chance: (count: number) => Uint8Array
}

/** Bytes of all chunks of a blob but the last: so much of a blob is in memory at a time. */
const CHUNK_BYTES = 512 * 1024
/** Blobs looked at in one statement. */
const PAGE = 100
const HOUSEKEEPING_MILLISECONDS = 10 * 60_000

/** @throws Error when the database cannot be used */
export async function openPostgresBlobs({
  url,
  schema = 'understudy_blobs',
  chance,
}: PostgresBlobsOptions): Promise<Blobs> {
  const pool = createBlobPool(url, schema)
  try {
    await prepareSchema(pool, schema)
    await purge(pool)
  } catch (error) {
    await endPool(pool)
    throw error
  }
  // Housekeeping that fails is done the next time.
  const housekeeping = setInterval(() => void purge(pool).catch(() => undefined), HOUSEKEEPING_MILLISECONDS)
  housekeeping.unref()
  return {
    put: async (bytes) => {
      const id = Buffer.from(chance(16)).toString('hex')
      return { id, ...(await take(pool, id, bytes)) }
    },
    read: (id, range) => readChunks(pool, id, range),
    remove: async (id) => {
      await asking('written', () => pool.query(REMOVE, [[id]]))
    },
    sweep: (inUse) => sweepOrphans(pool, inUse),
    close: async () => {
      clearInterval(housekeeping)
      await endPool(pool)
    },
  }
}

const BEGIN = 'insert into blob (id, chunk_bytes) values ($1, $2)'
/**
 * Does not wait for the disk: the commit of `FINISH` does, and what was committed before it is durable then, too. Keeps the
 * sweep off an upload under way.
 */
const ADD = `with unhurried as (select set_config('synchronous_commit', 'off', true)),
    touched as (update blob set touched = now() where id = $1 and size is null returning id)
  insert into chunk select touched.id, $2::integer, $3::bytea from touched, unhurried`
/** Counts again: a database that crashed between two chunks may have lost the first. */
const FINISH = `update blob set size = $2, touched = now() where id = $1 and size is null
  and (select coalesce(sum(octet_length(bytes)), 0) from chunk where blob = $1) = $2::bigint`
const REMOVE = 'update blob set removed = now() where id = any($1) and removed is null'

/** Takes a stream; what fails leaves nothing that could be read. Errors of the stream itself pass as they are. */
async function take(pool: Pool, id: string, bytes: AsyncIterable<Uint8Array>): Promise<Omit<PutBlob, 'id'>> {
  const md5 = createHash('md5')
  let size = 0
  let number = 0
  const write = (text: string, values: unknown[]): Promise<void> =>
    asking('written', async () => {
      if ((await pool.query(text, values)).rowCount !== 1) throw new Error('the upload is gone from the database')
    })
  await write(BEGIN, [id, CHUNK_BYTES])
  try {
    for await (const chunk of chunked(bytes)) {
      md5.update(chunk)
      size += chunk.byteLength
      await write(ADD, [id, number++, chunk])
    }
    await write(FINISH, [id, size])
    return { size, md5Hex: md5.digest('hex') }
  } catch (error) {
    // Where the database is away, the sweep of a later start does it.
    await pool.query(REMOVE, [[id]]).catch(() => undefined)
    throw error
  }
}

/** The same bytes in pieces of `CHUNK_BYTES`, the last one shorter. */
async function* chunked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafe(CHUNK_BYTES)
  let filled = 0
  for await (const part of bytes)
    for (let done = 0; done < part.byteLength;) {
      const count = Math.min(CHUNK_BYTES - filled, part.byteLength - done)
      piece.set(part.subarray(done, done + count), filled)
      filled += count
      done += count
      if (filled < CHUNK_BYTES) continue
      yield piece
      piece = Buffer.allocUnsafe(CHUNK_BYTES)
      filled = 0
    }
  if (filled > 0) yield piece.subarray(0, filled)
}

interface BlobRow {
  readonly size: number
  readonly chunk_bytes: number
}

async function* readChunks(pool: Pool, id: string, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  const found = await asking('read', () =>
    pool.query<BlobRow>('select size, chunk_bytes from blob where id = $1 and size is not null and removed is null', [
      id,
    ]),
  )
  const [blob] = found.rows
  if (!blob) throw new BlobMissing(id)
  const end = Math.min(range?.end ?? blob.size - 1, blob.size - 1)
  for (let at = range?.start ?? 0; at <= end;) {
    const number = Math.floor(at / blob.chunk_bytes)
    const from = at - number * blob.chunk_bytes
    const count = Math.min(blob.chunk_bytes - from, end - at + 1)
    const bytes = await readChunk(pool, id, { number, from, count })
    yield bytes
    at += bytes.byteLength
  }
}

interface Piece {
  readonly number: number
  /** First byte within the chunk. */
  readonly from: number
  readonly count: number
}

async function readChunk(pool: Pool, id: string, { number, from, count }: Piece): Promise<Uint8Array> {
  const { rows } = await asking('read', () =>
    pool.query<{ readonly bytes: Buffer }>(
      'select substring(bytes from $3 for $4) as bytes from chunk where blob = $1 and number = $2',
      [id, number, from + 1, count],
    ),
  )
  const bytes = rows[0]?.bytes
  if (bytes?.byteLength !== count) throw new BlobMissing(id)
  return bytes
}

/** A day after its last sign of life, what no row needs is an upload that died with its node. */
const UNSEEN = `select id from blob where removed is null and touched < now() - interval '1 day' and id > $1 order by id limit ${PAGE}`

async function sweepOrphans(
  pool: Pool,
  inUse: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  let removed = 0
  for (let after = ''; ;) {
    const { rows } = await pool.query<{ readonly id: string }>(UNSEEN, [after])
    const ids = rows.map(({ id }) => id)
    const used = await inUse(ids)
    const orphans = ids.filter((id) => !used.has(id))
    if (orphans.length > 0) await pool.query(REMOVE, [orphans])
    removed += orphans.length
    const last = ids.at(-1)
    if (ids.length < PAGE || last === undefined) return removed
    after = last
  }
}

const GONE = "removed < now() - interval '1 hour'"
/** In small steps: the chunks of one blob alone can be more than a statement may take. */
const PURGE_CHUNKS = `delete from chunk where (blob, number) in (select c.blob, c.number from blob b join chunk c on c.blob = b.id
  where b.${GONE} limit ${PAGE})`
const PURGE_BLOBS = `delete from blob where id in
  (select b.id from blob b where b.${GONE} and not exists (select 1 from chunk c where c.blob = b.id) limit ${PAGE})`

/** Gives the room of removed blobs back. */
async function purge(pool: Pool): Promise<void> {
  for (const step of [PURGE_CHUNKS, PURGE_BLOBS]) while (((await pool.query(step)).rowCount ?? 0) > 0);
}

async function asking<R extends QueryResult | void>(doing: 'written' | 'read', ask: () => Promise<R>): Promise<R> {
  try {
    return await ask()
  } catch (error) {
    throw new BlobsUnavailable(error, doing)
  }
}
