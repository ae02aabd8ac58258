/** Every operation of S3 that is built, by name. What is missing here has no row: the pipeline answers 501. */
import type { AnyRow } from '../operation.ts'
import { aclOperations } from './acl-operations.ts'
import { bucketPolicyOperations } from './bucket-policy.ts'
import { bucketSettingOperations } from './bucket-settings.ts'
import { bucketOperations } from './buckets.ts'
import { completeMultipartOperations } from './complete-multipart.ts'
import { copyObjectOperations } from './copy-object.ts'
import { defaultEncryptionOperations } from './default-encryption.ts'
import { deleteObjectOperations } from './delete-object.ts'
import { getObjectOperations } from './get-object.ts'
import { listObjectOperations } from './list-objects.ts'
import { multipartListOperations } from './multipart-lists.ts'
import { multipartOperations } from './multipart.ts'
import { objectAttributeOperations } from './object-attributes.ts'
import { objectTaggingOperations } from './object-tagging.ts'
import { ownershipOperations } from './ownership.ts'
import { putObjectOperations } from './put-object.ts'
import { unsetSettingOperations } from './unset-settings.ts'

export { readBrowserForm } from './browser-form.ts'
export { checkBodyDigests } from './integrity.ts'
export { withPresignedHeaders } from './presigned-headers.ts'
export { postObject } from './post-object.ts'
export type { PostObjectInput, PostObjectOutput } from './post-object.ts'

export const s3Operations: ReadonlyMap<string, AnyRow> = new Map<string, AnyRow>(
  Object.entries({
    ...bucketOperations,
    ...bucketPolicyOperations,
    ...bucketSettingOperations,
    ...unsetSettingOperations,
    ...defaultEncryptionOperations,
    ...aclOperations,
    ...ownershipOperations,
    ...getObjectOperations,
    ...putObjectOperations,
    ...copyObjectOperations,
    ...deleteObjectOperations,
    ...listObjectOperations,
    ...objectTaggingOperations,
    ...objectAttributeOperations,
    ...multipartOperations,
    ...completeMultipartOperations,
    ...multipartListOperations,
  }),
)
