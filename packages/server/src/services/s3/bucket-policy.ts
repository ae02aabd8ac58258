/** The bucket policy: putting, reading back, removing, and whether it is public. */
import { bucketPolicyNormalForm, isPublicPolicy, parsePolicy } from '@understudy/policy'
import type { S3, S3Operations } from '@understudy/wire'
import { bucketArn } from '../../domain/arn.ts'
import { bindPrincipals, renderBindings } from '../../entities/principal-bindings.ts'
import type { Bucket } from '../../entities/s3.ts'
import { unknownPrincipal } from '../../entities/target-role.ts'
import { accessDenied } from '../../errors/catalogue.ts'
import type { Writer } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { changeBucket, ownerOf, without } from './bucket-settings.ts'
import { malformedPolicy, methodNotAllowed, noSuchBucketPolicy } from './errors.ts'
import { isPublicBucketPolicy } from './public-policy.ts'
import { existingBucket, onBucket } from './questions.ts'
import type { OwnedBucket } from './questions.ts'

export const bucketPolicyOperations = {
  PutBucketPolicy: { access: 'write', accounts: ownerOf, ask: onBucket('s3:PutBucketPolicy'), handle: putBucketPolicy },
  GetBucketPolicy: {
    access: 'read',
    ask: onBucket('s3:GetBucketPolicy'),
    handle: async (input, call, store) => {
      const found = await existingBucket(store, input.Bucket)
      checkAtHome(found, call, 'GET')
      const { bucket } = found
      if (bucket.policy === undefined) throw noSuchBucketPolicy(input.Bucket)
      const text = await renderBindings(bucket.policy, bucket.policyBindings, store)
      return { Policy: bucketPolicyNormalForm(text) }
    },
  },
  DeleteBucketPolicy: {
    access: 'write',
    accounts: ownerOf,
    ask: onBucket('s3:DeleteBucketPolicy'),
    handle: async (input, call, store) => {
      checkAtHome(await existingBucket(store, input.Bucket), call, 'DELETE')
      return changeBucket(input, store, (bucket) => ({ ...without(bucket, 'policy'), policyBindings: {} }))
    },
  },
  GetBucketPolicyStatus: {
    access: 'read',
    ask: onBucket('s3:GetBucketPolicyStatus'),
    handle: async (input, _call, store) => {
      const { bucket } = await existingBucket(store, input.Bucket)
      if (bucket.policy === undefined) throw noSuchBucketPolicy(input.Bucket)
      return { PolicyStatus: { IsPublic: isPublicBucketPolicy(bucket) } }
    },
  },
} satisfies Operations<
  S3Operations,
  'PutBucketPolicy' | 'GetBucketPolicy' | 'DeleteBucketPolicy' | 'GetBucketPolicyStatus'
>

async function putBucketPolicy(input: S3.PutBucketPolicyRequest, call: Call, store: Writer) {
  const found = await existingBucket(store, input.Bucket)
  checkAtHome(found, call, 'PUT')
  const { bucket } = found
  const parsed = parsePolicy(input.Policy, 's3-bucket', { bucket: bucket.name })
  if (!parsed.ok) throw malformedPolicy(parsed.message)
  if (bucket.publicAccessBlock?.BlockPublicPolicy === true && isPublicPolicy(parsed.policy))
    throw blockedPublicPolicy(call, bucket)
  const bound = await bindPrincipals(input.Policy, store)
  if (!bound.ok)
    throw malformedPolicy(
      'Invalid principal in policy',
      `"AWS" : "${bound.principal}"`,
      await unknownPrincipal(bound.principal, store),
    )
  return changeBucket(input, store, (current) => ({
    ...current,
    policy: input.Policy,
    policyBindings: bound.bindings,
  }))
}

/**
 * Only callers of the owner's account handle the policy, whatever it grants to others. S3 API, GetBucketPolicy.
 * @throws `MethodNotAllowed` (405)
 */
function checkAtHome(found: OwnedBucket, call: Call, method: string): void {
  const home = 'account' in call.caller && call.caller.account === found.owner
  if (!home) throw methodNotAllowed(method, 'BUCKETPOLICY')
}

function blockedPublicPolicy(call: Call, bucket: Bucket) {
  const { principal } = call.caller
  const who = 'arn' in principal ? principal.arn : 'anonymous'
  return accessDenied(
    `User: ${who} is not authorized to perform: s3:PutBucketPolicy on resource: "${bucketArn(bucket.name)}" because public policies are blocked by the BlockPublicPolicy block public access setting.`,
    { diagnosis: 'RESOURCE.PUBLIC_POLICY_BLOCKED' },
  )
}
