/**
 * Access control lists and ownership as they are where the bucket's owner owns everything (BucketOwnerEnforced): every list
 * reads as the owner's full control, and none can be changed. Other ownership settings are not built.
 */
import type { S3, S3Operations } from '@understudy/wire'
import type { Operations, ReadRow } from '../operation.ts'
import { canonicalUserId } from './bucket-rules.ts'
import { accessControlListNotSupported, headerNotImplemented, malformedXml } from './errors.ts'
import { existingObject } from './get-object.ts'
import { existingBucket, mayList, onBucket, onObject } from './questions.ts'

const ownersList = (owner: string): Required<Pick<S3.GetBucketAclOutput, 'Owner' | 'Grants'>> => ({
  Owner: { ID: canonicalUserId(owner) },
  Grants: [{ Grantee: { Type: 'CanonicalUser', ID: canonicalUserId(owner) }, Permission: 'FULL_CONTROL' }],
})

type Nothing = Readonly<Record<string, never>>

const ownership: ReadRow<S3.PutBucketOwnershipControlsRequest, Nothing> = {
  access: 'read',
  ask: onBucket('s3:PutBucketOwnershipControls'),
  handle: async (input) => {
    const [rule, ...more] = input.OwnershipControls?.Rules ?? []
    const wanted: string | undefined = rule?.ObjectOwnership
    if (wanted === undefined || more.length > 0 || !OWNERSHIPS.has(wanted)) throw malformedXml()
    if (wanted !== 'BucketOwnerEnforced') throw headerNotImplemented(`ObjectOwnership ${wanted}`)
    return {}
  },
}
const OWNERSHIPS = new Set(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'])

export const aclOperations = {
  GetBucketAcl: {
    access: 'read',
    ask: onBucket('s3:GetBucketAcl'),
    handle: async (input, _call, store) => ownersList((await existingBucket(store, input.Bucket)).owner),
  },
  PutBucketAcl: {
    access: 'read',
    ask: onBucket('s3:PutBucketAcl'),
    handle: async () => {
      throw accessControlListNotSupported()
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
    handle: async (input, call) => {
      await existingObject(input, call)
      throw accessControlListNotSupported()
    },
  },
  PutBucketOwnershipControls: ownership,
} satisfies Operations<
  S3Operations,
  'GetBucketAcl' | 'PutBucketAcl' | 'GetObjectAcl' | 'PutObjectAcl' | 'PutBucketOwnershipControls'
>
