/** CompleteMultipartUpload: the named parts, in order, become one blob and one object. */
import { createHash } from 'node:crypto'
import type { S3, S3Operations } from '@understudy/wire'
import { AwsError } from '../../errors/aws-error.ts'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { checksumAlgorithm, checksumMembers } from './checksums.ts'
import type { ChecksumAlgorithm } from './checksums.ts'
import { checksumMismatch, invalidRequest, malformedXml } from './errors.ts'
import { checksumOf, onUpload } from './multipart.ts'
import { allParts, discardUpload, existingUpload, partName } from './multipart-rows.ts'
import { commit, writeCondition } from './put-object.ts'
import { existingBucket } from './questions.ts'

export const completeMultipartOperations = {
  CompleteMultipartUpload: { access: 'read', ask: onUpload('s3:PutObject'), handle: complete },
} satisfies Operations<S3Operations, 'CompleteMultipartUpload'>

const PART_BYTES_MIN = 5 * 1024 ** 2

async function complete(
  input: S3.CompleteMultipartUploadRequest,
  call: Call,
  store: Reader,
): Promise<S3.CompleteMultipartUploadOutput> {
  const { owner, bucket } = await existingBucket(store, input.Bucket)
  const upload = await existingUpload(bucket, input.Key, input.UploadId, call)
  const condition = writeCondition(input)
  const parts = chosenParts(input, await allParts(input.UploadId, call))
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== size)
    throw invalidRequest(`The provided 'x-amz-mp-object-size' header does not match what was computed.`)
  const { algorithm, type } = checksumOf(upload)
  const joined = await join(parts, checksumAlgorithm(algorithm), call)
  const checksum = type === 'COMPOSITE' ? await compositeOf(parts, checksumAlgorithm(algorithm)) : joined.checksum
  const row: ObjectRow = {
    ...described(upload),
    bucket: input.Bucket,
    key: input.Key,
    blobId: joined.id,
    size,
    etag: etagOf(parts),
    lastModified: call.now,
    checksums: { [algorithm]: checksum },
    owner,
    partSizes: parts.map((part) => part.size),
  }
  await checkPromise(input, algorithm, checksum, joined.id, call)
  await commit(row, condition, call)
  await discardUpload(bucket, input.Key, input.UploadId, call)
  return {
    Location: `http://${input.Bucket}.s3.amazonaws.com/${encodeURIComponent(input.Key)}`,
    Bucket: input.Bucket,
    Key: input.Key,
    ETag: `"${row.etag}"`,
    ServerSideEncryption: 'AES256',
    ChecksumType: type,
    ...checksumMembers(row.checksums),
  }
}

/** What the upload said about the object when it began. */
function described(upload: ObjectRow) {
  const { contentType, systemHeaders, userMetadata, storageClass, tags } = upload
  return {
    ...(contentType !== undefined && { contentType }),
    ...(systemHeaders && { systemHeaders }),
    ...(userMetadata && { userMetadata }),
    ...(storageClass !== undefined && { storageClass }),
    ...(tags && { tags }),
  }
}

const invalid = (code: string, message: string, fields: Readonly<Record<string, string>>) =>
  new AwsError(code, 400, message, { fields, diagnosis: 'REQUEST.INVALID' })

/** @throws `MalformedXML`, `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall` */
function chosenParts(input: S3.CompleteMultipartUploadRequest, stored: readonly ObjectRow[]): readonly ObjectRow[] {
  const named = input.MultipartUpload?.Parts ?? []
  if (named.length === 0) throw malformedXml()
  const byName = new Map(stored.map((part) => [part.key, part]))
  let before = 0
  const chosen = named.map(({ PartNumber = 0, ETag = '' }) => {
    if (PartNumber <= before)
      throw invalid(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
        {
          UploadId: input.UploadId,
        },
      )
    before = PartNumber
    const part = byName.get(partName(PartNumber))
    if (part && part.etag === ETag.replaceAll('"', '')) return part
    throw invalid(
      'InvalidPart',
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { UploadId: input.UploadId, PartNumber: String(PartNumber), ETag: ETag.replaceAll('"', '') },
    )
  })
  for (const part of chosen.slice(0, -1)) if (part.size < PART_BYTES_MIN) throw partTooSmall(part)
  return chosen
}

const partTooSmall = (part: ObjectRow) =>
  invalid('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
    ETag: part.etag,
    MinSizeAllowed: String(PART_BYTES_MIN),
    PartNumber: String(Number(part.key)),
    ProposedSize: String(part.size),
  })

/** The MD5 of the parts' MD5s, and their number. */
function etagOf(parts: readonly ObjectRow[]): string {
  const hash = createHash('md5')
  for (const part of parts) hash.update(Buffer.from(part.etag, 'hex'))
  return `${hash.digest('hex')}-${parts.length}`
}

async function compositeOf(parts: readonly ObjectRow[], algorithm: ChecksumAlgorithm): Promise<string> {
  const digester = await algorithm.start()
  for (const part of parts) digester.update(Buffer.from(part.checksums?.[algorithm.name] ?? '', 'base64'))
  return `${digester.digest()}-${parts.length}`
}

async function join(parts: readonly ObjectRow[], algorithm: ChecksumAlgorithm, call: Call) {
  const { blobs } = call.platform
  const digester = await algorithm.start()
  const bytes = async function* (): AsyncIterable<Uint8Array> {
    for (const part of parts)
      for await (const chunk of blobs.read(part.blobId)) {
        digester.update(chunk)
        yield chunk
      }
  }
  const { id } = await blobs.put(bytes())
  return { id, checksum: digester.digest() }
}

/** The checksum of the whole that the caller may send along. @throws `BadDigest`; the joined blob is gone then */
async function checkPromise(
  input: S3.CompleteMultipartUploadRequest,
  algorithm: string,
  checksum: string,
  ...[blobId, call]: [string, Call]
): Promise<void> {
  const promised = input[checksumAlgorithm(algorithm).member]
  if (promised === undefined || promised === checksum) return
  await call.platform.blobs.remove(blobId)
  throw checksumMismatch(algorithm)
}
