/**
 * What S3 calls ask: on which bucket or object, whose it is, and which policy hangs on it. A missing bucket is told to
 * everybody, so these functions throw `NoSuchBucket` before anything is decided.
 */
import { parseHost } from '@understudy/wire'
import { bucketArn, objectArn } from '../../domain/arn.ts'
import type { AccountId } from '../../domain/brands.ts'
import { knownAccountId } from '../../domain/brands.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { buckets } from '../../entities/s3.ts'
import type { Bucket } from '../../entities/s3.ts'
import type { Ask, Asks, ResourcePolicy } from '../../authorization/question.ts'
import type { ObjectRow, Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { existingTagKeys, parameterKeys, requestKeys } from './context.ts'
import type { Context } from './context.ts'
import { bareAccessDenied, noSuchBucket, permanentRedirect } from './errors.ts'
import { isPublicBucketPolicy } from './public-policy.ts'

/** A bucket and whose it is. */
export interface OwnedBucket {
  readonly owner: AccountId
  readonly bucket: Bucket
}

/** Members of an input that names a bucket. */
export interface OnBucket {
  readonly Bucket: string
  readonly ExpectedBucketOwner?: string | undefined
}

/** Members of an input that names an object. */
export interface OnObject extends OnBucket {
  readonly Key: string
  readonly VersionId?: string | undefined
}

/**
 * The bucket of a request, with the caller's expectation of its owner checked.
 * @throws `NoSuchBucket`, `InvalidBucketOwnerAWSAccountID`, `AccessDenied` for another owner than expected
 */
export async function existingBucket(store: Reader, name: string, expectedOwner?: string): Promise<OwnedBucket> {
  if (expectedOwner !== undefined && !/^\d{12}$/.test(expectedOwner)) throw invalidExpectedOwner(expectedOwner)
  const found = await store.findUnique(buckets, 'name', name)
  if (!found) throw noSuchBucket(name)
  if (expectedOwner !== undefined && expectedOwner !== found.account)
    throw bareAccessDenied({
      explanation: `The caller expects account ${expectedOwner} to own the bucket; ${found.account} does.`,
    })
  return { owner: knownAccountId(found.account), bucket: found.row }
}

const invalidExpectedOwner = (given: string) =>
  new AwsError(
    'InvalidBucketOwnerAWSAccountID',
    400,
    `The value of the expected bucket owner parameter must be an AWS Account ID... [${given}]`,
    { diagnosis: 'REQUEST.INVALID' },
  )

/** The bucket policy as a layer of the decision; absent where there is none. */
export function bucketPolicy({ owner, bucket }: OwnedBucket): ResourcePolicy | undefined {
  if (bucket.policy === undefined) return undefined
  const restrictPublic = bucket.publicAccessBlock?.RestrictPublicBuckets === true && isPublicBucketPolicy(bucket)
  return {
    layer: 'resource',
    name: `bucket policy of ${bucket.name}`,
    text: bucket.policy,
    owner,
    bindings: bucket.policyBindings,
    ...(restrictPublic && { restrictPublic }),
  }
}

/** One question about a bucket or an object of it. */
export interface S3Question {
  readonly action: string
  /** Absent: the bucket itself. */
  readonly key?: string
  readonly input: object
  readonly context?: Context
  /** The bucket may stand in another Region than the endpoint: sources of copies, GetBucketLocation. */
  readonly anyRegion?: true
}

/** Makes the question, with everything that hangs on the bucket. @throws `PermanentRedirect` */
export function askOn(found: OwnedBucket, call: Call, question: S3Question): Ask {
  const { action, key, input } = question
  if (!question.anyRegion) checkRegion(found.bucket, call)
  const resourcePolicy = bucketPolicy(found)
  return {
    action,
    resource: key === undefined ? bucketArn(found.bucket.name) : objectArn(found.bucket.name, key),
    resourceAccount: found.owner,
    context: { ...requestKeys(call, found.owner), ...parameterKeys(action, input), ...question.context },
    ...(resourcePolicy && { resourcePolicy }),
  }
}

/** Only a host of AWS's form names a Region; on every other one a bucket answers whatever Region it is in. */
function checkRegion(bucket: Bucket, call: Call): void {
  const { region } = parseHost(call.request.host, [])
  if (region !== undefined && region !== bucket.region) throw permanentRedirect(bucket.name, bucket.region)
}

/** The `ask` of an operation on a bucket. */
export const onBucket =
  (action: string, where: { readonly anyRegion?: true } = {}) =>
  async (input: OnBucket, call: Call, store: Reader): Promise<Asks> => [
    askOn(await existingBucket(store, input.Bucket, input.ExpectedBucketOwner), call, { action, input, ...where }),
  ]

/**
 * The `ask` of an operation on an object that may exist. With a version id the action is another one, even for the
 * current version.
 */
export const onObject =
  (action: string, versionAction: string) =>
  async (input: OnObject, call: Call, store: Reader): Promise<Asks> => {
    const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
    const context = existingTagKeys(await objectOf(call, input.Bucket, input.Key))
    return [
      askOn(found, call, {
        action: input.VersionId === undefined ? action : versionAction,
        key: input.Key,
        input,
        context,
      }),
    ]
  }

/** Who may list the bucket may learn that a key is missing. The request's own parameters are no listing's. */
export async function mayList(input: OnBucket, call: Call, store: Reader): Promise<Ask> {
  const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
  return askOn(found, call, { action: 's3:ListBucket', input: {} })
}

/** Objects that a request has looked at: it answers with the very object that was decided about. */
const seen = new WeakMap<object, Map<string, Promise<ObjectRow | undefined>>>()

/** The object as this request first saw it. */
export function objectOf(call: Call, bucket: string, key: string): Promise<ObjectRow | undefined> {
  const rows = seen.get(call.request) ?? new Map<string, Promise<ObjectRow | undefined>>()
  seen.set(call.request, rows)
  const name = `${bucket}/${key}`
  const row = rows.get(name) ?? call.platform.objects.get(bucket, key)
  rows.set(name, row)
  return row
}
