/** Actions that a bucket policy can hold, by what they act on. Source: Service Authorization Reference, Amazon S3. */

const BUCKET =
  'DeleteBucket DeleteBucketPolicy DeleteBucketWebsite DeleteBucketOwnershipControls GetAccelerateConfiguration ' +
  'GetAnalyticsConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification ' +
  'GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus ' +
  'GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite ' +
  'GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration ' +
  'GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration GetBucketAbac PutBucketAbac ' +
  'GetBucketMetadataTableConfiguration CreateBucketMetadataTableConfiguration ' +
  'DeleteBucketMetadataTableConfiguration UpdateBucketMetadataJournalTableConfiguration ' +
  'UpdateBucketMetadataInventoryTableConfiguration ListBucket ListBucketMultipartUploads ListBucketVersions ' +
  'PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAcl PutBucketCORS PutBucketLogging ' +
  'PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy ' +
  'PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite ' +
  'PutEncryptionConfiguration PutIntelligentTieringConfiguration PutInventoryConfiguration ' +
  'PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration TagResource UntagResource ' +
  'ListTagsForResource'

const OBJECT =
  'AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion ' +
  'DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention ' +
  'GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes ' +
  'GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication ' +
  'ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold ' +
  'PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ' +
  'ReplicateObject ReplicateTags RestoreObject UpdateObjectEncryption'

const named = (list: string): readonly string[] => list.split(' ').map((name) => `s3:${name.toLowerCase()}`)

/** Lower case, with the prefix. */
export const BUCKET_ACTIONS: readonly string[] = named(BUCKET)
export const OBJECT_ACTIONS: readonly string[] = named(OBJECT)
