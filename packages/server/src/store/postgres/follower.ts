/**
 * Follows the head of the database: asks for it on a connection of its own, advances the picture along an unbroken chain of
 * marks, and otherwise drops it whole. Knows how old the picture is.
 */
import { Client } from 'pg'

import { createRowCache } from '../cache.ts'
import type { RowCache } from '../cache.ts'
import { StoreUnavailable } from '../errors.ts'
import { tell } from '../listeners.ts'
import type { ChangeListener, Head, Picture, Touched } from '../port.ts'
import type { PictureSource } from '../question.ts'
import { createPicture } from '../reader.ts'
import type { Surroundings } from '../surroundings.ts'
import { asUnavailable, connectionConfig, endClient } from './connection.ts'
import type { Database } from './connection.ts'

export interface FollowerOptions extends Database {
  /** Milliseconds between two looks. */
  readonly freshnessMilliseconds: number
  /** Milliseconds after which a picture is not used any more. */
  readonly stalenessMilliseconds: number
  readonly cacheWeightMax: number
}

export interface Follower {
  /** Throws `StoreUnavailable` with `STORE.STALE` when the last good look is too long ago. */
  readonly current: () => Picture
  /** A picture whose look began after this call. */
  readonly fresh: () => Promise<Picture>
  readonly cache: () => RowCache
  /** Whether a head was published since the picture was last dropped. */
  readonly knows: (head: Head) => boolean
  readonly listeners: Set<ChangeListener>
  readonly close: () => Promise<void>
}

interface Published {
  readonly picture: Picture
  readonly cache: RowCache
  readonly known: WeakSet<Head>
}

/** Changes read in one look. */
const CHANGES_PAGE = 1000
/** Milliseconds that a look may take. */
const LOOK_TIMEOUT = 2000

const HEAD = 'select h.revision, h.mark, pg_is_in_recovery() as standby from head h'
export const CHANGES = `select c.revision, c.before, c.after,
    (select coalesce(jsonb_agg(jsonb_build_object('account', i.account, 'kind', i.kind, 'key', i.key) order by i.kind, i.account, i.key), '[]')
       from change_item i where i.revision = c.revision) as touched
  from change c where c.revision > $1 order by c.revision limit $2`

export interface ChangeRow {
  readonly revision: number
  readonly before: string
  readonly after: string
  readonly touched: readonly Touched[]
}

export async function startFollower(
  options: FollowerOptions,
  source: PictureSource,
  { monotonic }: Surroundings,
): Promise<Follower> {
  const listeners = new Set<ChangeListener>()
  let lastError: unknown
  const note = (error: unknown): void => void (lastError = error)
  const watch = createWatch(options, () => void look().catch(note))
  const drop = (head: Head): Published =>
    published(head, createRowCache(Number(head.revision), options.cacheWeightMax), source)
  let now: Published | undefined
  let goodAt = 0
  let closed = false

  const lookOnce = async (): Promise<void> => {
    const began = monotonic()
    const client = await watch.client()
    const head = await readHead(client)
    const step = now ? await advance(now, head, client, source) : 'broken'
    if (step !== 'there') {
      now = step === 'broken' ? drop(head) : step.next
      tell(listeners, now.picture.head, step === 'broken' ? 'all' : step.touched)
    }
    goodAt = began
  }
  const look = shared(async () => {
    if (closed) throw new StoreUnavailable('STORE.CLOSED', 'The store is closed.')
    try {
      await lookOnce()
    } catch (error) {
      watch.drop()
      throw asUnavailable(error)
    }
  })
  const current = (): Published => {
    const age = monotonic() - goodAt
    if (now && age <= options.stalenessMilliseconds) return now
    throw new StoreUnavailable(
      'STORE.STALE',
      `The last good look at the database was ${Math.round(age)} ms ago.`,
      lastError,
    )
  }
  await look()
  const poll = setInterval(() => void look().catch(note), options.freshnessMilliseconds)
  return {
    current: () => current().picture,
    fresh: () => look().then(() => current().picture),
    cache: () => current().cache,
    knows: (head) => now?.known.has(head) === true,
    listeners,
    close: async () => {
      closed = true
      clearInterval(poll)
      await watch.close()
    },
  }
}

function published(
  head: Head,
  cache: RowCache,
  source: PictureSource,
  known: WeakSet<Head> = new WeakSet(),
): Published {
  known.add(head)
  return { picture: createPicture(head, cache, source), cache, known }
}

type Step = 'there' | 'broken' | { readonly next: Published; readonly touched: readonly Touched[] }

/** Applies the changes up to the head, or later ones; all of them, then one new picture. */
async function advance(from: Published, head: Head, client: Client, source: PictureSource): Promise<Step> {
  const at = from.picture.head
  if (at.revision === head.revision && at.mark === head.mark) return 'there'
  const changes = await changesAfter(Number(at.revision), client)
  const last = changes.at(-1)
  if (!last || !chains(at, changes)) return 'broken'
  for (const { revision, touched } of changes) from.cache.advance(revision, touched)
  const next = { revision: BigInt(last.revision), mark: last.after }
  return { next: published(next, from.cache, source, from.known), touched: changes.flatMap(({ touched }) => touched) }
}

async function changesAfter(revision: number, client: Client): Promise<readonly ChangeRow[]> {
  const changes: ChangeRow[] = []
  for (;;) {
    const { rows } = await client.query<ChangeRow>(CHANGES, [changes.at(-1)?.revision ?? revision, CHANGES_PAGE])
    changes.push(...rows)
    if (rows.length < CHANGES_PAGE) return changes
  }
}

/** Whether each change begins where the one before ended. */
function chains(from: Head, rows: readonly ChangeRow[]): boolean {
  let { mark } = from
  return rows.every((row, index) => {
    const fits = row.before === mark && BigInt(row.revision) === from.revision + BigInt(index + 1)
    mark = row.after
    return fits
  })
}

async function readHead(client: Client): Promise<Head> {
  const { rows } = await client.query<{ revision: number; mark: string; standby: boolean }>(HEAD)
  const [row] = rows
  if (!row) throw new Error('the store has no head')
  if (row.standby) throw new Error('the server is a standby')
  return { revision: BigInt(row.revision), mark: row.mark }
}

/** Runs one at a time: a call while one runs shares the next one, which begins after that call. */
function shared(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const begin = (): Promise<void> => (running = run().finally(() => (running = undefined)))
  return () => {
    if (!running && !next) return begin()
    next ??= (running ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return begin()
      })
    return next
  }
}

interface Watch {
  /** The connection, made again when it was dropped. */
  readonly client: () => Promise<Client>
  readonly drop: () => void
  readonly close: () => Promise<void>
}

function createWatch(database: Database, notified: () => void): Watch {
  let client: Client | undefined
  const drop = (): void => {
    const old = client
    client = undefined
    // The connection failed: how it ends does not matter any more.
    void old?.end().catch(() => undefined)
  }
  const connect = async (): Promise<Client> => {
    const made = new Client(connectionConfig(database, LOOK_TIMEOUT))
    made.on('error', drop)
    made.on('notification', (message) => {
      if (message.payload?.startsWith(`${database.schema} `)) notified()
    })
    try {
      await made.connect()
      await made.query('listen understudy')
    } catch (error) {
      void made.end().catch(() => undefined)
      throw error
    }
    return (client = made)
  }
  return {
    client: async () => client ?? connect(),
    drop,
    close: async () => {
      if (client) await endClient(client)
    },
  }
}
