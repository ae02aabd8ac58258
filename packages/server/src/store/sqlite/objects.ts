/** Rows of S3 objects in SQLite: writing in the worker, reading on any connection. */
import { afterPrefix } from '../question.ts'
import type { ObjectDeleteJob, ObjectPutJob } from '../jobs.ts'
import type { ObjectListOptions, ObjectPutResult, ObjectRow } from '../object-port.ts'
import type { Connection } from './connection.ts'

const rows = (connection: Connection, text: string, values: readonly (string | number)[]): readonly ObjectRow[] =>
  (connection.all({ text, values }) as readonly { body: string }[]).map((row) => JSON.parse(row.body) as ObjectRow)

export const getObject = (connection: Connection, bucket: string, key: string): ObjectRow | undefined =>
  rows(connection, 'select body from object where bucket = $1 and key = $2', [bucket, key])[0]

export const anyObject = (connection: Connection, bucket: string): boolean =>
  connection.all({ text: 'select 1 as any from object where bucket = $1 limit 1', values: [bucket] }).length > 0

export function listObjects(connection: Connection, bucket: string, options: ObjectListOptions): readonly ObjectRow[] {
  const { prefix = '', after = '', limit } = options
  const end = afterPrefix(prefix)
  const text = `select body from object where bucket = $1 and key > $2 and key >= $3${end === undefined ? '' : ' and key < $5'}
    order by key limit $4`
  return rows(connection, text, [bucket, after, prefix, limit, ...(end === undefined ? [] : [end])])
}

export function blobsInUse(connection: Connection, blobIds: readonly string[]): ReadonlySet<string> {
  const text = 'select distinct blob from object where blob in (select value from json_each($1))'
  const found = connection.all({ text, values: [JSON.stringify(blobIds)] }) as readonly { blob: string }[]
  return new Set(found.map(({ blob }) => blob))
}

export function putObject(connection: Connection, { row, options }: ObjectPutJob): ObjectPutResult {
  const { within, absent, etag } = options
  if (within) {
    const text = 'select 1 as there from item_unique where kind = $1 and name = $2 and value = $3'
    const there = connection.all({ text, values: [within.kind, within.index, within.value] })
    if (there.length === 0) return { ok: false, why: 'gone' }
  }
  const present = getObject(connection, row.bucket, row.key)
  if ((absent && present) || (etag !== undefined && present?.etag !== etag))
    return { ok: false, why: 'condition', present }
  connection.run(
    'insert into object values ($1, $2, $3, $4) on conflict (bucket, key) do update set blob = excluded.blob, body = excluded.body',
    row.bucket,
    row.key,
    row.blobId,
    JSON.stringify(row),
  )
  return { ok: true, replaced: present }
}

/** @returns the rows that were there */
export function deleteObjects(connection: Connection, { bucket, keys, etag }: ObjectDeleteJob): readonly ObjectRow[] {
  return keys.flatMap((key) => {
    const present = getObject(connection, bucket, key)
    if (!present || (etag !== undefined && present.etag !== etag)) return []
    connection.run('delete from object where bucket = $1 and key = $2', bucket, key)
    return [present]
  })
}
