/** The seed's schema of instance profiles, instances and buckets. */
import { isIP } from 'node:net'
import { document, iamName, path, region, tags } from './parse-words.ts'
import { documentProblem } from './documents.ts'
import { flag, integer, object, oneOf, optional, pattern, placed, record, required, text, wrong } from './readers.ts'
import type { Read } from './readers.ts'
import type { BucketSeed, InstanceSeed, ProfileSeed, PublicAccessBlockSeed } from './types.ts'

export const instanceProfile = object<ProfileSeed>('an instance profile', {
  instanceProfileName: required(iamName(128)),
  path: optional(path),
  role: optional(placed(iamName(64))),
  tags: optional(tags),
})

const listenAddress = text((value) => {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value)
  const isFine = found !== null && isIP(found[1] ?? found[2] ?? '') !== 0 && Number(found[3]) <= 65_535
  return isFine
    ? undefined
    : `\`${value}\` must be an address and a port, such as 127.0.0.1:1338 (port 0 picks a free one)`
})

export const instance = object<InstanceSeed>('an instance', {
  instanceId: required(pattern(/^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, '`i-` and 8 or 17 hexadecimal digits')),
  region: optional(region),
  instanceProfile: optional(placed(iamName(128))),
  listen: optional(listenAddress),
  httpTokens: optional(oneOf('optional', 'required')),
  hopLimit: optional(integer(1, 64)),
  httpEndpoint: optional(oneOf('enabled', 'disabled')),
  instanceMetadataTags: optional(oneOf('enabled', 'disabled')),
  reachableFrom: optional(oneOf('containers')),
  privateIp: optional(text((value) => (isIP(value) === 4 ? undefined : `\`${value}\` is no IPv4 address`))),
  vpcId: optional(pattern(/^vpc-[0-9a-f]{8,17}$/, '`vpc-` and hexadecimal digits')),
  userData: optional(text()),
  tags: optional(tags),
})

interface PublicAccessBlockMembers extends PublicAccessBlockSeed {
  readonly line: number
}

const publicAccessBlockMembers = object<PublicAccessBlockMembers>('a public access block', {
  blockPublicAcls: optional(flag),
  ignorePublicAcls: optional(flag),
  blockPublicPolicy: optional(flag),
  restrictPublicBuckets: optional(flag),
})

const publicAccessBlock: Read<PublicAccessBlockSeed | 'none'> = (node, place) =>
  node.kind === 'scalar' && node.value === 'none' ? 'none' : publicAccessBlockMembers(node, place)

/** S3 User Guide, "General purpose bucket naming rules": the rules that any name can be held to. */
const bucketName = text((value) =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value) && !value.includes('..') && isIP(value) === 0
    ? undefined
    : `\`${value}\` is no bucket name: 3 to 63 small letters, digits, dots or hyphens`,
)

const bucketMembers = object<BucketSeed>('a bucket', {
  bucket: required(bucketName),
  region: optional(region),
  policy: optional(document('bucket')),
  publicAccessBlock: optional(publicAccessBlock),
  tags: optional(tags),
  objects: optional(
    record(text(), (name) =>
      name !== '' && Buffer.byteLength(name) <= 1024 ? undefined : 'a key has 1 to 1,024 bytes',
    ),
  ),
})

/** The policy is checked once the bucket's name is known: its resources must name the bucket. */
export const bucket: Read<BucketSeed> = (node, place) => {
  const read = bucketMembers(node, place)
  if (read?.policy === undefined) return read
  const problem = documentProblem(read.policy.value, { bucket: read.bucket })
  return problem === undefined
    ? read
    : wrong({ line: read.policy.line }, { ...place, path: `${place.path}.policy` }, problem)
}
