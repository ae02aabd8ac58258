/** The rows of S3 that are not objects: buckets with their settings. */
import type { Instant } from '../domain/brands.ts'
import type { Kind } from '../store/port.ts'
import type { PrincipalBindings, Tag } from './iam.ts'

/** S3 User Guide, "Blocking public access to your Amazon S3 storage". */
export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean
  readonly IgnorePublicAcls: boolean
  readonly BlockPublicPolicy: boolean
  readonly RestrictPublicBuckets: boolean
}

export interface Bucket {
  readonly name: string
  readonly region: string
  readonly createdAt: Instant
  /** The bucket policy as sent. */
  readonly policy?: string
  readonly policyBindings: PrincipalBindings
  /** Absent after DeletePublicAccessBlock. All four are true in a new bucket. */
  readonly publicAccessBlock?: PublicAccessBlock
  readonly tags?: readonly Tag[]
  /** After DeleteBucketOwnershipControls; absent while the bucket's owner owns every object, as in a new bucket. */
  readonly ownershipControls?: 'removed'
}

/** Stands in its owner's account; the name is unique in the whole store. */
export const buckets: Kind<Bucket> = {
  name: 'bucket',
  version: 1,
  key: (row) => row.name,
  unique: { name: (row) => row.name },
}
