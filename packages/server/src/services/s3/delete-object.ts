/** DeleteObject and DeleteObjects. Removing what is not there succeeds. */
import type { S3, S3Operations } from '@understudy/wire'
import type { Ask, Asks } from '../../authorization/question.ts'
import { AwsError } from '../../errors/aws-error.ts'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { malformedXml, noSuchKey, preconditionFailed } from './errors.ts'
import { checkVersion } from './get-object.ts'
import { askOn, existingBucket } from './questions.ts'

const KEYS_MAX = 1000

export const deleteObjectOperations = {
  DeleteObject: {
    access: 'read',
    ask: async (input, call, store): Promise<Asks> => {
      const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
      return [askOn(found, call, { action: actionFor(input.VersionId), key: input.Key, input })]
    },
    handle: async (input, call) => {
      checkVersion(input.Key, input.VersionId)
      await remove(input.Bucket, input.Key, input.IfMatch, call)
      return {}
    },
  },
  DeleteObjects: {
    access: 'read',
    ask: async (input, _call, store): Promise<Asks> => {
      await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
      return { noQuestion: 'Each key is a question of its own: a refusal is a part of the answer.' }
    },
    askEach: askForKeys,
    handle: deleteObjects,
  },
} satisfies Operations<S3Operations, 'DeleteObject' | 'DeleteObjects'>

const actionFor = (version: string | undefined) =>
  version === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion'

/** @throws `PreconditionFailed`, `NoSuchKey` for a condition on an object that is not there */
async function remove(bucket: string, key: string, ifMatch: string | undefined, call: Call): Promise<void> {
  const { objects, blobs } = call.platform
  const etag = ifMatch === undefined || ifMatch === '*' ? undefined : ifMatch.replaceAll('"', '')
  const removed = await objects.delete(bucket, key, etag === undefined ? undefined : { etag })
  if (removed) return blobs.remove(removed.blobId)
  if (ifMatch === undefined) return
  throw (await objects.get(bucket, key)) ? preconditionFailed('If-Match') : noSuchKey(key)
}

/** @throws `MalformedXML` for no key at all, or more than a thousand */
function listed(input: S3.DeleteObjectsRequest): readonly S3.ObjectIdentifier[] {
  const keys = input.Delete?.Objects ?? []
  if (keys.length === 0 || keys.length > KEYS_MAX) throw malformedXml()
  return keys
}

async function askForKeys(input: S3.DeleteObjectsRequest, call: Call, store: Reader): Promise<readonly Ask[]> {
  const found = await existingBucket(store, input.Bucket)
  return listed(input).map(({ Key, VersionId }) =>
    askOn(found, call, { action: actionFor(VersionId), key: Key, input: {}, context: { 's3:VersionId': VersionId } }),
  )
}

async function deleteObjects(input: S3.DeleteObjectsRequest, call: Call): Promise<S3.DeleteObjectsOutput> {
  const { refusals } = call
  const keys = listed(input)
  if (refusals?.length !== keys.length) throw new Error('DeleteObjects needs an answer to each of its questions.')
  const failures = keys.map((identifier, index) => refusals[index] ?? failureOf(identifier))
  const plain = keys.filter((identifier, index) => !failures[index] && identifier.ETag === undefined)
  const removed = await call.platform.objects.deleteMany(
    input.Bucket,
    plain.map(({ Key }) => Key),
  )
  await removeBlobs(removed, call)
  const outcomes: (AwsError | undefined)[] = []
  for (const [index, { Key, ETag }] of keys.entries())
    outcomes.push(
      failures[index] ?? (ETag === undefined ? undefined : await conditional(input.Bucket, Key, ETag, call)),
    )
  return {
    ...(!input.Delete.Quiet && { Deleted: keys.filter((_key, index) => !outcomes[index]).map(deletedEntry) }),
    Errors: keys.flatMap((key, index) => errorEntry(key, outcomes[index])),
  }
}

async function removeBlobs(rows: readonly ObjectRow[], call: Call): Promise<void> {
  for (const row of rows) await call.platform.blobs.remove(row.blobId)
}

const awsErrorOf = (error: unknown): AwsError => {
  if (error instanceof AwsError) return error
  throw error
}

function failureOf({ Key, VersionId }: S3.ObjectIdentifier): AwsError | undefined {
  try {
    checkVersion(Key, VersionId)
    return undefined
  } catch (error) {
    return awsErrorOf(error)
  }
}

const conditional = (bucket: string, key: string, etag: string, call: Call): Promise<AwsError | undefined> =>
  remove(bucket, key, etag, call).then(() => undefined, awsErrorOf)

const deletedEntry = ({ Key, VersionId }: S3.ObjectIdentifier): S3.DeletedObject => ({
  Key,
  ...(VersionId !== undefined && { VersionId }),
})

const errorEntry = ({ Key, VersionId }: S3.ObjectIdentifier, error: AwsError | undefined): readonly S3.S3ErrorEntry[] =>
  error ? [{ Key, Code: error.code, Message: error.message, ...(VersionId !== undefined && { VersionId }) }] : []
