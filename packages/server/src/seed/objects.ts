/** Objects of a seed's buckets. They are rows of their own: blobs first, then the seed's other rows, then the objects' rows. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Instant } from '../domain/brands.ts'
import { buckets } from '../entities/s3.ts'
import type { ObjectRow } from '../store/port.ts'
import { planStep } from './plan.ts'
import type { PlanStep } from './plan.ts'
import { SeedRefused } from './types.ts'
import type { AccountSeed } from './types.ts'
import type { SeedParts } from './work.ts'

/** An object that is not there, or says something else. */
export interface PendingObject {
  readonly account: string
  readonly bucket: string
  readonly key: string
  readonly bytes: Uint8Array
  readonly isNew: boolean
}

/** What differs between a seed's objects and the store's. An object is the same when its size and MD5 are. */
export async function pendingObjects(
  seeds: readonly (AccountSeed & { readonly id: string })[],
  parts: Pick<SeedParts, 'objects'>,
): Promise<readonly PendingObject[]> {
  const pending: PendingObject[] = []
  for (const seed of seeds)
    for (const { bucket, objects } of seed.buckets ?? [])
      for (const [key, text] of Object.entries(objects ?? {})) {
        const bytes = Buffer.from(text, 'utf8')
        const present = await parts.objects.get(bucket, key)
        const isSame = present?.size === bytes.length && present.etag === md5(bytes)
        if (!isSame) pending.push({ account: seed.id, bucket, key, bytes, isNew: present === undefined })
      }
  return pending
}

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

export const objectStep = (object: PendingObject): PlanStep =>
  planStep({
    action: object.isNew ? 'create' : 'change',
    kind: 'object',
    account: object.account,
    name: `${object.bucket}/${object.key}`,
    changes: [],
  })

/** Writes the bytes and makes them durable; nothing points at them yet. */
export async function putBlobs(objects: readonly PendingObject[], parts: SeedParts): Promise<readonly ObjectRow[]> {
  const rows: ObjectRow[] = []
  for (const object of objects) {
    const blob = await parts.blobs.put(Readable.from([object.bytes]))
    rows.push({
      bucket: object.bucket,
      key: object.key,
      blobId: blob.id,
      size: blob.size,
      etag: blob.md5Hex,
      lastModified: parts.clock.wire() as Instant,
      owner: object.account,
    })
  }
  return rows
}

/** Writes the rows, now that their buckets stand. Blobs that were replaced go. */
export async function putObjectRows(rows: readonly ObjectRow[], parts: SeedParts): Promise<void> {
  for (const row of rows) {
    const within = { kind: buckets.name, index: 'name', value: row.bucket }
    const result = await parts.objects.put(row, { within })
    if (!result.ok)
      throw new SeedRefused([
        { line: 0, path: `bucket ${row.bucket}`, text: `the bucket went away while \`${row.key}\` was being put` },
      ])
    if (result.replaced !== undefined && result.replaced.blobId !== row.blobId)
      await parts.blobs.remove(result.replaced.blobId)
  }
}

/** Takes blobs back that nothing will point at. */
export async function dropBlobs(rows: readonly ObjectRow[], parts: SeedParts): Promise<void> {
  for (const row of rows) await parts.blobs.remove(row.blobId)
}
