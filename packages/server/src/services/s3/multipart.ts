/** Multipart uploads: beginning one, adding parts, giving it up. */
import type { S3, S3Operations } from '@understudy/wire'
import type { Asks } from '../../authorization/question.ts'
import { AwsError } from '../../errors/aws-error.ts'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { checksumAlgorithm, checksumMembers, DEFAULT_CHECKSUM } from './checksums.ts'
import { checkCopyConditions } from './conditions.ts'
import { existingSource, parseCopySource, sourceQuestions } from './copy-source.ts'
import { mayListSource } from './copy-object.ts'
import { invalidArgument, invalidRequest, noSuchUpload } from './errors.ts'
import { claimsOf } from './integrity.ts'
import { checkBuilt, checkKey, describe } from './metadata.ts'
import {
  discardUpload,
  existingUpload,
  initiatorOf,
  newUploadId,
  partName,
  partsOf,
  uploadName,
  uploadsOf,
} from './multipart-rows.ts'
import { checkObjectOwnership } from './ownership.ts'
import { writeQuestions } from './put-object.ts'
import { askOn, existingBucket } from './questions.ts'
import { byteRange } from './range.ts'
import { tagsOfHeader } from './tags.ts'
import { receive } from './upload.ts'
import type { Received } from './upload.ts'

export const multipartOperations = {
  CreateMultipartUpload: {
    access: 'read',
    ask: async (input, call, store) =>
      writeQuestions(await existingBucket(store, input.Bucket, input.ExpectedBucketOwner), call, {
        input,
        tags: tagsOfHeader(input.Tagging),
      }),
    handle: createUpload,
  },
  UploadPart: { access: 'read', ask: onUpload('s3:PutObject'), handle: uploadPart },
  UploadPartCopy: { access: 'read', ask: askToCopyPart, ifMissing: mayListSource, handle: uploadPartCopy },
  AbortMultipartUpload: {
    access: 'read',
    ask: onUpload('s3:AbortMultipartUpload'),
    handle: async (input, call, store) => {
      const { bucket } = await existingBucket(store, input.Bucket)
      const upload = await existingUpload(bucket, input.Key, input.UploadId, call)
      const began = input.IfMatchInitiatedTime
      if (began && Math.floor(began.getTime() / 1000) !== Math.floor(upload.lastModified / 1000))
        throw new AwsError('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold')
      await discardUpload(bucket, input.Key, input.UploadId, call)
      return {}
    },
  },
} satisfies Operations<S3Operations, 'CreateMultipartUpload' | 'UploadPart' | 'UploadPartCopy' | 'AbortMultipartUpload'>

/** Members of an input that names an upload. */
export interface OnUpload {
  readonly Bucket: string
  readonly Key: string
  readonly ExpectedBucketOwner?: string | undefined
}

/** The upload is no resource of its own: its parts are authorized on the object that is to be. */
export function onUpload(action: string) {
  return async (input: OnUpload, call: Call, store: Reader): Promise<Asks> => {
    const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
    return [askOn(found, call, { action, key: input.Key, input })]
  }
}

async function askToCopyPart(input: S3.UploadPartCopyRequest, call: Call, store: Reader): Promise<Asks> {
  const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
  const source = parseCopySource(input.CopySource)
  const context = { 's3:x-amz-copy-source': `${source.bucket}/${source.key}` }
  const write = askOn(found, call, { action: 's3:PutObject', key: input.Key, input, context })
  return [write, ...(await sourceQuestions(input, false, call, store))]
}

/** Algorithms whose checksums can cover the whole object, and what they do unless told otherwise. */
const TYPES: ReadonlyMap<string, readonly ('FULL_OBJECT' | 'COMPOSITE')[]> = new Map([
  ['CRC64NVME', ['FULL_OBJECT']],
  ['CRC32', ['COMPOSITE', 'FULL_OBJECT']],
  ['CRC32C', ['COMPOSITE', 'FULL_OBJECT']],
])

function checksumTypeFor(algorithm: string, asked: string | undefined): 'FULL_OBJECT' | 'COMPOSITE' {
  const types = TYPES.get(algorithm) ?? ['COMPOSITE']
  const type = asked === undefined ? types[0] : types.find((candidate) => candidate === asked)
  if (type) return type
  throw invalidRequest(
    `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  )
}

async function createUpload(
  input: S3.CreateMultipartUploadRequest,
  call: Call,
  store: Reader,
): Promise<S3.CreateMultipartUploadOutput> {
  const target = await existingBucket(store, input.Bucket)
  const { owner, bucket } = target
  checkKey(input.Key)
  checkBuilt(input)
  checkObjectOwnership(input, target, call)
  const tags = tagsOfHeader(input.Tagging)
  const algorithm = checksumAlgorithm(input.ChecksumAlgorithm ?? DEFAULT_CHECKSUM).name
  const type = checksumTypeFor(algorithm, input.ChecksumType)
  const uploadId = newUploadId(call)
  const row: ObjectRow = {
    bucket: uploadsOf(bucket),
    key: uploadName(input.Key, uploadId),
    blobId: '',
    size: 0,
    etag: uploadId,
    lastModified: call.now,
    ...(input.ChecksumAlgorithm !== undefined && { checksums: { [algorithm]: type } }),
    owner,
    initiator: initiatorOf(call),
    ...describe(input),
    ...(tags.length > 0 && { tags }),
  }
  await call.platform.objects.put(row, { within: { kind: 'bucket', index: 'name', value: bucket.name } })
  return {
    Bucket: input.Bucket,
    Key: input.Key,
    UploadId: uploadId,
    ServerSideEncryption: 'AES256',
    ...(input.ChecksumAlgorithm !== undefined && { ChecksumAlgorithm: input.ChecksumAlgorithm, ChecksumType: type }),
  }
}

/** What the checksum of the object will be, and whether the upload was begun for it, so that each part has to bring it. */
export interface UploadChecksum {
  readonly algorithm: string
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
  readonly named: boolean
}

export function checksumOf(upload: ObjectRow): UploadChecksum {
  const [named] = Object.entries(upload.checksums ?? {})
  if (!named) return { algorithm: DEFAULT_CHECKSUM, type: 'FULL_OBJECT', named: false }
  return { algorithm: named[0], type: named[1] === 'COMPOSITE' ? 'COMPOSITE' : 'FULL_OBJECT', named: true }
}

const PARTS_MAX = 10_000

function checkPartNumber(number: number): void {
  if (!Number.isInteger(number) || number < 1 || number > PARTS_MAX)
    throw invalidArgument('Part number must be an integer between 1 and 10000, inclusive', 'partNumber', String(number))
}

async function uploadPart(input: S3.UploadPartRequest, call: Call, store: Reader): Promise<S3.UploadPartOutput> {
  const { bucket } = await existingBucket(store, input.Bucket)
  checkPartNumber(input.PartNumber)
  checkBuilt(input)
  const upload = await existingUpload(bucket, input.Key, input.UploadId, call)
  const { algorithm, named } = checksumOf(upload)
  const claims = claimsOf(input, call.request, algorithm)
  if (named && claims.algorithm.name !== algorithm)
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${claims.algorithm.name.toLowerCase()}`,
    )
  const part = await storePart(await receive(input.Body, claims, call), { input, bucket: uploadsOf(bucket) }, call)
  return { ETag: `"${part.etag}"`, ServerSideEncryption: 'AES256', ...checksumMembers(part.checksums) }
}

interface PartPlace {
  readonly input: { readonly Key: string; readonly UploadId: string; readonly PartNumber: number }
  /** Name under which the upload's row is kept. */
  readonly bucket: string
}

/** Writes the part's row; the upload may have ended while the bytes came in. @throws `NoSuchUpload`; nothing is left then */
async function storePart(received: Received, place: PartPlace, call: Call): Promise<ObjectRow> {
  const { objects, blobs } = call.platform
  const { Key, UploadId, PartNumber } = place.input
  const part: ObjectRow = {
    bucket: partsOf(UploadId),
    key: partName(PartNumber),
    blobId: received.id,
    size: received.size,
    etag: received.md5Hex,
    lastModified: call.now,
    checksums: received.checksums,
    owner: call.account,
  }
  const result = await objects.put(part)
  if (result.ok && result.replaced) await blobs.remove(result.replaced.blobId)
  if (await objects.get(place.bucket, uploadName(Key, UploadId))) return part
  await objects.delete(part.bucket, part.key)
  await blobs.remove(part.blobId)
  throw noSuchUpload(UploadId)
}

async function uploadPartCopy(
  input: S3.UploadPartCopyRequest,
  call: Call,
  store: Reader,
): Promise<S3.UploadPartCopyOutput> {
  const { bucket } = await existingBucket(store, input.Bucket)
  checkPartNumber(input.PartNumber)
  checkBuilt(input)
  const upload = await existingUpload(bucket, input.Key, input.UploadId, call)
  const source = await existingSource(input, call, input.CopySourceRange === undefined)
  checkCopyConditions(input, { etag: source.etag, lastModified: new Date(source.lastModified) })
  const range = copyRange(input.CopySourceRange, source.size)
  const claims = { algorithm: checksumAlgorithm(checksumOf(upload).algorithm), trailing: false }
  const received = await receive(call.platform.blobs.read(source.blobId, range), claims, call)
  const part = await storePart(received, { input, bucket: uploadsOf(bucket) }, call)
  const { etag, lastModified, checksums } = part
  return {
    CopyPartResult: { ETag: `"${etag}"`, LastModified: new Date(lastModified), ...checksumMembers(checksums) },
    ServerSideEncryption: 'AES256',
  }
}

function copyRange(header: string | undefined, size: number) {
  if (header === undefined) return undefined
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? []
  if (first === '' || Number(last) < Number(first))
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      'x-amz-copy-source-range',
      header,
    )
  if (Number(last) >= size)
    throw invalidArgument(
      `Range specified is not valid for source object of size: ${size}`,
      'x-amz-copy-source-range',
      header,
    )
  return byteRange(header, size)
}
