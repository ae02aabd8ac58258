/**
 * Who owns the objects of a bucket. Here its owner does (BucketOwnerEnforced, as in a new bucket), and lists do not count. The
 * setting can be taken away, as Terraform does before it removes a bucket; what would follow on AWS, objects of their writers
 * and lists, is not built and answers 501. S3 User Guide, "Controlling ownership of objects and disabling ACLs for your bucket".
 */
import type { S3Operations } from '@understudy/wire'
import type { Call, Operations } from '../operation.ts'
import { changeBucket, ownerOf, without } from './bucket-settings.ts'
import { accessControlListNotSupported, headerNotImplemented, malformedXml, noSuchSetting } from './errors.ts'
import { changesAcl, checkObjectAcl } from './object-acl.ts'
import type { AclOfObject } from './object-acl.ts'
import { existingBucket, onBucket } from './questions.ts'
import type { OwnedBucket } from './questions.ts'

const SETTINGS: ReadonlySet<string> = new Set(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'])

/** Whether the bucket may take an object with these lists from this caller. @throws AwsError */
export function checkObjectOwnership(input: AclOfObject, { owner, bucket }: OwnedBucket, call: Call): void {
  if (bucket.ownershipControls !== 'removed') checkObjectAcl(input, owner)
  // The writer would own the object, and its lists would count.
  else if (call.account !== owner || changesAcl(input)) throw headerNotImplemented('ObjectOwnership ObjectWriter')
}

/** What an attempt to set a list of this bucket, or of an object in it, comes to. */
export const listRefusal = ({ bucket }: OwnedBucket) =>
  bucket.ownershipControls === 'removed' ? headerNotImplemented('AccessControlPolicy') : accessControlListNotSupported()

export const ownershipOperations = {
  GetBucketOwnershipControls: {
    access: 'read',
    ask: onBucket('s3:GetBucketOwnershipControls'),
    handle: async (input, _call, store) => {
      const { bucket } = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
      if (bucket.ownershipControls === 'removed')
        throw noSuchSetting(
          'OwnershipControlsNotFoundError',
          'The bucket ownership controls were not found',
          input.Bucket,
        )
      return { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } }
    },
  },
  PutBucketOwnershipControls: {
    access: 'write',
    accounts: ownerOf,
    ask: onBucket('s3:PutBucketOwnershipControls'),
    handle: async (input, _call, store) => {
      const [rule, ...more] = input.OwnershipControls?.Rules ?? []
      const wanted: string | undefined = rule?.ObjectOwnership
      if (wanted === undefined || more.length > 0 || !SETTINGS.has(wanted)) throw malformedXml()
      if (wanted !== 'BucketOwnerEnforced') throw headerNotImplemented(`ObjectOwnership ${wanted}`)
      return changeBucket(input, store, (bucket) => without(bucket, 'ownershipControls'))
    },
  },
  DeleteBucketOwnershipControls: {
    access: 'write',
    accounts: ownerOf,
    ask: onBucket('s3:PutBucketOwnershipControls'),
    handle: async (input, _call, store) =>
      changeBucket(input, store, (bucket) => ({ ...bucket, ownershipControls: 'removed' })),
  },
} satisfies Operations<
  S3Operations,
  'GetBucketOwnershipControls' | 'PutBucketOwnershipControls' | 'DeleteBucketOwnershipControls'
>
