/** Whether a bucket policy is public. S3 User Guide, "The meaning of 'public'". */
import { compilePolicy, isPublicPolicy } from '@understudy/policy'
import type { Bucket } from '../../entities/s3.ts'

/** Rows are frozen and stay the same object while they are unchanged, so the answer is worked out once for each. */
const known = new WeakMap<Bucket, boolean>()

/** False for a bucket without a policy. */
export function isPublicBucketPolicy(bucket: Bucket): boolean {
  if (bucket.policy === undefined) return false
  const answer = known.get(bucket) ?? isPublicPolicy(compilePolicy(bucket.policy))
  known.set(bucket, answer)
  return answer
}
