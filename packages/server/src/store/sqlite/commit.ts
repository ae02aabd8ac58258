/** Commits a batch of jobs in one transaction: a savepoint for each, the head as the last statement. Runs in the worker. */
import type { BatchAnswer, Job, JobResult, Refusal, RowsJob } from '../jobs.ts'
import type { RowChange } from '../rows.ts'
import { readHead } from './connection.ts'
import type { Connection } from './connection.ts'
import { anyObject, deleteObjects, putObject } from './objects.ts'

/** The change list keeps this many changes, and none older than this many milliseconds. */
const CHANGES_MAX = 100_000
const CHANGE_AGE_MAX = 24 * 3600_000
/** Old changes are looked for once in so many revisions. */
const TRIM_EVERY = 1000
/** SQLite's result code for a full disk or file. */
const SQLITE_FULL = 13

interface Progress {
  revision: number
  mark: string
  readonly refused: Set<number>
}

export function commitBatch(connection: Connection, jobs: readonly Job[]): BatchAnswer {
  const { db } = connection
  const last = jobs.findLast((job) => job.type === 'rows')
  try {
    db.exec('begin immediate')
    const head = readHead(connection)
    const before = Number(head.revision)
    const progress: Progress = { revision: before, mark: head.mark, refused: new Set() }
    const results = jobs.map((job) => runJob(connection, job, progress))
    if (last && Math.floor(progress.revision / TRIM_EVERY) > Math.floor(before / TRIM_EVERY)) {
      trimChanges(connection, progress.revision, last.at)
    }
    if (progress.revision > before)
      connection.run('update head set revision = $1, mark = $2', progress.revision, progress.mark)
    db.exec('commit')
    return { ok: true, results }
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    return { ok: false, full: errorCode(error) === SQLITE_FULL, message: String((error as Error).message) }
  }
}

function errorCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}

function runJob(connection: Connection, job: Job, progress: Progress): JobResult {
  switch (job.type) {
    case 'rows':
      return runRows(connection, job, progress)
    case 'object-put':
      return { type: 'object-put', result: putObject(connection, job) }
    case 'object-delete':
      return { type: 'object-delete', removed: deleteObjects(connection, job) }
  }
}

function runRows(connection: Connection, job: RowsJob, progress: Progress): JobResult {
  const { db } = connection
  db.exec('savepoint job')
  const revision = progress.revision + 1
  const refusal = applyRows(connection, job, revision, progress.refused)
  if (refusal) {
    db.exec('rollback to job; release job')
    progress.refused.add(job.id)
    return { type: 'refused', refusal }
  }
  connection.run('insert into change values ($1, $2, $3, $4)', revision, progress.mark, job.mark, job.at)
  db.exec('release job')
  progress.revision = revision
  progress.mark = job.mark
  return { type: 'rows', revision }
}

function applyRows(
  connection: Connection,
  job: RowsJob,
  revision: number,
  refused: ReadonlySet<number>,
): Refusal | undefined {
  if (job.reliesOn.some((id) => refused.has(id))) return { why: 'relied' }
  const full = job.emptyBuckets.find((bucket) => anyObject(connection, bucket))
  if (full !== undefined) return { why: 'bucket', bucket: full }
  // All old index entries go first, so that a value can pass from one row to another within a change set.
  for (const { account, kind, key } of job.changes) {
    connection.run('delete from item_index where account = $1 and kind = $2 and key = $3', account, kind, key)
    connection.run('delete from item_unique where account = $1 and kind = $2 and key = $3', account, kind, key)
  }
  for (const change of job.changes) {
    const refusal = applyRow(connection, change, revision)
    if (refusal) return refusal
  }
  return undefined
}

function applyRow(connection: Connection, change: RowChange, revision: number): Refusal | undefined {
  const { account, kind, key, put } = change
  connection.run('insert into change_item values ($1, $2, $3, $4)', revision, kind, account, key)
  if (!put) {
    connection.run('delete from item where account = $1 and kind = $2 and key = $3', account, kind, key)
    return undefined
  }
  connection.run(
    `insert into item values ($1, $2, $3, $4, $5, $6) on conflict (account, kind, key)
     do update set revision = excluded.revision, version = excluded.version, body = excluded.body`,
    account,
    kind,
    key,
    revision,
    put.version,
    put.body,
  )
  for (const [name, value] of put.indexes) {
    connection.run('insert into item_index values ($1, $2, $3, $4, $5)', account, kind, name, value, key)
  }
  for (const [index, value] of put.unique) {
    const query = 'select 1 as taken from item_unique where kind = $1 and name = $2 and value = $3'
    if (connection.all({ text: query, values: [kind, index, value] }).length > 0)
      return { why: 'unique', kind, index, value }
    connection.run('insert into item_unique values ($1, $2, $3, $4, $5)', kind, index, value, account, key)
  }
  return undefined
}

function trimChanges(connection: Connection, revision: number, now: number): void {
  const query = 'select max(revision) as last from change where revision <= $1 or at < $2'
  const values = [revision - CHANGES_MAX, now - CHANGE_AGE_MAX]
  const [row] = connection.all({ text: query, values }) as readonly { last: number | null }[]
  if (typeof row?.last !== 'number') return
  connection.run('delete from change where revision <= $1', row.last)
  connection.run('delete from change_item where revision <= $1', row.last)
}
