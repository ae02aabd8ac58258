/** Buckets themselves: making, removing, finding, listing. */
import type { S3, S3Operations } from '@understudy/wire'
import type { Asks } from '../../authorization/question.ts'
import { bucketArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import { buckets } from '../../entities/s3.ts'
import type { Bucket } from '../../entities/s3.ts'
import { AwsError } from '../../errors/aws-error.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { canonicalUserId, isBucketName, locationConstraint, regionOfNewBucket } from './bucket-rules.ts'
import { conflict, headerNotImplemented, invalidArgument } from './errors.ts'
import { checkNewBucketAcl } from './object-acl.ts'
import { askOn, existingBucket, onBucket } from './questions.ts'
import { bucketTags } from './tags.ts'

/** All four are on in a new bucket. */
const BLOCK_EVERYTHING: NonNullable<Bucket['publicAccessBlock']> = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
}
const OLDEST_REGION = 'us-east-1'
const LIST_MAX = 10_000

export const bucketOperations = {
  CreateBucket: {
    access: 'write',
    ask: askToCreate,
    handle: async (input, call, store) => {
      const bucket = newBucket(input, call)
      const taken = await store.findUnique(buckets, 'name', bucket.name)
      if (taken) return alreadyThere(taken.account, taken.row, call)
      await store.insert(buckets, call.account, bucket)
      return created(bucket)
    },
  },
  DeleteBucket: {
    access: 'write',
    accounts: async (input, _call, store) => [(await existingBucket(store, input.Bucket)).owner],
    ask: onBucket('s3:DeleteBucket'),
    handle: async (input, call, store) => {
      const { owner } = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
      if (!(await call.platform.objects.bucketIsEmpty(input.Bucket)))
        throw conflict('BucketNotEmpty', 'The bucket you tried to delete is not empty', input.Bucket)
      store.requireEmptyBucket(input.Bucket)
      await store.remove(buckets, owner, input.Bucket)
      return {}
    },
  },
  HeadBucket: {
    access: 'read',
    ask: async (input, call, store): Promise<Asks> => {
      const found = await existingBucket(store, input.Bucket, input.ExpectedBucketOwner)
      const refusalHeaders = { 'x-amz-bucket-region': found.bucket.region }
      return [{ ...askOn(found, call, { action: 's3:ListBucket', input: {} }), refusalHeaders }]
    },
    handle: async (input, _call, store) => {
      const { bucket } = await existingBucket(store, input.Bucket)
      return { BucketArn: bucketArn(bucket.name), BucketRegion: bucket.region, AccessPointAlias: false }
    },
  },
  GetBucketLocation: {
    access: 'read',
    ask: onBucket('s3:GetBucketLocation', { anyRegion: true }),
    handle: async (input, _call, store) => {
      const { bucket } = await existingBucket(store, input.Bucket)
      return { LocationConstraint: locationConstraint(bucket.region) } as S3.GetBucketLocationOutput
    },
  },
  ListBuckets: {
    access: 'read',
    ask: () => [{ action: 's3:ListAllMyBuckets', resource: '*' }],
    handle: async (input, call, store) => listBuckets(input, call, store),
  },
} satisfies Operations<
  S3Operations,
  'CreateBucket' | 'DeleteBucket' | 'HeadBucket' | 'GetBucketLocation' | 'ListBuckets'
>

function askToCreate(input: S3.CreateBucketRequest, call: Call): Asks {
  const locationOf = input.CreateBucketConfiguration?.LocationConstraint
  const create = {
    action: 's3:CreateBucket',
    resource: bucketArn(input.Bucket),
    context: {
      's3:locationconstraint': locationOf,
      's3:x-amz-acl': input.ACL,
      's3:x-amz-object-ownership': input.ObjectOwnership,
    },
  }
  if (call.caller.kind === 'anonymous') return [{ ...create, message: 'bare' }]
  const tags = input.CreateBucketConfiguration?.Tags ?? []
  if (tags.length === 0) return [create]
  const requested = tags.map((tag) => [`aws:RequestTag/${tag.Key}`, tag.Value] as const)
  const context = { ...create.context, 'aws:TagKeys': tags.map((tag) => tag.Key), ...Object.fromEntries(requested) }
  return [
    { ...create, context },
    { ...create, context, action: 's3:TagResource' },
  ]
}

/** @throws for a name, place or setting that S3 refuses */
function newBucket(input: S3.CreateBucketRequest, call: Call): Bucket {
  if (!isBucketName(input.Bucket))
    throw new AwsError('InvalidBucketName', 400, 'The specified bucket is not valid.', {
      fields: { BucketName: input.Bucket },
      diagnosis: 'REQUEST.INVALID',
    })
  const configuration = input.CreateBucketConfiguration
  const region = regionOfNewBucket(configuration?.LocationConstraint, call.region)
  checkOwnership(input.ObjectOwnership)
  checkNewBucketAcl(input)
  if (input.ObjectLockEnabledForBucket) throw headerNotImplemented('x-amz-bucket-object-lock-enabled')
  if (configuration?.Bucket ?? configuration?.Location) throw headerNotImplemented('CreateBucketConfiguration')
  const tags = bucketTags(configuration?.Tags ?? [])
  return {
    name: input.Bucket,
    region,
    createdAt: call.now,
    policyBindings: {},
    publicAccessBlock: BLOCK_EVERYTHING,
    ...(tags.length > 0 && { tags }),
  }
}

/** Access control lists are not built, so a bucket has the ownership that turns them off. */
function checkOwnership(ownership: string | undefined): void {
  if (ownership === undefined || ownership === 'BucketOwnerEnforced') return
  if (ownership === 'BucketOwnerPreferred' || ownership === 'ObjectWriter')
    throw headerNotImplemented('x-amz-object-ownership')
  throw invalidArgument(`Invalid x-amz-object-ownership header: ${ownership}`, 'x-amz-object-ownership', ownership)
}

/** In us-east-1 making one's own bucket again succeeds; everywhere else the owner is told that it is his. */
function alreadyThere(owner: string, bucket: Bucket, call: Call): S3.CreateBucketOutput {
  if (owner !== call.account)
    throw conflict(
      'BucketAlreadyExists',
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
      bucket.name,
    )
  if (bucket.region === OLDEST_REGION && (call.region === OLDEST_REGION || call.region === 'aws-global'))
    return created(bucket)
  throw conflict(
    'BucketAlreadyOwnedByYou',
    'Your previous request to create the named bucket succeeded and you already own it.',
    bucket.name,
  )
}

const created = (bucket: Bucket): S3.CreateBucketOutput => ({
  Location: bucket.region === OLDEST_REGION ? `/${bucket.name}` : `http://${bucket.name}.s3.amazonaws.com/`,
  BucketArn: bucketArn(bucket.name),
})

async function listBuckets(input: S3.ListBucketsRequest, call: Call, store: Reader): Promise<S3.ListBucketsOutput> {
  const limit = input.MaxBuckets ?? LIST_MAX
  if (limit < 1 || limit > LIST_MAX)
    throw invalidArgument('Argument maxBuckets must be an integer between 1 and 10000', 'maxBuckets', String(limit))
  const after =
    input.ContinuationToken === undefined ? undefined : Buffer.from(input.ContinuationToken, 'base64').toString()
  const rows = await store.list(buckets, call.account, {
    ...(input.Prefix !== undefined && { prefix: input.Prefix }),
    ...(after !== undefined && { after }),
  })
  const matching = rows.filter((row) => input.BucketRegion === undefined || row.region === input.BucketRegion)
  const page = matching.slice(0, limit)
  const last = matching.length > limit ? page.at(-1) : undefined
  const described = input.MaxBuckets !== undefined || input.Prefix !== undefined || input.BucketRegion !== undefined
  return {
    Buckets: page.map((row) => ({
      Name: row.name,
      CreationDate: dateOf(row.createdAt),
      BucketArn: bucketArn(row.name),
      ...(described && { BucketRegion: row.region }),
    })),
    Owner: { ID: canonicalUserId(call.account) },
    ...(input.Prefix !== undefined && { Prefix: input.Prefix }),
    ...(last && { ContinuationToken: Buffer.from(last.name).toString('base64') }),
  }
}
