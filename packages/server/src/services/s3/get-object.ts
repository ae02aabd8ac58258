/** GetObject and HeadObject: conditions, ranges, overrides of the answer's headers. */
import type { S3, S3Operations } from '@understudy/wire'
import type { ByteRange } from '../../blobs/port.ts'
import type { ObjectRow } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { checksumMembers } from './checksums.ts'
import { checkReadConditions } from './conditions.ts'
import {
  invalidArgument,
  invalidObjectState,
  invalidPartNumber,
  invalidRequest,
  noSuchKey,
  noSuchVersion,
  slowDown,
} from './errors.ts'
import { ARCHIVED, checkBuilt, DEFAULT_CONTENT_TYPE, encodeHeaderText, isLatin1 } from './metadata.ts'
import { mayList, objectOf, onObject } from './questions.ts'
import { byteRange, contentRange } from './range.ts'

const askToRead = onObject('s3:GetObject', 's3:GetObjectVersion')

export const getObjectOperations = {
  GetObject: {
    access: 'read',
    ask: askToRead,
    ifMissing: mayList,
    handle: async (input, call) => {
      const { row, range } = await selected(input, call)
      if (ARCHIVED.has(row.storageClass ?? '')) throw invalidObjectState(row.storageClass ?? '')
      return {
        ...answer(input, row, range),
        ...overrides(input),
        ...(row.size > 0 && { Body: await opened(row, range, call) }),
      }
    },
  },
  HeadObject: {
    access: 'read',
    ask: askToRead,
    ifMissing: mayList,
    handle: async (input, call) => {
      const { row, range } = await selected(input, call)
      return { ...answer(input, row, range), ...overrides(input) }
    },
  },
} satisfies Operations<S3Operations, 'GetObject' | 'HeadObject'>

type Reading = Omit<S3.HeadObjectRequest, 'ResponseExpires'> & { readonly ResponseExpires?: Date | undefined }

interface Selected {
  readonly row: ObjectRow
  readonly range: ByteRange | undefined
}

async function selected(input: Reading, call: Call): Promise<Selected> {
  checkBuilt(input)
  const row = await existingObject(input, call)
  checkReadConditions(input, { etag: row.etag, lastModified: new Date(row.lastModified) })
  if (input.PartNumber === undefined) return { row, range: byteRange(input.Range, row.size) }
  if (input.Range !== undefined) throw invalidRequest('Cannot specify both Range header and partNumber query parameter')
  return { row, range: rangeOfPart(input.PartNumber, row) }
}

/**
 * The object of a request; the id `null` names the only version of an object that has no versions.
 * @throws `NoSuchKey`, `NoSuchVersion`, `InvalidArgument` for a version id that cannot be one
 */
export async function existingObject(
  input: { readonly Bucket: string; readonly Key: string; readonly VersionId?: string | undefined },
  call: Call,
): Promise<ObjectRow> {
  checkVersion(input.Key, input.VersionId)
  const row = await objectOf(call, input.Bucket, input.Key)
  if (!row) throw noSuchKey(input.Key)
  return row
}

/** Versions are not built: a well-formed id names none. */
export function checkVersion(key: string, version: string | undefined): void {
  if (version === undefined || version === 'null') return
  if (/^[\w.-]{32}$/.test(version)) throw noSuchVersion(key, version)
  throw invalidArgument('Invalid version id specified', 'versionId', version)
}

/** @throws `InvalidPartNumber` (416) for a number beyond the object's parts */
function rangeOfPart(number: number, row: ObjectRow): ByteRange | undefined {
  const sizes = row.partSizes ?? [row.size]
  const size = sizes[number - 1]
  if (size === undefined) throw invalidPartNumber(number, sizes.length)
  if (row.size === 0) return undefined
  const start = sizes.slice(0, number - 1).reduce((sum, bytes) => sum + bytes, 0)
  return { start, end: start + size - 1 }
}

function answer(input: Reading, row: ObjectRow, range: ByteRange | undefined): S3.HeadObjectOutput {
  const length = range ? range.end - range.start + 1 : row.size
  const withChecksum = input.ChecksumMode === 'ENABLED' && !range && row.checksums !== undefined
  return {
    AcceptRanges: 'bytes',
    LastModified: new Date(Math.floor(row.lastModified / 1000) * 1000),
    ContentLength: length,
    ETag: `"${row.etag}"`,
    ServerSideEncryption: 'AES256',
    ...systemHeaders(row),
    ...(row.userMetadata && { Metadata: encodedMetadata(row.userMetadata) }),
    ...(range && { ContentRange: contentRange(range, row.size) }),
    ...(withChecksum && { ...checksumMembers(row.checksums), ChecksumType: checksumType(row) }),
    ...(input.PartNumber !== undefined && row.partSizes && { PartsCount: row.partSizes.length }),
    ...(row.tags?.length && { TagCount: row.tags.length }),
    ...(!isStandard(row) && { StorageClass: row.storageClass as S3.HeadObjectOutput['StorageClass'] }),
  }
}

/** The usual class is not shown. */
const isStandard = ({ storageClass = 'STANDARD' }: ObjectRow): boolean => storageClass === 'STANDARD'

/** The checksum of parts put together ends in their number. */
export const checksumType = (row: ObjectRow): 'COMPOSITE' | 'FULL_OBJECT' =>
  Object.values(row.checksums ?? {}).some((value) => /-\d+$/.test(value)) ? 'COMPOSITE' : 'FULL_OBJECT'

function systemHeaders(row: ObjectRow) {
  const headers = row.systemHeaders ?? {}
  const expires = headers['expires']
  return {
    ContentType: row.contentType ?? DEFAULT_CONTENT_TYPE,
    CacheControl: headers['cache-control'],
    ContentDisposition: headers['content-disposition'],
    ContentEncoding: headers['content-encoding'],
    ContentLanguage: headers['content-language'],
    WebsiteRedirectLocation: headers['x-amz-website-redirect-location'],
    ...(expires !== undefined && { Expires: new Date(expires) }),
  }
}

const encodedMetadata = (stored: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, encodeHeaderText(value)]))

/** Query parameter → member of the answer that it takes the place of. Signed requests only, as on AWS. */
const OVERRIDES = [
  ['response-cache-control', 'ResponseCacheControl', 'CacheControl'],
  ['response-content-disposition', 'ResponseContentDisposition', 'ContentDisposition'],
  ['response-content-encoding', 'ResponseContentEncoding', 'ContentEncoding'],
  ['response-content-language', 'ResponseContentLanguage', 'ContentLanguage'],
  ['response-content-type', 'ResponseContentType', 'ContentType'],
] as const

function overrides(input: Reading): Partial<S3.HeadObjectOutput> {
  const changed = OVERRIDES.flatMap(([parameter, from, to]) => {
    const value = input[from]
    if (value === undefined) return []
    if (!isLatin1(value))
      throw invalidArgument('Header value cannot be represented using ISO-8859-1.', parameter, value)
    return [[to, value] as const]
  })
  return { ...Object.fromEntries(changed), ...(input.ResponseExpires && { Expires: input.ResponseExpires }) }
}

/**
 * The bytes, with the first of them already there: after this the answer has begun and nothing can be taken back.
 * @throws `SlowDown` when the object was replaced while the request looked at it
 */
async function opened(row: ObjectRow, range: ByteRange | undefined, call: Call): Promise<AsyncIterable<Uint8Array>> {
  const bytes = call.platform.blobs.read(row.blobId, range)[Symbol.asyncIterator]()
  const first = await bytes.next().catch(async (error: unknown) => {
    const now = await call.platform.objects.get(row.bucket, row.key)
    throw now?.blobId === row.blobId ? error : slowDown()
  })
  return follow(first, bytes)
}

async function* follow(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    for (let step = first; !step.done; step = await rest.next()) yield step.value
  } finally {
    await rest.return?.()
  }
}
