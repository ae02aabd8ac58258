/** Exports buckets, and those of their objects that a seed can hold: short texts. */
import { isUtf8 } from 'node:buffer'
import { buckets } from '../entities/s3.ts'
import type { Bucket } from '../entities/s3.ts'
import { renderBindings } from '../entities/principal-bindings.ts'
import type { ObjectRow } from '../store/port.ts'
import { documentValue, present, tagsValue } from './export-words.ts'
import type { Exporting } from './export-words.ts'
import type { SeedParts } from './work.ts'

/** Bytes of an object that still is inline text. */
const TEXT_MAX = 64 * 1024
const OBJECTS_MAX = 1000

type Places = Pick<SeedParts, 'blobs' | 'objects'>

export async function exportBuckets(exporting: Exporting, places: Places): Promise<readonly object[]> {
  const exported: object[] = []
  for (const row of await exporting.reader.list(buckets, exporting.account)) {
    const policy =
      row.policy === undefined
        ? undefined
        : documentValue(await renderBindings(row.policy, row.policyBindings, exporting.reader))
    if (row.ownershipControls === 'removed')
      exporting.leftOut.push(`bucket ${row.name}: that its ownership controls were removed`)
    exported.push(
      present({
        bucket: row.name,
        region: row.region,
        policy,
        publicAccessBlock: blockValue(row),
        tags: tagsValue(row.tags),
        objects: await objectTexts(row.name, places, exporting.leftOut),
      }),
    )
  }
  return exported
}

function blockValue({ publicAccessBlock: block }: Bucket): object | 'none' | undefined {
  if (block === undefined) return 'none'
  const value = {
    blockPublicAcls: block.BlockPublicAcls,
    ignorePublicAcls: block.IgnorePublicAcls,
    blockPublicPolicy: block.BlockPublicPolicy,
    restrictPublicBuckets: block.RestrictPublicBuckets,
  }
  return Object.values(value).every(Boolean) ? undefined : value
}

async function objectTexts(bucket: string, places: Places, leftOut: string[]): Promise<object> {
  const rows = await places.objects.list(bucket, { limit: OBJECTS_MAX + 1 })
  const texts: [key: string, text: string][] = []
  let others = 0
  for (const row of rows.slice(0, OBJECTS_MAX)) {
    const bytes = row.size <= TEXT_MAX ? await bytesOf(row, places) : undefined
    if (bytes !== undefined && isUtf8(bytes)) texts.push([row.key, bytes.toString('utf8')])
    else others += 1
  }
  if (others > 0) leftOut.push(`bucket ${bucket}: ${others} objects that are no text of at most ${TEXT_MAX} bytes`)
  if (rows.length > OBJECTS_MAX) leftOut.push(`bucket ${bucket}: every object after the first ${OBJECTS_MAX}`)
  return Object.fromEntries(texts)
}

async function bytesOf(row: ObjectRow, { blobs }: Places): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of blobs.read(row.blobId)) parts.push(part)
  return Buffer.concat(parts)
}
