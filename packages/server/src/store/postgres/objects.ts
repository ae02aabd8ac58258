/** Rows of S3 objects in PostgreSQL. Keys are bytes there: they may hold what `text` may not, and compare bytewise. */
import type { Pool } from 'pg'
import type { ObjectListOptions, ObjectPutResult, ObjectRow, ObjectStore } from '../object-port.ts'
import { afterPrefix } from '../question.ts'
import type { AroundCommit } from '../surroundings.ts'
import { asUnavailable, prepared } from './connection.ts'

interface BodyRow {
  readonly body: string
}

export function postgresObjects(pool: Pool, aroundCommit: AroundCommit): ObjectStore {
  const query = async <R extends object>(text: string, values: readonly unknown[]): Promise<readonly R[]> => {
    try {
      return (await pool.query<R>({ ...prepared({ text, values: [] }), values: [...values] })).rows
    } catch (error) {
      throw asUnavailable(error)
    }
  }
  const write = async <R extends object>(text: string, values: readonly unknown[]): Promise<readonly R[]> => {
    try {
      return await aroundCommit(() => query<R>(text, values))
    } catch (error) {
      throw asUnavailable(error)
    }
  }
  const remove = async (bucket: string, keys: readonly string[], etag?: string): Promise<readonly ObjectRow[]> => {
    const text = `delete from object where bucket = $1 and key = any($2) and ($3::text is null or body::jsonb->>'etag' = $3) returning body`
    const removed = objectRows(await write<BodyRow>(text, [bucket, keys.map(bytes), etag ?? null]))
    return keys.flatMap((key) => removed.find((row) => row.key === key) ?? [])
  }
  return {
    put: async (row, options = {}) => {
      const values = [row.bucket, bytes(row.key), row.blobId, JSON.stringify(row), JSON.stringify(options)]
      const [answer] = await write<PutAnswer>('select * from put_object($1, $2, $3, $4, $5::jsonb)', values)
      return putResult(answer)
    },
    get: async (bucket, key) =>
      objectRows(
        await query<BodyRow>('select body from object where bucket = $1 and key = $2', [bucket, bytes(key)]),
      )[0],
    delete: async (bucket, key, condition) => (await remove(bucket, [key], condition?.etag))[0],
    deleteMany: (bucket, keys) => remove(bucket, keys),
    list: async (bucket, options) => {
      const { text, values } = listQuery(bucket, options)
      return objectRows(await query<BodyRow>(text, values))
    },
    bucketIsEmpty: async (bucket) =>
      (await query('select 1 from object where bucket = $1 limit 1', [bucket])).length === 0,
    blobsInUse: async (blobIds) => {
      const rows = await query<{ blob: string }>('select distinct blob from object where blob = any($1)', [blobIds])
      return new Set(rows.map(({ blob }) => blob))
    },
  }
}

interface PutAnswer {
  readonly why: 'ok' | 'gone' | 'condition'
  readonly present: string | null
}

function putResult(answer: PutAnswer | undefined): ObjectPutResult {
  if (!answer) throw new Error('put_object answered nothing')
  const present = answer.present === null ? undefined : (JSON.parse(answer.present) as ObjectRow)
  if (answer.why === 'gone') return { ok: false, why: 'gone' }
  return answer.why === 'ok' ? { ok: true, replaced: present } : { ok: false, why: 'condition', present }
}

function listQuery(
  bucket: string,
  { prefix = '', after = '', limit }: ObjectListOptions,
): { text: string; values: readonly unknown[] } {
  const end = afterPrefix(prefix)
  const text = `select body from object where bucket = $1 and key > $2 and key >= $3${end === undefined ? '' : ' and key < $5'}
    order by key limit $4`
  return { text, values: [bucket, bytes(after), bytes(prefix), limit, ...(end === undefined ? [] : [bytes(end)])] }
}

const bytes = (text: string): Buffer => Buffer.from(text)

const objectRows = (rows: readonly BodyRow[]): readonly ObjectRow[] =>
  rows.map(({ body }) => JSON.parse(body) as ObjectRow)
