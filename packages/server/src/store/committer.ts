/**
 * Group commit on the main thread: what waits is sent as one batch while the batch before is on its way. Outcomes are told
 * only after `publish`, so who gets an answer sees his write.
 */
import { StoreUnavailable } from './errors.ts'
import { lostTransaction, refusalError } from './jobs.ts'
import type { BatchAnswer, Job, JobResult, RowsJob } from './jobs.ts'
import { createOverlay } from './overlay.ts'
import type { Outcome, Overlay, Waiting } from './overlay.ts'
import type { Entry } from './rows.ts'

/** Jobs in one transaction at most. */
const BATCH_MAX = 256

/** A change set on its way. */
interface ChangeSet extends Waiting {
  readonly job: RowsJob
  readonly entries: readonly Entry[]
  readonly reliesOn: readonly ChangeSet[]
}

export interface Committed {
  readonly set: ChangeSet
  readonly revision: number
}

interface NewChangeSet {
  readonly mark: string
  readonly at: number
  readonly entries: readonly Entry[]
  readonly emptyBuckets: readonly string[]
  readonly reliesOn: Iterable<Waiting>
}

export interface Committer {
  /** Rows of change sets on their way. */
  readonly waiting: Overlay
  readonly submit: (set: NewChangeSet) => ChangeSet
  /** Commits a job about objects. Rejects with `StoreUnavailable`. */
  readonly run: (job: Job) => Promise<JobResult>
  /** Whether something is on its way. */
  readonly busy: () => boolean
  /** Takes no more, and resolves when nothing is on its way. */
  readonly drain: () => Promise<void>
}

interface Queued {
  readonly job: Job
  readonly set?: ChangeSet
  readonly settle: (result: JobResult | StoreUnavailable) => void
}

export interface CommitterParts {
  readonly commit: (jobs: readonly Job[]) => Promise<BatchAnswer>
  /** Called with what was committed, in order, before anybody is told. */
  readonly publish: (committed: readonly Committed[]) => void
}

export function createCommitter({ commit, publish }: CommitterParts): Committer {
  const waiting = createOverlay()
  const failed = new WeakSet<Waiting>()
  const queue: Queued[] = []
  let running: Promise<void> | undefined
  let closed = false
  let lastId = 0

  const enqueue = (queued: Queued): void => {
    if (closed) return queued.settle(new StoreUnavailable('STORE.CLOSED', 'The store is closed.'))
    queue.push(queued)
    running ??= pump().finally(() => (running = undefined))
  }
  const takeBatch = (): readonly Queued[] => {
    const batch: Queued[] = []
    while (batch.length < BATCH_MAX) {
      const next = queue.shift()
      if (!next) break
      const relied = next.set?.reliesOn.some((one) => failed.has(one)) === true
      if (relied) next.settle({ type: 'refused', refusal: { why: 'relied' } })
      else batch.push(next)
    }
    return batch
  }
  const pump = async (): Promise<void> => {
    // Handlers that start in the same turn share a transaction.
    await Promise.resolve()
    for (;;) {
      const batch = takeBatch()
      if (batch.length === 0) return
      const answer = await commitBatch(batch, commit)
      if (answer.ok) publish(committedOf(batch, answer.results))
      batch.forEach((queued, index) => queued.settle(answer.ok ? resultAt(answer.results, index) : lost(answer)))
    }
  }
  const submit = (fresh: NewChangeSet): ChangeSet => {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const set = changeSet(++lastId, fresh, promise)
    const { job } = set
    for (const entry of fresh.entries) waiting.put({ entry, of: set })
    const settle = (result: JobResult | StoreUnavailable): void => {
      waiting.settle(set, fresh.entries)
      if (result instanceof Error || result.type === 'refused') failed.add(set)
      resolve(outcomeOf(result))
    }
    enqueue({ job, set, settle })
    return set
  }
  return {
    waiting,
    submit,
    run: (job) => {
      const { promise, resolve, reject } = Promise.withResolvers<JobResult>()
      enqueue({ job, settle: (result) => (result instanceof Error ? reject(result) : resolve(result)) })
      return promise
    },
    busy: () => running !== undefined,
    drain: async () => {
      closed = true
      await running
    },
  }
}

function changeSet(id: number, fresh: NewChangeSet, outcome: Promise<Outcome>): ChangeSet {
  const { mark, at, entries, emptyBuckets } = fresh
  const reliesOn = [...fresh.reliesOn] as ChangeSet[]
  const changes = entries.map((entry) => entry.change)
  const job: RowsJob = {
    type: 'rows',
    id,
    mark,
    at,
    reliesOn: reliesOn.map((one) => one.job.id),
    changes,
    emptyBuckets,
  }
  return { job, entries, reliesOn, outcome }
}

type Lost = BatchAnswer & { readonly ok: false }

const lost = (answer: Lost): StoreUnavailable => lostTransaction(answer.full, answer.message)

/** A commit that rejects is a lost transaction like any other. */
async function commitBatch(batch: readonly Queued[], commit: CommitterParts['commit']): Promise<BatchAnswer> {
  try {
    return await commit(batch.map((queued) => queued.job))
  } catch (error) {
    return { ok: false, full: false, message: (error as Error).message }
  }
}

function committedOf(batch: readonly Queued[], results: readonly JobResult[]): readonly Committed[] {
  return batch.flatMap(({ set }, index) => {
    const result = results[index]
    return set && result?.type === 'rows' ? [{ set, revision: result.revision }] : []
  })
}

function resultAt(results: readonly JobResult[], index: number): JobResult {
  const result = results[index]
  if (!result) throw new Error('the writing thread answered fewer results than it was given jobs')
  return result
}

function outcomeOf(result: JobResult | StoreUnavailable): Outcome {
  if (result instanceof Error) return { kind: 'lost', error: result }
  if (result.type !== 'refused') return { kind: 'committed' }
  return { kind: 'refused', error: refusalError(result.refusal) }
}
