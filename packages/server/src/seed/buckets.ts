/** Buckets of a seed: settings and policy. Their objects are put by `objects.ts`, once the rows stand. */
import { buckets } from '../entities/s3.ts'
import type { Bucket, PublicAccessBlock } from '../entities/s3.ts'
import { bindPrincipals } from '../entities/principal-bindings.ts'
import { sameDocument, sameValue } from './same.ts'
import type { BucketSeed } from './types.ts'
import { defined, refuse, tagChanges, withTags } from './work.ts'
import type { Work } from './work.ts'

/** New buckets block all public access. S3 User Guide, "Blocking public access to your Amazon S3 storage". */
const ALL_BLOCKED: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
}

/** Runs when every user and role stands, so that a policy may name any of them. */
export async function ensureBucket(work: Work, wanted: BucketSeed): Promise<void> {
  const place = `bucket ${wanted.bucket}`
  const found = await work.store.findUnique(buckets, 'name', wanted.bucket)
  if (found !== undefined && found.account !== work.account)
    refuse(wanted.line, place, `the bucket belongs to account ${found.account}`)
  const before = found?.row
  if (before !== undefined && wanted.region !== undefined && wanted.region !== before.region)
    refuse(wanted.line, place, `the bucket is in ${before.region}; a bucket's region cannot be changed`)
  const tags = wanted.tags === undefined ? before?.tags : withTags(before?.tags ?? [], wanted.tags, false)
  const policy = wantedPolicy(wanted, before)
  const next = defined<Bucket>({
    name: wanted.bucket,
    region: wanted.region ?? before?.region ?? 'us-east-1',
    createdAt: before?.createdAt ?? work.now,
    policy,
    policyBindings: policy === undefined ? {} : await bindings(work, wanted, policy, before),
    publicAccessBlock: wantedBlock(wanted, before),
    tags,
  })
  if (before !== undefined && sameValue(before, next)) return
  await work.store.put(buckets, work.account, next)
  const changes = before === undefined ? [] : changedMembers(before, next)
  work.record({ action: before === undefined ? 'create' : 'change', kind: 'bucket', name: next.name, changes })
}

const wantedPolicy = (wanted: BucketSeed, before: Bucket | undefined): string | undefined => {
  const text = wanted.policy?.value ?? before?.policy
  return text !== undefined && before?.policy !== undefined && sameDocument(before.policy, text) ? before.policy : text
}

/** What the seed leaves out of a block is off, as in PutPublicAccessBlock; a seed without a block changes nothing. */
function wantedBlock(wanted: BucketSeed, before: Bucket | undefined): PublicAccessBlock | undefined {
  const block = wanted.publicAccessBlock
  if (block === undefined) return before === undefined ? ALL_BLOCKED : before.publicAccessBlock
  if (block === 'none') return undefined
  return {
    BlockPublicAcls: block.blockPublicAcls ?? false,
    IgnorePublicAcls: block.ignorePublicAcls ?? false,
    BlockPublicPolicy: block.blockPublicPolicy ?? false,
    RestrictPublicBuckets: block.restrictPublicBuckets ?? false,
  }
}

async function bindings(
  work: Work,
  wanted: BucketSeed,
  policy: string,
  before: Bucket | undefined,
): Promise<Bucket['policyBindings']> {
  if (wanted.policy === undefined) return before?.policyBindings ?? {}
  const found = await bindPrincipals(policy, work.store)
  if (found.ok) return found.bindings
  return refuse(
    wanted.policy.line,
    `bucket ${wanted.bucket}`,
    `Invalid principal in policy: there is no ${found.principal}`,
  )
}

function changedMembers(before: Bucket, next: Bucket): readonly string[] {
  return [
    ...(before.policy === next.policy ? [] : ['policy']),
    ...(before.policy === next.policy && !sameValue(before.policyBindings, next.policyBindings)
      ? ['policy names principals of today']
      : []),
    ...(sameValue(before.publicAccessBlock, next.publicAccessBlock) ? [] : ['public access block']),
    ...tagChanges(before.tags ?? [], next.tags ?? []),
  ]
}
