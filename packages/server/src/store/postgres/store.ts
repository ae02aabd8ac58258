/** The store on PostgreSQL: several nodes on one database, each with its picture. */
import type { Pool, PoolClient, QueryResult } from 'pg'
import { refusalError } from '../jobs.ts'
import type { Refusal } from '../jobs.ts'
import { createAccountLocks } from '../locks.ts'
import type { AccountLocks } from '../locks.ts'
import { once } from '../once.ts'
import { createOverlay } from '../overlay.ts'
import type { Change, Head, Reader, Store, Writer } from '../port.ts'
import { snapshotReader } from '../reader.ts'
import type { Decode } from '../reader.ts'
import { decodeRow } from '../rows.ts'
import type { AroundCommit, Surroundings } from '../surroundings.ts'
import { createWriter } from '../writer.ts'
import type { Collected } from '../writer.ts'
import { asUnavailable, createPool, endPool, lostRace, onConnection, sqlState } from './connection.ts'
import { CHANGES, startFollower } from './follower.ts'
import type { ChangeRow, Follower } from './follower.ts'
import { postgresObjects } from './objects.ts'
import { migrate } from './schema.ts'
import { clientSource, pictureSource } from './source.ts'
import { trimChanges } from './trim.ts'
import { createWork } from './work.ts'

export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: string
  /** Schema that holds the tables; `understudy` unless said otherwise. */
  readonly schema?: string
  /** Milliseconds between looks at the database, when nothing is heard of it. */
  readonly freshnessMilliseconds?: number
  /** Milliseconds after which a picture is too old to decide with. */
  readonly stalenessMilliseconds?: number
  /** Characters of row bodies to keep in memory. */
  readonly cacheWeightMax?: number
  /** For tests of faults: stands around each transaction. */
  readonly aroundCommit?: AroundCommit
}

interface Parts {
  readonly pool: Pool
  readonly follower: Follower
  readonly locks: AccountLocks
  readonly aroundCommit: AroundCommit
  readonly surroundings: Surroundings
}

const DEFAULTS = {
  schema: 'understudy',
  freshnessMilliseconds: 500,
  stalenessMilliseconds: 10_000,
  cacheWeightMax: 32 * 1024 * 1024,
}
/** How often a write that lost a race is run again. */
const RACES_MAX = 5

export async function openPostgresStore(options: PostgresOptions, surroundings: Surroundings): Promise<Store> {
  const settings = { ...DEFAULTS, ...options }
  const pool = createPool(settings)
  const aroundCommit: AroundCommit = options.aroundCommit ?? ((commit) => commit())
  try {
    await onConnection(pool, (client) => migrate(client, settings.schema))
    // Start-up writes a new mark: a node of another history notices.
    await onConnection(pool, (client) => commitChanges(client, [], [], surroundings))
    await trimChanges(pool, surroundings)
    const follower = await startFollower(settings, pictureSource(pool), surroundings)
    return createStore({ pool, follower, locks: createAccountLocks(), aroundCommit, surroundings })
  } catch (error) {
    await endPool(pool)
    throw asUnavailable(error)
  }
}

function createStore(parts: Parts): Store {
  const { pool, follower, aroundCommit } = parts
  const work = createWork()
  // Housekeeping that fails is done the next minute.
  const trimming = setInterval(() => void trimChanges(pool, parts.surroundings).catch(() => undefined), TRIM_EVERY)
  trimming.unref()
  return {
    read: async (use) => valueOf(await onConnection(pool, (client) => readSnapshot(follower, client, use))),
    current: follower.current,
    fresh: follower.fresh,
    write: (accounts, use) => work.run(() => writeAndPublish(parts, [...new Set(accounts)].sort(), use)),
    changes: (after, limit) => readChanges(pool, after, limit),
    onChange: (listener) => {
      follower.listeners.add(listener)
      return () => void follower.listeners.delete(listener)
    },
    objects: postgresObjects(pool, aroundCommit),
    close: once(async () => {
      clearInterval(trimming)
      await work.drain()
      await follower.close()
      await endPool(pool)
    }),
  }
}

/** Old changes are looked for this often, in milliseconds. */
const TRIM_EVERY = 60_000

async function readSnapshot<R>(
  follower: Follower,
  client: PoolClient,
  use: (reader: Reader) => Promise<R>,
): Promise<Settled<R>> {
  const text =
    'begin isolation level repeatable read read only; select revision, mark, pg_is_in_recovery() as standby from head'
  const head = await several(client, text).then((results) => headOf(results[1]))
  const result = await settled(use(snapshotReader(head, clientSource(client), sharing(follower, head))))
  await several(client, 'commit')
  return result
}

/** What a handler came to. A connection is fit for use after a handler's error, and not after an error of its own. */
type Settled<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: unknown }

const settled = <R>(promise: Promise<R>): Promise<Settled<R>> =>
  promise.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error }),
  )

function valueOf<R>(result: Settled<R>): R {
  if (result.ok) return result.value
  throw result.error
}

/** Rows of the published head are the same objects as those of the pictures. */
function sharing(follower: Follower, head: Head): Decode {
  const at = follower.current().head
  if (at.revision !== head.revision || at.mark !== head.mark) return decodeRow
  const cache = follower.cache()
  return (kind, raw) => cache.adopt(kind, raw, false, Number(head.revision))
}

function headOf(result: QueryResult | undefined): Head {
  const row = result?.rows[0] as { revision: number; mark: string; standby: boolean } | undefined
  if (!row) throw asUnavailable(new Error('the store has no head'))
  if (row.standby) throw asUnavailable(new Error('the server is a standby'))
  return { revision: BigInt(row.revision), mark: row.mark }
}

async function writeAndPublish<R>(
  parts: Parts,
  accounts: readonly string[],
  use: (writer: Writer) => Promise<R>,
): Promise<R> {
  const value = await parts.locks.hold(accounts, () => writeRows(parts, accounts, use))
  // Publish, then answer.
  await parts.follower.fresh()
  return value
}

async function writeRows<R>(
  parts: Parts,
  accounts: readonly string[],
  use: (writer: Writer) => Promise<R>,
): Promise<R> {
  for (let race = 1; ; race++) {
    try {
      return valueOf(await onConnection(parts.pool, (client) => writeOnce(parts, client, accounts, use)))
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      if (race === RACES_MAX || !(lostRace(error) || lostRace(cause))) throw error
    }
  }
}

async function writeOnce<R>(
  parts: Parts,
  client: PoolClient,
  accounts: readonly string[],
  use: (writer: Writer) => Promise<R>,
): Promise<Settled<R>> {
  const { follower, surroundings } = parts
  const { head } = follower.current()
  const lastRevision = await lockRows(client, accounts)
  const { writer, collected } = createWriter({
    head,
    accounts: new Set(accounts),
    source: clientSource(client),
    decode: decodeRow,
    waiting: createOverlay(),
    movedSince: (since) => !follower.knows(since) || lastRevision > Number(since.revision),
  })
  const result = await settled(use(writer))
  const refused = result.ok ? await commitCollected(parts, client, collected, surroundings) : undefined
  if (result.ok && !refused) return result
  await several(client, 'rollback')
  return refused ? { ok: false, error: refused } : result
}

/** @returns what refused the change set */

async function commitCollected(
  { aroundCommit }: Parts,
  client: PoolClient,
  collected: Collected,
  surroundings: Surroundings,
): Promise<Error | undefined> {
  const changes = collected.entries().map((entry) => entry.change)
  const buckets = collected.emptyBuckets()
  try {
    if (changes.length === 0 && buckets.length === 0) await several(client, 'commit')
    else await aroundCommit(() => commitChanges(client, changes, buckets, surroundings))
    return undefined
  } catch (error) {
    const refused = refusedBy(error)
    if (refused) return refused
    throw asUnavailable(error)
  }
}

/** Locks the rows of the accounts in ascending order. @returns the revision of their last change */
async function lockRows(client: PoolClient, accounts: readonly string[]): Promise<number> {
  const list = accounts.map((account) => client.escapeLiteral(account)).join(', ')
  const text = `begin; insert into account_lock select a, 0 from unnest(array[${list}]::text[]) a order by a collate "C" on conflict do nothing;
    select revision from account_lock where account = any(array[${list}]::text[]) order by account for update`
  const results = await several(client, text)
  const rows = (results[2]?.rows ?? []) as readonly { revision: number }[]
  return Math.max(0, ...rows.map((row) => row.revision))
}

/** Commits in one round trip: the lock of `head` is held for its length. */
async function commitChanges(
  client: PoolClient,
  changes: readonly object[],
  emptyBuckets: readonly string[],
  { chance, now }: Surroundings,
): Promise<void> {
  const mark = Buffer.from(chance(16)).toString('hex')
  const literal = (text: string) => client.escapeLiteral(text)
  const buckets = `array[${emptyBuckets.map(literal).join(', ')}]::text[]`
  const text = `select commit_changes(${literal(JSON.stringify(changes))}::jsonb, ${literal(mark)}, ${now()}, ${buckets}); commit`
  await client.query(text)
}

/** The error that a refusal of `commit_changes` stands for. */
function refusedBy(error: unknown): Error | undefined {
  if (sqlState(error) !== 'UY001') return undefined
  return refusalError(JSON.parse((error as Error & { readonly detail: string }).detail) as Refusal)
}

/** Several statements in one round trip. */
async function several(client: PoolClient, text: string): Promise<readonly QueryResult[]> {
  try {
    // With several statements pg answers an array, which its types do not say.
    const answer = (await client.query(text)) as QueryResult | QueryResult[]
    return Array.isArray(answer) ? answer : [answer]
  } catch (error) {
    throw asUnavailable(error)
  }
}

async function readChanges(pool: Pool, after: bigint, limit: number): Promise<readonly Change[]> {
  const { rows } = await pool.query<ChangeRow>(CHANGES, [Number(after), limit]).catch((error: unknown) => {
    throw asUnavailable(error)
  })
  return rows.map((row) => ({ ...row, revision: BigInt(row.revision) }))
}
