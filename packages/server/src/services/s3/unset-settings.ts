/**
 * Reads of bucket settings that are not built, so that nobody can have made them: AWS's own "no such configuration", which
 * Terraform and other tools tolerate where they would stop at 501.
 */
import type { S3Operations } from '@understudy/wire'
import type { ReadRow } from '../operation.ts'
import { noSuchSetting } from './errors.ts'
import { onBucket } from './questions.ts'

interface OnBucket {
  readonly Bucket: string
  readonly ExpectedBucketOwner?: string | undefined
}

/** A row that answers "never made" to whoever may read the setting. */
const neverMade = (action: string, code: string, message: string): ReadRow<OnBucket, never> => ({
  access: 'read',
  ask: onBucket(action),
  handle: async (input) => {
    throw noSuchSetting(code, message, input.Bucket)
  },
})
/** Removing what was never made succeeds. */
const nothingToRemove = (action: string): ReadRow<OnBucket, Readonly<Record<string, never>>> => ({
  access: 'read',
  ask: onBucket(action),
  handle: async () => ({}),
})

export const unsetSettingOperations = {
  GetBucketLifecycleConfiguration: neverMade(
    's3:GetLifecycleConfiguration',
    'NoSuchLifecycleConfiguration',
    'The lifecycle configuration does not exist',
  ),
  DeleteBucketLifecycle: nothingToRemove('s3:PutLifecycleConfiguration'),
  GetBucketCors: neverMade('s3:GetBucketCORS', 'NoSuchCORSConfiguration', 'The CORS configuration does not exist'),
  DeleteBucketCors: nothingToRemove('s3:PutBucketCORS'),
  GetBucketWebsite: neverMade(
    's3:GetBucketWebsite',
    'NoSuchWebsiteConfiguration',
    'The specified bucket does not have a website configuration',
  ),
  DeleteBucketWebsite: nothingToRemove('s3:DeleteBucketWebsite'),
  GetBucketReplication: neverMade(
    's3:GetReplicationConfiguration',
    'ReplicationConfigurationNotFoundError',
    'The replication configuration was not found',
  ),
  DeleteBucketReplication: nothingToRemove('s3:PutReplicationConfiguration'),
  GetObjectLockConfiguration: neverMade(
    's3:GetBucketObjectLockConfiguration',
    'ObjectLockConfigurationNotFoundError',
    'Object Lock configuration does not exist for this bucket',
  ),
} satisfies Partial<{ readonly [Name in keyof S3Operations]: ReadRow<OnBucket, unknown> }>
