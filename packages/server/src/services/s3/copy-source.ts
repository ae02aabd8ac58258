/** `x-amz-copy-source`: `bucket/key`, percent-encoded once, with `?versionId=` behind it. S3 API, CopyObject. */
import type { Ask } from '../../authorization/question.ts'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { existingTagKeys } from './context.ts'
import { invalidArgument, invalidRequest, noSuchKey } from './errors.ts'
import { checkVersion } from './get-object.ts'
import { askOn, existingBucket, objectOf } from './questions.ts'
import { UPLOAD_BYTES_MAX } from './upload.ts'

export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
}

const malformed = (header: string) =>
  invalidArgument(
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    'x-amz-copy-source',
    header,
  )

/** @throws `InvalidArgument` */
export function parseCopySource(header: string): CopySource {
  const [path = '', versionId] = header.replace(/^\//, '').split('?versionId=')
  const slash = path.search(/\/|%2F/i)
  if (slash <= 0) throw malformed(header)
  const keyAt = slash + (path[slash] === '/' ? 1 : 3)
  if (keyAt >= path.length) throw malformed(header)
  try {
    const bucket = decodeURIComponent(path.slice(0, slash))
    const key = decodeURIComponent(path.slice(keyAt))
    return { bucket, key, ...(versionId !== undefined && { versionId: decodeURIComponent(versionId) }) }
  } catch {
    throw malformed(header)
  }
}

interface Copying {
  readonly CopySource: string
  readonly ExpectedSourceBucketOwner?: string | undefined
}

/** What reading the source asks. Its tags, when they are copied, are a question of their own. */
export async function sourceQuestions(
  input: Copying,
  withTags: boolean,
  call: Call,
  store: Reader,
): Promise<readonly Ask[]> {
  const source = parseCopySource(input.CopySource)
  const found = await existingBucket(store, source.bucket, input.ExpectedSourceBucketOwner)
  const row = await objectOf(call, source.bucket, source.key)
  const context = { ...existingTagKeys(row), 's3:VersionId': source.versionId }
  const on = (action: string) => askOn(found, call, { action, key: source.key, input: {}, context, anyRegion: true })
  const versioned = source.versionId === undefined ? '' : 'Version'
  const tagged = withTags && (row?.tags?.length ?? 0) > 0
  return [on(`s3:GetObject${versioned}`), ...(tagged ? [on(`s3:GetObject${versioned}Tagging`)] : [])]
}

/** @throws `NoSuchKey`, `NoSuchVersion`, `InvalidRequest` for a source above 5 GiB */
export async function existingSource(input: Copying, call: Call, limited: boolean): Promise<ObjectRow> {
  const source = parseCopySource(input.CopySource)
  checkVersion(source.key, source.versionId)
  const row = await objectOf(call, source.bucket, source.key)
  if (!row) throw noSuchKey(source.key)
  if (limited && row.size > UPLOAD_BYTES_MAX)
    throw invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${UPLOAD_BYTES_MAX}`,
    )
  return row
}
