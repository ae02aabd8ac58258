/** ListObjectsV2 and ListObjects: pages of keys, rolled up at a delimiter. */
import type { S3, S3Operations } from '@understudy/wire'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { canonicalUserId } from './bucket-rules.ts'
import { invalidArgument } from './errors.ts'
import { checksumType } from './get-object.ts'
import { encoderFor, pageOf } from './listing.ts'
import { existingBucket, onBucket } from './questions.ts'

export const listObjectOperations = {
  ListObjectsV2: { access: 'read', ask: onBucket('s3:ListBucket'), handle: listObjectsV2 },
  ListObjects: { access: 'read', ask: onBucket('s3:ListBucket'), handle: listObjects },
  ListObjectVersions: { access: 'read', ask: onBucket('s3:ListBucketVersions'), handle: listObjectVersions },
} satisfies Operations<S3Operations, 'ListObjectsV2' | 'ListObjects' | 'ListObjectVersions'>

const KEYS_MAX = 1000

/** @throws `InvalidArgument` */
export function pageSize(asked: number | undefined, name: string): number {
  if (asked === undefined) return KEYS_MAX
  if (!Number.isInteger(asked) || asked < 0 || asked > 2 ** 31 - 1)
    throw invalidArgument('Provided max-keys not an integer or within integer range', name, String(asked))
  return Math.min(asked, KEYS_MAX)
}

/** Tokens hold the last name of the page before; a letter in front tells them from made-up ones. */
const tokenFor = (last: string): string => Buffer.from(`1${last}`).toString('base64url')
function lastOfToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (text.startsWith('1')) return text.slice(1)
  throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token)
}

async function listObjectsV2(
  input: S3.ListObjectsV2Request,
  call: Call,
  store: Reader,
): Promise<S3.ListObjectsV2Output> {
  const { owner } = await existingBucket(store, input.Bucket)
  const { ContinuationToken, StartAfter, Delimiter } = input
  const encode = encoderFor(input.EncodingType)
  const max = pageSize(input.MaxKeys, 'max-keys')
  const after = ContinuationToken === undefined ? StartAfter : lastOfToken(ContinuationToken)
  const page = await pageOf(call, input.Bucket, { prefix: input.Prefix, delimiter: Delimiter, after, max })
  return {
    Name: input.Bucket,
    Prefix: encode(input.Prefix ?? ''),
    MaxKeys: max,
    KeyCount: page.rows.length + page.prefixes.length,
    IsTruncated: page.next !== undefined,
    Contents: page.rows.map((row) => entry(row, encode, input.FetchOwner === true ? owner : undefined)),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    ...(Delimiter !== undefined && { Delimiter: encode(Delimiter) }),
    ...(StartAfter !== undefined && { StartAfter: encode(StartAfter) }),
    ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    ...(page.next !== undefined && { NextContinuationToken: tokenFor(page.next) }),
  }
}

async function listObjects(input: S3.ListObjectsRequest, call: Call, store: Reader): Promise<S3.ListObjectsOutput> {
  const { owner } = await existingBucket(store, input.Bucket)
  const { Delimiter, Marker } = input
  const encode = encoderFor(input.EncodingType)
  const max = pageSize(input.MaxKeys, 'max-keys')
  const page = await pageOf(call, input.Bucket, { prefix: input.Prefix, delimiter: Delimiter, after: Marker, max })
  return {
    Name: input.Bucket,
    Prefix: encode(input.Prefix ?? ''),
    Marker: encode(Marker ?? ''),
    MaxKeys: max,
    IsTruncated: page.next !== undefined,
    Contents: page.rows.map((row) => entry(row, encode, owner)),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    ...(Delimiter !== undefined && { Delimiter: encode(Delimiter) }),
    ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
    ...(page.next !== undefined && Delimiter && { NextMarker: encode(page.next) }),
  }
}

/** Buckets have no versions: each object is the only one, `null`. */
async function listObjectVersions(
  input: S3.ListObjectVersionsRequest,
  call: Call,
  store: Reader,
): Promise<S3.ListObjectVersionsOutput> {
  const { owner } = await existingBucket(store, input.Bucket)
  const { Delimiter: delimiter, KeyMarker, Prefix: prefix } = input
  const encode = encoderFor(input.EncodingType)
  const max = pageSize(input.MaxKeys, 'max-keys')
  const page = await pageOf(call, input.Bucket, { prefix, delimiter, after: KeyMarker, max })
  return {
    Name: input.Bucket,
    Prefix: encode(prefix ?? ''),
    KeyMarker: encode(KeyMarker ?? ''),
    VersionIdMarker: input.VersionIdMarker ?? '',
    MaxKeys: max,
    IsTruncated: page.next !== undefined,
    Versions: page.rows.map((row) => ({
      ...entry(row, encode, owner),
      StorageClass: (row.storageClass ?? 'STANDARD') as 'STANDARD',
      VersionId: 'null',
      IsLatest: true,
    })),
    CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    ...(delimiter !== undefined && { Delimiter: encode(delimiter) }),
    ...(input.EncodingType !== undefined && { EncodingType: input.EncodingType }),
    ...(page.next !== undefined && { NextKeyMarker: encode(page.next), NextVersionIdMarker: 'null' }),
  }
}

/** @param owner the account to show; absent: none is shown */
function entry(row: ObjectRow, encode: (text: string) => string, owner: string | undefined): S3.S3Object {
  const algorithms = Object.keys(row.checksums ?? {}) as NonNullable<S3.S3Object['ChecksumAlgorithm']>
  return {
    Key: encode(row.key),
    LastModified: new Date(row.lastModified),
    ETag: `"${row.etag}"`,
    ...(algorithms.length > 0 && { ChecksumAlgorithm: algorithms, ChecksumType: checksumType(row) }),
    Size: row.size,
    ...(owner !== undefined && { Owner: { ID: canonicalUserId(owner) } }),
    StorageClass: (row.storageClass ?? 'STANDARD') as NonNullable<S3.S3Object['StorageClass']>,
  }
}
