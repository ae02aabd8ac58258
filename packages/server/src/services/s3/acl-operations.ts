/**
 * Access control lists as they are where the bucket's owner owns everything: every list reads as the owner's full control, and
 * none can be changed.
 */
import type { S3, S3Operations } from '@understudy/wire'
import type { Operations } from '../operation.ts'
import { canonicalUserId } from './bucket-rules.ts'
import { existingObject } from './get-object.ts'
import { listRefusal } from './ownership.ts'
import { existingBucket, mayList, onBucket, onObject } from './questions.ts'

const ownersList = (owner: string): Required<Pick<S3.GetBucketAclOutput, 'Owner' | 'Grants'>> => ({
  Owner: { ID: canonicalUserId(owner) },
  Grants: [{ Grantee: { Type: 'CanonicalUser', ID: canonicalUserId(owner) }, Permission: 'FULL_CONTROL' }],
})

export const aclOperations = {
  GetBucketAcl: {
    access: 'read',
    ask: onBucket('s3:GetBucketAcl'),
    handle: async (input, _call, store) => ownersList((await existingBucket(store, input.Bucket)).owner),
  },
  PutBucketAcl: {
    access: 'read',
    ask: onBucket('s3:PutBucketAcl'),
    handle: async (input, _call, store) => {
      throw listRefusal(await existingBucket(store, input.Bucket))
    },
  },
  GetObjectAcl: {
    access: 'read',
    ask: onObject('s3:GetObjectAcl', 's3:GetObjectVersionAcl'),
    ifMissing: mayList,
    handle: async (input, call, store) => {
      await existingObject(input, call)
      return ownersList((await existingBucket(store, input.Bucket)).owner)
    },
  },
  PutObjectAcl: {
    access: 'read',
    ask: onObject('s3:PutObjectAcl', 's3:PutObjectVersionAcl'),
    ifMissing: mayList,
    handle: async (input, call, store) => {
      await existingObject(input, call)
      throw listRefusal(await existingBucket(store, input.Bucket))
    },
  },
} satisfies Operations<S3Operations, 'GetBucketAcl' | 'PutBucketAcl' | 'GetObjectAcl' | 'PutObjectAcl'>
