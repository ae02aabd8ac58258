/** Settings of a bucket beside its policy: public access block, tags, and those that nobody can have changed yet. */
import type { S3Operations } from '@understudy/wire'
import { buckets } from '../../entities/s3.ts'
import type { Bucket } from '../../entities/s3.ts'
import type { Reader, Writer } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { headerNotImplemented, invalidRequest, malformedXml, noSuchSetting } from './errors.ts'
import { existingBucket, onBucket } from './questions.ts'
import { bucketTags, tagSet } from './tags.ts'

interface OnBucket {
  readonly Bucket: string
  readonly ExpectedBucketOwner?: string | undefined
}

/** The account whose rows a change of the bucket touches. */
export const ownerOf = async (input: OnBucket, _call: Call, store: Reader): Promise<readonly string[]> => [
  (await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)).owner,
]

/** Reads the bucket again under the lock, and writes what `change` makes of it. */
export async function changeBucket(
  input: OnBucket,
  store: Writer,
  change: (bucket: Bucket) => Bucket,
): Promise<Readonly<Record<string, never>>> {
  const { owner, bucket } = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
  await store.put(buckets, owner, change(bucket))
  return {}
}

/** The bucket as if the setting had never been made. */
export function without<Name extends 'policy' | 'publicAccessBlock' | 'tags' | 'ownershipControls'>(
  bucket: Bucket,
  name: Name,
): Omit<Bucket, Name> {
  const { [name]: _, ...rest } = bucket
  return rest
}

const SETTINGS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const

export const bucketSettingOperations = {
  PutPublicAccessBlock: {
    access: 'write',
    accounts: ownerOf,
    ask: onBucket('s3:PutBucketPublicAccessBlock'),
    handle: async (input, _call, store) => {
      const sent = input.PublicAccessBlockConfiguration
      if (SETTINGS.every((name) => sent?.[name] === undefined))
        throw invalidRequest('Must specify at least one configuration.')
      const publicAccessBlock = {
        BlockPublicAcls: sent.BlockPublicAcls ?? false,
        IgnorePublicAcls: sent.IgnorePublicAcls ?? false,
        BlockPublicPolicy: sent.BlockPublicPolicy ?? false,
        RestrictPublicBuckets: sent.RestrictPublicBuckets ?? false,
      }
      return changeBucket(input, store, (bucket) => ({ ...bucket, publicAccessBlock }))
    },
  },
  GetPublicAccessBlock: {
    access: 'read',
    ask: onBucket('s3:GetBucketPublicAccessBlock'),
    handle: async (input, _call, store) => {
      const { publicAccessBlock } = (await existingBucket(store, input.Bucket)).bucket
      if (publicAccessBlock) return { PublicAccessBlockConfiguration: publicAccessBlock }
      throw noSuchSetting(
        'NoSuchPublicAccessBlockConfiguration',
        'The public access block configuration was not found',
        input.Bucket,
      )
    },
  },
  DeletePublicAccessBlock: {
    access: 'write',
    accounts: ownerOf,
    ask: onBucket('s3:PutBucketPublicAccessBlock'),
    handle: async (input, _call, store) => changeBucket(input, store, (bucket) => without(bucket, 'publicAccessBlock')),
  },
  PutBucketTagging: {
    access: 'write',
    accounts: ownerOf,
    ask: onBucket('s3:PutBucketTagging'),
    handle: async (input, _call, store) => {
      const tags = bucketTags(input.Tagging.TagSet ?? [])
      return changeBucket(input, store, (bucket) => (tags.length > 0 ? { ...bucket, tags } : without(bucket, 'tags')))
    },
  },
  GetBucketTagging: {
    access: 'read',
    ask: onBucket('s3:GetBucketTagging'),
    handle: async (input, _call, store) => {
      const { tags } = (await existingBucket(store, input.Bucket)).bucket
      if (!tags) throw noSuchSetting('NoSuchTagSet', 'The TagSet does not exist', input.Bucket)
      return { TagSet: tagSet(tags) }
    },
  },
  DeleteBucketTagging: {
    access: 'write',
    accounts: ownerOf,
    ask: onBucket('s3:PutBucketTagging'),
    handle: async (input, _call, store) => changeBucket(input, store, (bucket) => without(bucket, 'tags')),
  },
  GetBucketRequestPayment: {
    access: 'read',
    ask: onBucket('s3:GetBucketRequestPayment'),
    handle: async () => ({ Payer: 'BucketOwner' }),
  },
  PutBucketRequestPayment: {
    access: 'read',
    ask: onBucket('s3:PutBucketRequestPayment'),
    handle: async (input) => {
      const payer: string | undefined = input.RequestPaymentConfiguration?.Payer
      if (payer === 'Requester') throw headerNotImplemented('RequestPaymentConfiguration')
      if (payer !== 'BucketOwner') throw malformedXml()
      return {}
    },
  },
  GetBucketVersioning: { access: 'read', ask: onBucket('s3:GetBucketVersioning'), handle: async () => ({}) },
  GetBucketLogging: { access: 'read', ask: onBucket('s3:GetBucketLogging'), handle: async () => ({}) },
  GetBucketAccelerateConfiguration: {
    access: 'read',
    ask: onBucket('s3:GetAccelerateConfiguration'),
    handle: async () => ({}),
  },
  GetBucketNotificationConfiguration: {
    access: 'read',
    ask: onBucket('s3:GetBucketNotification'),
    handle: async () => ({}),
  },
} satisfies Operations<
  S3Operations,
  | 'PutPublicAccessBlock'
  | 'GetPublicAccessBlock'
  | 'DeletePublicAccessBlock'
  | 'PutBucketTagging'
  | 'GetBucketTagging'
  | 'DeleteBucketTagging'
  | 'GetBucketRequestPayment'
  | 'PutBucketRequestPayment'
  | 'GetBucketVersioning'
  | 'GetBucketLogging'
  | 'GetBucketAccelerateConfiguration'
  | 'GetBucketNotificationConfiguration'
>
