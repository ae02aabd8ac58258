/** The store on SQLite: one process, a writing thread, pictures and read-only connections on the main thread. */
import { join } from 'node:path'
import { createRowCache } from '../cache.ts'
import type { RowCache } from '../cache.ts'
import { createCommitter } from '../committer.ts'
import type { Committed, Committer } from '../committer.ts'
import { StoreUnavailable } from '../errors.ts'
import { tell } from '../listeners.ts'
import { createAccountLocks } from '../locks.ts'
import { once } from '../once.ts'
import { createPicture, snapshotReader } from '../reader.ts'
import type { Decode } from '../reader.ts'
import type { Change, ChangeListener, Head, Picture, Store, Touched, Writer } from '../port.ts'
import { touchedQuery } from '../question.ts'
import type { PictureSource, Question } from '../question.ts'
import type { AroundCommit, Surroundings } from '../surroundings.ts'
import { createWriter } from '../writer.ts'
import { settleWrite } from '../writing.ts'
import type { Attempt } from '../writing.ts'
import { askRows, connect, readHead } from './connection.ts'
import type { Connection } from './connection.ts'
import { lockFolder } from './lock.ts'
import { sqliteObjects } from './object-store.ts'
import { createSnapshots } from './snapshots.ts'
import { startWriterThread } from './thread.ts'
import type { Commit } from './thread.ts'

export interface SqliteOptions {
  /** The data folder; made when missing, for its owner only. */
  readonly folder: string
  /** False: a crash of the machine may lose or break the store. A crash of the process never does. */
  readonly durable: boolean
  /** Bound of the database in pages of 4,096 bytes, after which it counts as full. */
  readonly pagesMax?: number
  /** Characters of row bodies to keep in memory. */
  readonly cacheWeightMax?: number
  /** For tests of faults: stands around each transaction. */
  readonly aroundCommit?: AroundCommit
}

/** The published state. */
interface Published {
  picture: Picture
  readonly cache: RowCache
  /** Account → revision of its last change since the start. */
  readonly lastChanges: Map<string, number>
  readonly listeners: Set<ChangeListener>
  /** Who waits for a revision that is committed and not published yet. */
  waiters: { readonly revision: bigint; readonly resolve: () => void }[]
}

const CACHE_WEIGHT_MAX = 32 * 1024 * 1024

export async function openSqliteStore(options: SqliteOptions, surroundings: Surroundings): Promise<Store> {
  const { folder, durable, pagesMax, aroundCommit = (commit) => commit() } = options
  const file = join(folder, 'store.db')
  // What is open closes in the opposite order: when the store does, or when a later step fails.
  await using opening = new AsyncDisposableStack()
  opening.defer(lockFolder(folder))
  const thread = await startWriterThread({ file, durable, ...(pagesMax !== undefined && { pagesMax }) })
  opening.defer(thread.close)
  const lookup = connect(file, { readOnly: true })
  opening.defer(lookup.close)
  const snapshots = createSnapshots(file)
  opening.defer(snapshots.close)
  const source = pictureSource(lookup)
  const published = firstPicture(readHead(lookup), source, options.cacheWeightMax ?? CACHE_WEIGHT_MAX)
  const commit = guarded(published, lookup, source, (jobs) => aroundCommit(() => thread.commit(jobs)))
  const committer = createCommitter({ commit, publish: (committed) => publishSets(published, source, committed) })
  opening.defer(committer.drain)
  await submitStart(committer, surroundings)
  const open = opening.move()
  return createStore({ published, committer, lookup, snapshots, surroundings, close: once(() => open.disposeAsync()) })
}

function firstPicture(head: Head, source: PictureSource, weightMax: number): Published {
  const cache = createRowCache(Number(head.revision), weightMax)
  const picture = createPicture(head, cache, source)
  return { picture, cache, lastChanges: new Map(), listeners: new Set(), waiters: [] }
}

/** When an answer is lost, the batch may be committed all the same: then the picture follows what the database says. */
const guarded =
  (published: Published, lookup: Connection, source: PictureSource, commit: Commit): Commit =>
  async (jobs) => {
    try {
      return await commit(jobs)
    } catch (error) {
      catchUp(published, lookup, source)
      throw error
    }
  }

function catchUp(published: Published, lookup: Connection, source: PictureSource): void {
  const head = readHead(lookup)
  const changes = readChanges(lookup, published.picture.head.revision, Number.MAX_SAFE_INTEGER)
  if (changes.length === 0) return
  for (const { revision, touched } of changes) advanceTo(published, Number(revision), touched)
  show(
    published,
    head,
    source,
    changes.flatMap((change) => change.touched),
  )
}

interface Parts {
  readonly published: Published
  readonly committer: Committer
  readonly lookup: Connection
  readonly snapshots: ReturnType<typeof createSnapshots>
  readonly surroundings: Surroundings
  readonly close: () => Promise<void>
}

function createStore(parts: Parts): Store {
  const { published, committer, lookup, snapshots } = parts
  const locks = createAccountLocks()
  return {
    read: (use) =>
      snapshots.with(async (connection) => {
        const head = readHead(connection)
        return use(
          snapshotReader(head, { ask: (question) => askRows(connection, question) }, adopting(published, head)),
        )
      }),
    current: () => published.picture,
    fresh: () => fresh(parts),
    write: (accounts, use) => {
      const sorted = [...new Set(accounts)].sort()
      return settleWrite(() => locks.hold(sorted, () => attempt(parts, sorted, use)))
    },
    changes: async (after, limit) => readChanges(lookup, after, limit),
    onChange: (listener) => {
      published.listeners.add(listener)
      return () => void published.listeners.delete(listener)
    },
    objects: sqliteObjects(lookup, committer),
    close: parts.close,
  }
}

/** Rows of the published head are shared with the pictures; those of a later one are not known there yet. */
const adopting =
  (published: Published, head: Head): Decode =>
  (kind, raw) =>
    published.cache.adopt(kind, raw, false, Number(head.revision))

async function fresh({ published, committer, lookup }: Parts): Promise<Picture> {
  if (!committer.busy()) return published.picture
  const { revision } = readHead(lookup)
  if (published.picture.head.revision < revision) {
    const { promise, resolve } = Promise.withResolvers<void>()
    published.waiters.push({ revision, resolve })
    await promise
  }
  return published.picture
}

async function attempt<R>(
  parts: Parts,
  accounts: readonly string[],
  use: (writer: Writer) => Promise<R>,
): Promise<Attempt<R>> {
  const { published, committer, lookup, surroundings } = parts
  const { head } = published.picture
  const { writer, collected } = createWriter({
    head,
    accounts: new Set(accounts),
    source: { ask: (question) => askRows(lookup, question) },
    decode: adopting(published, head),
    waiting: committer.waiting,
    movedSince: (since) => accounts.some((account) => movedSince(parts, account, since)),
  })
  const result = await use(writer).then(
    (value) => ({ ok: true as const, value }),
    (error: unknown) => ({ ok: false as const, error }),
  )
  const { reliesOn } = collected
  const entries = collected.entries()
  const emptyBuckets = collected.emptyBuckets()
  if (!result.ok || (entries.length === 0 && emptyBuckets.length === 0)) return { result, own: undefined, reliesOn }
  const own = committer.submit({ ...newMark(surroundings), entries, emptyBuckets, reliesOn })
  return { result, own, reliesOn }
}

function movedSince({ published, committer }: Parts, account: string, since: Head): boolean {
  return committer.waiting.touches(account) || (published.lastChanges.get(account) ?? 0) > Number(since.revision)
}

const newMark = ({ chance, now }: Surroundings) => ({ mark: Buffer.from(chance(16)).toString('hex'), at: now() })

/**
 * Start-up writes a new mark: a copy of the folder and the folder itself part here. On a full disk they part with the first
 * write that finds room; the store opens all the same, so that reads go on.
 */
async function submitStart(committer: Committer, surroundings: Surroundings): Promise<void> {
  const set = committer.submit({ ...newMark(surroundings), entries: [], emptyBuckets: [], reliesOn: [] })
  const outcome = await set.outcome
  if (outcome.kind === 'committed' || isFull(outcome.error)) return
  throw outcome.error ?? new Error('the first write was refused')
}

const isFull = (error: unknown): boolean => error instanceof StoreUnavailable && error.code === 'STORE.FULL'

/** Applies all changes, swaps one pointer, then tells. */
function publishSets(published: Published, source: PictureSource, committed: readonly Committed[]): void {
  const last = committed.at(-1)
  if (!last) return
  const touched: Touched[] = []
  for (const { set, revision } of committed) {
    const advanced = set.entries.map(({ kind, account, key, row, change }) => {
      return { kind: kind.name, account, key, known: { row, weight: change.put?.body.length ?? 0 } }
    })
    advanceTo(published, revision, advanced)
    touched.push(...advanced.map(({ kind, account, key }) => ({ kind, account, key })))
  }
  show(published, { revision: BigInt(last.revision), mark: last.set.job.mark }, source, touched)
}

function advanceTo(
  { cache, lastChanges }: Published,
  revision: number,
  touched: Parameters<RowCache['advance']>[1],
): void {
  for (const { account } of touched) lastChanges.set(account, revision)
  cache.advance(revision, touched)
}

/** Swaps the picture, then tells. */
function show(published: Published, head: Head, source: PictureSource, touched: readonly Touched[]): void {
  published.picture = createPicture(head, published.cache, source)
  const ready = published.waiters.filter((waiter) => waiter.revision <= head.revision)
  published.waiters = published.waiters.filter((waiter) => waiter.revision > head.revision)
  for (const waiter of ready) waiter.resolve()
  tell(published.listeners, head, touched)
}

function pictureSource(lookup: Connection): PictureSource {
  return {
    // Both queries run in one transaction, so that they see one state.
    askSince: (question, since) => {
      lookup.run('begin')
      try {
        const revision = Number(readHead(lookup).revision)
        const rows = askRows(lookup, question)
        return { rows, revision, moved: movement(lookup, question, Number(since.revision), revision) }
      } finally {
        lookup.run('commit')
      }
    },
  }
}

/** What happened to the rows of a question; unknown, and so taken for broken, where the change list does not reach back. */
function movement(
  lookup: Connection,
  question: Question,
  since: number,
  revision: number,
): 'no' | 'touched' | 'broken' {
  if (revision === since) return 'no'
  const text = 'select 1 as there from change where revision = $1'
  if (lookup.all({ text, values: [since + 1] }).length === 0) return 'broken'
  return lookup.all(touchedQuery(question, since)).length > 0 ? 'touched' : 'no'
}

function readChanges(lookup: Connection, after: bigint, limit: number): readonly Change[] {
  const text = 'select revision, before, after from change where revision > $1 order by revision limit $2'
  const changes = lookup.all({ text, values: [Number(after), limit] }) as readonly {
    revision: number
    before: string
    after: string
  }[]
  const items = 'select account, kind, key from change_item where revision = $1'
  return changes.map(({ revision, before, after: mark }) => ({
    revision: BigInt(revision),
    before,
    after: mark,
    touched: (lookup.all({ text: items, values: [revision] }) as readonly Touched[]).map((item) => ({ ...item })),
  }))
}
