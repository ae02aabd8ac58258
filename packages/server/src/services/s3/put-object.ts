/** PutObject: the blob first, then the row, so that a failed write leaves nothing. */
import type { S3, S3Operations } from '@understudy/wire'
import type { Ask, Asks } from '../../authorization/question.ts'
import type { AwsError } from '../../errors/aws-error.ts'
import type { ObjectRow, ObjectStore, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { checksumMembers } from './checksums.ts'
import { existingTagKeys, requestTagKeys } from './context.ts'
import type { Context } from './context.ts'
import { headerNotImplemented, noSuchBucket, noSuchKey, preconditionFailed } from './errors.ts'
import { claimsOf } from './integrity.ts'
import { checkBuilt, checkKey, describe } from './metadata.ts'
import { changesAcl } from './object-acl.ts'
import type { AclOfObject } from './object-acl.ts'
import { checkObjectOwnership } from './ownership.ts'
import { askOn, existingBucket, objectOf } from './questions.ts'
import type { OwnedBucket } from './questions.ts'
import { tagsOfHeader } from './tags.ts'
import type { S3Tag } from './tags.ts'
import { receive } from './upload.ts'
import type { Received } from './upload.ts'

export const putObjectOperations = {
  PutObject: { access: 'read', ask: askToPut, handle: putObject },
} satisfies Operations<S3Operations, 'PutObject'>

async function askToPut(input: S3.PutObjectRequest, call: Call, store: Reader): Promise<Asks> {
  const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
  return writeQuestions(found, call, { input, tags: tagsOfHeader(input.Tagging) })
}

/** An object that is about to be made. */
export interface Writing {
  readonly input: WritingInput
  readonly tags: readonly S3Tag[]
  readonly context?: Context
}
interface WritingInput extends AclOfObject {
  readonly Bucket: string
  readonly Key: string
}

/** Writing with tags, or with a list that grants something, needs the permission for these too. */
export async function writeQuestions(
  found: OwnedBucket,
  call: Call,
  { input, tags, context: more }: Writing,
): Promise<readonly [Ask, ...Ask[]]> {
  const existing = existingTagKeys(await objectOf(call, input.Bucket, input.Key))
  const context = { ...existing, ...requestTagKeys(tags), ...more }
  const on = (action: string) => askOn(found, call, { action, key: input.Key, input, context })
  const extra = [...(tags.length > 0 ? ['s3:PutObjectTagging'] : []), ...(changesAcl(input) ? ['s3:PutObjectAcl'] : [])]
  return [on('s3:PutObject'), ...extra.map(on)]
}

/** Input of PutObject, as a browser's form gives it too. */
export type ObjectInput = Omit<S3.PutObjectRequest, 'Tagging'>

/**
 * Writes an object whose permission was given.
 * @param accept looks at what was received before it becomes an object; its refusal leaves nothing
 */
export async function storeObject(
  input: ObjectInput,
  { target, tags, accept }: { readonly target: OwnedBucket; readonly tags: readonly S3Tag[]; readonly accept?: Accept },
  call: Call,
): Promise<ObjectRow> {
  checkKey(input.Key)
  checkBuilt(input)
  checkObjectOwnership(input, target, call)
  const condition = writeCondition(input)
  const description = describe(input)
  const received = await receive(input.Body, claimsOf(input, call.request), call)
  const refused = accept?.(received)
  if (refused) {
    await call.platform.blobs.remove(received.id)
    throw refused
  }
  const row = { ...rowOf(received, call), ...description, bucket: input.Bucket, key: input.Key, owner: target.owner }
  const tagged = tags.length > 0 ? { ...row, tags } : row
  await commit(tagged, condition, call)
  return tagged
}

export type Accept = (received: Received) => AwsError | undefined

/** What an object has from its bytes. */
export const rowOf = (received: Received, call: Call) => ({
  blobId: received.id,
  size: received.size,
  etag: received.md5Hex,
  lastModified: call.now,
  checksums: received.checksums,
})

async function putObject(input: S3.PutObjectRequest, call: Call, store: Reader): Promise<S3.PutObjectOutput> {
  const target = await existingBucket(store, input.Bucket)
  const row = await storeObject(input, { target, tags: tagsOfHeader(input.Tagging) }, call)
  return {
    ETag: `"${row.etag}"`,
    ServerSideEncryption: 'AES256',
    ChecksumType: 'FULL_OBJECT',
    ...checksumMembers(row.checksums),
  }
}

/** What must hold when the row is written. */
type ObjectCondition = Omit<NonNullable<Parameters<ObjectStore['put']>[1]>, 'within'>

/** `If-None-Match: *` and `If-Match: "etag"`, held at the moment of the commit. @throws `NotImplemented` for other forms */
export function writeCondition(input: {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
}): ObjectCondition {
  if (input.IfNoneMatch !== undefined && input.IfNoneMatch !== '*') throw headerNotImplemented('If-None-Match')
  if (input.IfNoneMatch !== undefined) return { absent: true }
  return input.IfMatch === undefined ? {} : { etag: input.IfMatch.replaceAll('"', '') }
}

/**
 * Writes the row of a blob that is durable, in a bucket that must still be there, and lets go of what it replaces.
 * @throws `PreconditionFailed`, `NoSuchKey`, `NoSuchBucket`; then the blob is gone too
 */
export async function commit(row: ObjectRow, condition: ObjectCondition, call: Call): Promise<void> {
  const { objects, blobs } = call.platform
  const within = { kind: 'bucket', index: 'name', value: row.bucket }
  const result = await objects.put(row, { ...condition, within }).catch(async (error: unknown) => {
    await removeUnless(await isWritten(row, call), row.blobId, call)
    throw error
  })
  if (result.ok) {
    if (result.replaced) await blobs.remove(result.replaced.blobId)
    return
  }
  await blobs.remove(row.blobId)
  if (result.why === 'gone') throw noSuchBucket(row.bucket)
  if (condition.absent) throw preconditionFailed('If-None-Match')
  throw result.present ? preconditionFailed('If-Match') : noSuchKey(row.key)
}

/** A commit whose answer was lost may have happened: its blob is left then, and the next start sweeps it if need be. */
async function isWritten(row: ObjectRow, call: Call): Promise<boolean> {
  const present = await call.platform.objects.get(row.bucket, row.key).catch(() => 'unknown' as const)
  return present === 'unknown' || present?.blobId === row.blobId
}

async function removeUnless(needed: boolean, blobId: string, call: Call): Promise<void> {
  if (!needed) await call.platform.blobs.remove(blobId)
}
