/** What a bucket may be called and where it may stand. S3 User Guide, "General purpose bucket naming rules". */
import { createHash } from 'node:crypto'
import { AwsError } from '../../errors/aws-error.ts'

const SHAPE = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const ADDRESS = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/
const RESERVED_PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-']
const RESERVED_SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3', '-an']

/** Whether a new bucket may have this name. */
export function isBucketName(name: string): boolean {
  if (!SHAPE.test(name) || name.includes('..') || ADDRESS.test(name)) return false
  if (RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix))) return false
  return !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix))
}

const REGION = /^[a-z]{2}(-[a-z]+){1,3}-\d$/
const GLOBAL_REGION = 'us-east-1'

const invalidLocation = (constraint: string) =>
  new AwsError('InvalidLocationConstraint', 400, 'The specified location-constraint is not valid', {
    fields: { LocationConstraint: constraint },
    diagnosis: 'REQUEST.INVALID',
  })
const illegalLocation = (constraint: string) =>
  new AwsError(
    'IllegalLocationConstraintException',
    400,
    `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    { diagnosis: 'REQUEST.INVALID' },
  )

/**
 * The Region of a new bucket. The endpoint of us-east-1 makes buckets everywhere and takes no constraint for its own
 * Region; every other endpoint wants its own name.
 * @throws `InvalidLocationConstraint`, `IllegalLocationConstraintException`
 */
export function regionOfNewBucket(constraint: string | undefined, endpointRegion: string): string {
  const wanted = constraint === 'EU' ? 'eu-west-1' : constraint
  if (endpointRegion === GLOBAL_REGION || endpointRegion === 'aws-global') {
    if (!wanted) return GLOBAL_REGION
    if (wanted === GLOBAL_REGION || !REGION.test(wanted)) throw invalidLocation(wanted)
    return wanted
  }
  if (!wanted) throw illegalLocation('unspecified')
  if (wanted !== endpointRegion) throw illegalLocation(constraint ?? wanted)
  return wanted
}

/** What GetBucketLocation says: nothing for the oldest Region. */
export const locationConstraint = (region: string): string | undefined =>
  region === GLOBAL_REGION ? undefined : region

/** The account's canonical user id: 64 hexadecimal digits that follow from the account, so that it needs no row. */
export const canonicalUserId = (account: string): string =>
  createHash('sha256').update(`canonical user of ${account}`).digest('hex')
