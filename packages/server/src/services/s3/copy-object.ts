/** CopyObject: the source is read as by GetObject, the copy is written as by PutObject. */
import type { S3, S3Operations } from '@understudy/wire'
import type { Ask, Asks } from '../../authorization/question.ts'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { checksumAlgorithm, checksumMembers } from './checksums.ts'
import { checkCopyConditions } from './conditions.ts'
import { existingSource, parseCopySource, sourceQuestions } from './copy-source.ts'
import { invalidArgument, invalidRequest } from './errors.ts'
import { checksumType } from './get-object.ts'
import { checkBuilt, checkKey, describe } from './metadata.ts'
import type { ObjectDescription } from './metadata.ts'
import { checkObjectOwnership } from './ownership.ts'
import { commit, rowOf, writeCondition, writeQuestions } from './put-object.ts'
import { askOn, existingBucket } from './questions.ts'
import { tagsOfHeader } from './tags.ts'
import type { S3Tag } from './tags.ts'
import { receive } from './upload.ts'

export const copyObjectOperations = {
  CopyObject: { access: 'read', ask: askToCopy, ifMissing: mayListSource, handle: copyObject },
} satisfies Operations<S3Operations, 'CopyObject'>

async function askToCopy(input: S3.CopyObjectRequest, call: Call, store: Reader): Promise<Asks> {
  const source = parseCopySource(input.CopySource)
  const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
  const tagsReplaced = input.TaggingDirective === 'REPLACE'
  const reads = await sourceQuestions(input, !tagsReplaced, call, store)
  const tags = tagsReplaced ? tagsOfHeader(input.Tagging) : []
  const context = { 's3:x-amz-copy-source': `${source.bucket}/${source.key}` }
  const writes = await writeQuestions(found, call, { input, tags, context })
  const [first] = writes
  const tagging = reads.length > 1 ? [{ ...first, action: 's3:PutObjectTagging' }] : []
  return [...writes, ...tagging, ...reads]
}

/** Whether a missing source may be told. */
export async function mayListSource(input: { readonly CopySource: string }, call: Call, store: Reader): Promise<Ask> {
  const { bucket } = parseCopySource(input.CopySource)
  return askOn(await existingBucket(store, bucket), call, {
    action: 's3:ListBucket',
    input: {},
    anyRegion: true,
  })
}

async function copyObject(input: S3.CopyObjectRequest, call: Call, store: Reader): Promise<S3.CopyObjectOutput> {
  const target = await existingBucket(store, input.Bucket)
  const { owner } = target
  checkKey(input.Key)
  checkBuilt(input)
  checkObjectOwnership(input, target, call)
  const condition = writeCondition(input)
  const source = await existingSource(input, call, true)
  checkCopyConditions(input, { etag: source.etag, lastModified: new Date(source.lastModified) })
  const description = descriptionOfCopy(input, source)
  const tags = tagsOfCopy(input, source)
  const received = await receive(call.platform.blobs.read(source.blobId), claimsOfCopy(input, source), call)
  const row: ObjectRow = {
    ...rowOf(received, call),
    ...description,
    bucket: input.Bucket,
    key: input.Key,
    owner,
    ...(tags.length > 0 && { tags }),
  }
  await commit(row, condition, call)
  return {
    CopyObjectResult: {
      ETag: `"${row.etag}"`,
      LastModified: new Date(row.lastModified),
      ChecksumType: checksumType(row),
      ...checksumMembers(row.checksums),
    },
    ServerSideEncryption: 'AES256',
  }
}

/** The algorithm that the request names, else the source's: the copy is one part, so its checksum is computed anew. */
function claimsOfCopy(input: S3.CopyObjectRequest, source: ObjectRow) {
  const [stored = 'CRC64NVME'] = Object.keys(source.checksums ?? {})
  return { algorithm: checksumAlgorithm(input.ChecksumAlgorithm ?? stored), trailing: false }
}

function directive(value: string | undefined, header: string): 'COPY' | 'REPLACE' {
  if (value === undefined || value === 'COPY') return 'COPY'
  if (value === 'REPLACE') return 'REPLACE'
  const message = header === 'x-amz-metadata-directive' ? 'Unknown metadata directive.' : 'Unknown tagging directive.'
  throw invalidArgument(message, header, value)
}

function descriptionOfCopy(input: S3.CopyObjectRequest, source: ObjectRow): ObjectDescription {
  const replaces = directive(input.MetadataDirective, 'x-amz-metadata-directive') === 'REPLACE'
  const described = describe(input)
  if (replaces) return described
  const onItself = source.bucket === input.Bucket && source.key === input.Key
  const changes = (input.StorageClass ?? input.WebsiteRedirectLocation ?? input.ServerSideEncryption) !== undefined
  if (onItself && !changes)
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    )
  const { contentType, systemHeaders, userMetadata } = source
  const redirect = 'x-amz-website-redirect-location'
  const { [redirect]: _, ...kept } = systemHeaders ?? {}
  const headers =
    input.WebsiteRedirectLocation === undefined ? kept : { ...kept, [redirect]: input.WebsiteRedirectLocation }
  return {
    storageClass: described.storageClass ?? 'STANDARD',
    ...(contentType !== undefined && { contentType }),
    ...(userMetadata && { userMetadata }),
    ...(Object.keys(headers).length > 0 && { systemHeaders: headers }),
  }
}

const tagsOfCopy = (input: S3.CopyObjectRequest, source: ObjectRow): readonly S3Tag[] =>
  directive(input.TaggingDirective, 'x-amz-tagging-directive') === 'REPLACE'
    ? tagsOfHeader(input.Tagging)
    : (source.tags ?? [])
