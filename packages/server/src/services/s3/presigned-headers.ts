/**
 * Parameters of a presigned URL that S3 takes for headers. Checksums are not among them: a URL cannot promise what a body
 * will be, so S3 ignores them there. Recorded September 2026; S3 API, "Authenticating Requests: Using Query Parameters".
 */
import type { WireRequest } from '@understudy/wire'
import { AwsError } from '../../errors/aws-error.ts'
import { invalidArgument } from './errors.ts'

const NAMES: ReadonlySet<string> = new Set([
  'x-amz-acl',
  'x-amz-grant-full-control',
  'x-amz-grant-read',
  'x-amz-grant-read-acp',
  'x-amz-grant-write-acp',
  'x-amz-tagging',
  'x-amz-storage-class',
  'x-amz-request-payer',
  'x-amz-expected-bucket-owner',
  'x-amz-website-redirect-location',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-context',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-server-side-encryption-customer-algorithm',
])
const counts = (name: string): boolean => NAMES.has(name) || name.startsWith('x-amz-meta-')
const OWNER = 'x-amz-expected-bucket-owner'
const PAYER = 'x-amz-request-payer'

/** The request with what its URL says as headers, and what to answer, after authentication, where it says something twice. */
export interface Presigned {
  readonly wire: WireRequest
  readonly conflict?: AwsError
}

/**
 * Leaves requests alone that are not presigned. Names in the URL count in lower case only.
 * @throws `InvalidBucketOwnerAWSAccountID` for an expected owner as parameter and as header, before the signature is looked at
 */
export function withPresignedHeaders(wire: WireRequest): Presigned {
  const query = new URLSearchParams(wire.query.replaceAll('+', '%2B'))
  if (!query.has('X-Amz-Signature') && !(query.has('Signature') && query.has('AWSAccessKeyId'))) return { wire }
  const sent = [...query].filter(([name]) => counts(name))
  if (sent.length === 0) return { wire }
  const twice = sent.map(([name]) => name).filter((name) => wire.headers[name] !== undefined)
  if (twice.includes(OWNER)) throw ownerTwice()
  const payer = wire.headers[PAYER]
  return {
    wire: { ...wire, headers: { ...Object.fromEntries(sent), ...wire.headers } },
    ...(twice.includes(PAYER) && {
      conflict: invalidArgument(
        'Request payer must be provided as either a header or parameter, not both',
        PAYER,
        payer ?? '',
      ),
    }),
  }
}

const ownerTwice = () =>
  new AwsError(
    'InvalidBucketOwnerAWSAccountID',
    400,
    'Expected bucket owner must be provided as either a header or parameter, not both',
    { diagnosis: 'REQUEST.INVALID' },
  )
