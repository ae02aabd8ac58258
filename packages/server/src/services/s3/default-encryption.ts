/**
 * The default encryption of a bucket. Every bucket has what S3 gives a new one, SSE-S3 without customer keys; asking for exactly
 * that is granted, and so is going back to it. Anything else is not built.
 */
import type { S3Operations } from '@understudy/wire'
import type { Operations } from '../operation.ts'
import { headerNotImplemented, malformedXml } from './errors.ts'
import { existingBucket, onBucket } from './questions.ts'

const BLOCKED = 'SSE-C'

const DEFAULT_RULE = {
  ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
  BucketKeyEnabled: false,
  BlockedEncryptionTypes: { EncryptionType: [BLOCKED] },
} as const

type Rule = NonNullable<
  S3Operations['PutBucketEncryption']['input']['ServerSideEncryptionConfiguration']['Rules']
>[number]

/** Whether the rule asks for what there is anyway. What it leaves out stays as it is. */
function isDefault({ ApplyServerSideEncryptionByDefault, BucketKeyEnabled, BlockedEncryptionTypes }: Rule): boolean {
  const algorithm: string | undefined = ApplyServerSideEncryptionByDefault?.SSEAlgorithm
  const blocked: readonly string[] = BlockedEncryptionTypes?.EncryptionType ?? [BLOCKED]
  return (
    (algorithm === undefined || algorithm === 'AES256') &&
    ApplyServerSideEncryptionByDefault?.KMSMasterKeyID === undefined &&
    BucketKeyEnabled !== true &&
    blocked.length === 1 &&
    blocked[0] === BLOCKED
  )
}

export const defaultEncryptionOperations = {
  GetBucketEncryption: {
    access: 'read',
    ask: onBucket('s3:GetEncryptionConfiguration'),
    handle: async () => ({ ServerSideEncryptionConfiguration: { Rules: [DEFAULT_RULE] } }),
  },
  PutBucketEncryption: {
    access: 'read',
    ask: onBucket('s3:PutEncryptionConfiguration'),
    handle: async (input, _call, store) => {
      await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
      const rules = input.ServerSideEncryptionConfiguration.Rules ?? []
      const [rule] = rules
      if (rule === undefined || rules.length > 1) throw malformedXml()
      if (!isDefault(rule)) throw headerNotImplemented('ServerSideEncryptionConfiguration')
      return {}
    },
  },
  DeleteBucketEncryption: {
    access: 'read',
    ask: onBucket('s3:PutEncryptionConfiguration'),
    handle: async (input, _call, store) => {
      await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
      return {}
    },
  },
} satisfies Operations<S3Operations, 'GetBucketEncryption' | 'PutBucketEncryption' | 'DeleteBucketEncryption'>
