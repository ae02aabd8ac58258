/** Tags of an object that is there. */
import type { S3Operations } from '@understudy/wire'
import type { Asks } from '../../authorization/question.ts'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { existingTagKeys, requestTagKeys } from './context.ts'
import { noSuchKey, slowDown } from './errors.ts'
import { existingObject } from './get-object.ts'
import { askOn, existingBucket, mayList, objectOf, onObject } from './questions.ts'
import { objectTags, tagSet } from './tags.ts'
import type { S3Tag } from './tags.ts'

export const objectTaggingOperations = {
  GetObjectTagging: {
    access: 'read',
    ask: onObject('s3:GetObjectTagging', 's3:GetObjectVersionTagging'),
    ifMissing: mayList,
    handle: async (input, call) => ({ TagSet: tagSet((await existingObject(input, call)).tags) }),
  },
  PutObjectTagging: {
    access: 'read',
    ask: async (input, call, store): Promise<Asks> => {
      const sent = (input.Tagging?.TagSet ?? []).map((tag) => ({ key: tag.Key, value: tag.Value }))
      return askToChange('s3:PutObject', input, sent, call, store)
    },
    ifMissing: mayList,
    handle: async (input, call) => {
      const tags = objectTags(input.Tagging?.TagSet ?? [])
      await change(await existingObject(input, call), tags, call)
      return {}
    },
  },
  DeleteObjectTagging: {
    access: 'read',
    ask: (input, call, store) => askToChange('s3:DeleteObject', input, [], call, store),
    ifMissing: mayList,
    handle: async (input, call) => {
      await change(await existingObject(input, call), [], call)
      return {}
    },
  },
} satisfies Operations<S3Operations, 'GetObjectTagging' | 'PutObjectTagging' | 'DeleteObjectTagging'>

interface OnObject {
  readonly Bucket: string
  readonly Key: string
  readonly VersionId?: string | undefined
  readonly ExpectedBucketOwner?: string | undefined
}

async function askToChange(
  verb: 's3:PutObject' | 's3:DeleteObject',
  input: OnObject,
  sent: readonly S3Tag[],
  ...[call, store]: [Call, Reader]
): Promise<Asks> {
  const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
  const context = { ...existingTagKeys(await objectOf(call, input.Bucket, input.Key)), ...requestTagKeys(sent) }
  const action = `${verb}${input.VersionId === undefined ? '' : 'Version'}Tagging`
  return [askOn(found, call, { action, key: input.Key, input, context })]
}

/**
 * The tags change, the bytes and the date do not. An upload of the same bytes may come between (its etag is the same, its
 * blob is not): then the tags go to the newer object, so that no row names a blob that is gone.
 * @throws `SlowDown` when other objects keep taking the place
 */
async function change(row: ObjectRow, tags: readonly S3Tag[], call: Call, tries = 4): Promise<void> {
  const { tags: _, ...untagged } = row
  const result = await call.platform.objects.put(tags.length > 0 ? { ...untagged, tags } : untagged, { etag: row.etag })
  if (result.ok) {
    const replaced = result.replaced
    if (replaced && replaced.blobId !== row.blobId) await change(replaced, tags, call, Infinity)
    return
  }
  const present = result.why === 'condition' ? result.present : undefined
  if (!present) throw noSuchKey(row.key)
  if (tries === 0) throw slowDown()
  return change(present, tags, call, tries - 1)
}
