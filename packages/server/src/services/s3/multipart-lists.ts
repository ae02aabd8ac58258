/** ListParts and ListMultipartUploads. */
import type { S3, S3Operations } from '@understudy/wire'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { canonicalUserId } from './bucket-rules.ts'
import { checksumMembers } from './checksums.ts'
import { encoderFor, pageOf } from './listing.ts'
import { pageSize } from './list-objects.ts'
import { checksumOf, onUpload } from './multipart.ts'
import {
  existingUpload,
  partName,
  partsOf,
  splitUploadName,
  SUFFIX_LETTERS,
  uploadName,
  uploadsOf,
} from './multipart-rows.ts'
import { existingBucket, onBucket } from './questions.ts'

export const multipartListOperations = {
  ListParts: { access: 'read', ask: onUpload('s3:ListMultipartUploadParts'), handle: listParts },
  ListMultipartUploads: { access: 'read', ask: onBucket('s3:ListBucketMultipartUploads'), handle: listUploads },
} satisfies Operations<S3Operations, 'ListParts' | 'ListMultipartUploads'>

const storageClass = (row: ObjectRow) =>
  (row.storageClass ?? 'STANDARD') as NonNullable<S3.ListPartsOutput['StorageClass']>
const initiator = (row: ObjectRow): S3.Initiator => ({
  ID: row.initiator?.id ?? canonicalUserId(row.owner),
  ...(row.initiator?.displayName && { DisplayName: row.initiator.displayName }),
})

function checksumEntry(upload: ObjectRow): Pick<S3.MultipartUpload, 'ChecksumAlgorithm' | 'ChecksumType'> {
  const { algorithm, type, named } = checksumOf(upload)
  if (!named) return {}
  return { ChecksumAlgorithm: algorithm as NonNullable<S3.MultipartUpload['ChecksumAlgorithm']>, ChecksumType: type }
}

async function listParts(input: S3.ListPartsRequest, call: Call, store: Reader): Promise<S3.ListPartsOutput> {
  const { bucket } = await existingBucket(store, input.Bucket)
  const upload = await existingUpload(bucket, input.Key, input.UploadId, call)
  const max = pageSize(input.MaxParts, 'max-parts')
  const marker = Number(input.PartNumberMarker ?? 0) || 0
  const rows = await call.platform.objects.list(partsOf(input.UploadId), { after: partName(marker), limit: max + 1 })
  const page = rows.slice(0, max)
  return {
    Bucket: input.Bucket,
    Key: input.Key,
    UploadId: input.UploadId,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(Number(page.at(-1)?.key ?? 0)),
    MaxParts: max,
    IsTruncated: rows.length > page.length,
    Parts: page.map((part) => ({
      PartNumber: Number(part.key),
      LastModified: new Date(part.lastModified),
      ETag: `"${part.etag}"`,
      Size: part.size,
      ...checksumMembers(part.checksums),
    })),
    Initiator: initiator(upload),
    Owner: { ID: canonicalUserId(upload.owner) },
    StorageClass: storageClass(upload),
    ...checksumEntry(upload),
  }
}

async function listUploads(
  input: S3.ListMultipartUploadsRequest,
  call: Call,
  store: Reader,
): Promise<S3.ListMultipartUploadsOutput> {
  const { bucket } = await existingBucket(store, input.Bucket)
  const encode = encoderFor(input.EncodingType)
  const max = pageSize(input.MaxUploads, 'max-uploads')
  const { KeyMarker, UploadIdMarker, Prefix: prefix, Delimiter: delimiter } = input
  const after = markerName(KeyMarker, UploadIdMarker)
  const page = await pageOf(call, uploadsOf(bucket), { prefix, delimiter, after, max, suffixLetters: SUFFIX_LETTERS })
  const next = page.next === undefined ? undefined : nextMarkers(page.next, page.prefixes.includes(page.next))
  return {
    Bucket: input.Bucket,
    KeyMarker: encode(KeyMarker ?? ''),
    UploadIdMarker: UploadIdMarker ?? '',
    NextKeyMarker: encode(next?.key ?? ''),
    NextUploadIdMarker: next?.uploadId ?? '',
    ...(prefix !== undefined && { Prefix: encode(prefix) }),
    ...(delimiter !== undefined && { Delimiter: encode(delimiter) }),
    ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
    MaxUploads: max,
    IsTruncated: next !== undefined,
    Uploads: page.rows.map((row) => uploadEntry(row, encode)),
    CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
  }
}

/** Without an upload id the marker stands behind every upload of its key. */
function markerName(key: string | undefined, uploadId: string | undefined): string | undefined {
  if (key === undefined || key === '') return undefined
  return uploadId ? uploadName(key, uploadId) : uploadName(key, '\u{10FFFF}')
}

const nextMarkers = (name: string, isPrefix: boolean) =>
  isPrefix ? { key: name, uploadId: '' } : splitUploadName(name)

function uploadEntry(row: ObjectRow, encode: (text: string) => string): S3.MultipartUpload {
  const { key, uploadId } = splitUploadName(row.key)
  return {
    UploadId: uploadId,
    Key: encode(key),
    Initiated: new Date(row.lastModified),
    StorageClass: storageClass(row),
    Owner: { ID: canonicalUserId(row.owner) },
    Initiator: initiator(row),
    ...checksumEntry(row),
  }
}
