/**
 * What is left of access control lists when a bucket's owner owns every object (BucketOwnerEnforced, the setting of every
 * bucket here): requests may name the two lists that say nothing new, and are refused for all others.
 * S3 User Guide, "Controlling ownership of objects and disabling ACLs for your bucket".
 */
import { AwsError } from '../../errors/aws-error.ts'
import { canonicalUserId } from './bucket-rules.ts'
import { accessControlListNotSupported, invalidArgument } from './errors.ts'

/** The lists and grants that a request may carry. */
export interface AclOfObject {
  readonly ACL?: string | undefined
  readonly GrantFullControl?: string | undefined
  readonly GrantRead?: string | undefined
  readonly GrantReadACP?: string | undefined
  readonly GrantWriteACP?: string | undefined
}
interface AclOfBucket extends AclOfObject {
  readonly GrantWrite?: string | undefined
}

const HARMLESS = new Set(['private', 'bucket-owner-full-control'])
const CANNED = new Set([
  ...HARMLESS,
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'log-delivery-write',
])

/** An unknown canned list has no message, as recorded. */
function checkCanned(acl: string | undefined): void {
  if (acl !== undefined && !CANNED.has(acl)) throw invalidArgument('', 'x-amz-acl', acl)
}

/** Whether writing with this list needs the permission to change lists too. */
export const changesAcl = (input: AclOfObject): boolean =>
  (input.ACL !== undefined && !HARMLESS.has(input.ACL)) || hasGrants(input)

/** @throws `AccessControlListNotSupported`, `InvalidArgument` */
export function checkObjectAcl(input: AclOfObject, owner: string): void {
  checkCanned(input.ACL)
  if (input.ACL !== undefined && !HARMLESS.has(input.ACL)) throw accessControlListNotSupported()
  if (!hasGrants(input)) return
  const others = input.GrantRead ?? input.GrantReadACP ?? input.GrantWriteACP
  const ownerOnly = input.GrantFullControl?.replaceAll('"', '').trim() === `id=${canonicalUserId(owner)}`
  if (others !== undefined || !ownerOnly) throw accessControlListNotSupported()
}

/** @throws `InvalidBucketAclWithObjectOwnership`, `InvalidArgument` */
export function checkNewBucketAcl(input: AclOfBucket): void {
  checkCanned(input.ACL)
  const harmless = input.ACL === undefined || input.ACL === 'private'
  if (harmless && !hasGrants(input) && input.GrantWrite === undefined) return
  throw new AwsError(
    'InvalidBucketAclWithObjectOwnership',
    400,
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    { diagnosis: 'REQUEST.INVALID' },
  )
}

const hasGrants = (input: AclOfObject): boolean =>
  (input.GrantFullControl ?? input.GrantRead ?? input.GrantReadACP ?? input.GrantWriteACP) !== undefined
