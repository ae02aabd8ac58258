// Owns AWS host names: which service, Region, partition and bucket a host names.

/** A partition: its DNS suffixes and the Region that its global names mean. */
interface Partition {
  readonly name: string
  readonly suffixes: readonly string[]
  readonly home: string
  /** Regions of this partition, where the suffix does not say it. */
  readonly regions?: RegExp
}

/** More special ones first: aws-us-gov shares its suffix with aws. */
const PARTITIONS: readonly Partition[] = [
  {
    name: 'aws-us-gov',
    suffixes: ['amazonaws.com', 'api.aws'],
    home: 'us-gov-west-1',
    regions: /^us-gov(-|$)/,
  },
  { name: 'aws', suffixes: ['amazonaws.com', 'api.aws'], home: 'us-east-1' },
  { name: 'aws-cn', suffixes: ['amazonaws.com.cn', 'api.amazonwebservices.com.cn'], home: 'cn-north-1' },
  { name: 'aws-iso', suffixes: ['c2s.ic.gov', 'api.aws.ic.gov'], home: 'us-iso-east-1' },
  { name: 'aws-iso-b', suffixes: ['sc2s.sgov.gov', 'api.aws.scloud'], home: 'us-isob-east-1' },
  { name: 'aws-iso-e', suffixes: ['cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'], home: 'eu-isoe-west-1' },
  { name: 'aws-iso-f', suffixes: ['csp.hci.ic.gov', 'api.aws.hci.ic.gov'], home: 'us-isof-south-1' },
  { name: 'aws-eusc', suffixes: ['amazonaws.eu', 'api.amazonwebservices.eu'], home: 'eusc-de-east-1' },
]

/** What a host name says. */
export interface HostFacts {
  /** `sts`, `iam`, `s3`, or another endpoint prefix; undefined for hosts that are not AWS's. */
  readonly service: string | undefined
  /** The Region that the host names; the home Region for global names; undefined for other hosts. */
  readonly region: string | undefined
  readonly partition: string | undefined
  /** True for `sts.amazonaws.com`, `iam.amazonaws.com`, `s3.amazonaws.com`. */
  readonly global: boolean
  /** Bucket of a virtual-hosted S3 name. */
  readonly bucket: string | undefined
}

const NOTHING: HostFacts = {
  service: undefined,
  region: undefined,
  partition: undefined,
  global: false,
  bucket: undefined,
}

const REGION = /^[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}$/

/** True for names that have the form of a Region, known or not. */
export const isRegionName = (name: string): boolean => REGION.test(name)

/** The partition that a Region belongs to, by its name. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  if (region.startsWith('us-gov-')) return 'aws-us-gov'
  if (region.startsWith('eusc-')) return 'aws-eusc'
  const iso = /^\w\w-iso([bef]?)-/.exec(region)
  if (iso === null) return 'aws'
  return iso[1] === '' ? 'aws-iso' : `aws-iso-${iso[1]}`
}

/**
 * Reads a Host header. `baseHosts`: names under which buckets appear as `<bucket>.<base>` besides AWS's own, for
 * instance `localhost`.
 */
export function parseHost(host: string, baseHosts: readonly string[]): HostFacts {
  const name = host.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase()
  return awsHost(name) ?? { ...NOTHING, bucket: bucketUnder(name, baseHosts) }
}

/** `<bucket>.localhost`, and `<bucket>.s3.localhost` or `<bucket>.s3.<region>.localhost` as some clients build it. */
function bucketUnder(name: string, baseHosts: readonly string[]): string | undefined {
  const bases = longestFirst(baseHosts)
  if (bases.includes(name)) return undefined
  const base = bases.find(
    (candidate) => name.endsWith(candidate) && name.charAt(name.length - candidate.length - 1) === '.',
  )
  if (base === undefined) return undefined
  const prefix = name.slice(0, -base.length - 1)
  const s3 = /^(?:(.+)\.)?s3(?:\.([a-z0-9-]+))?$/.exec(prefix)
  return s3 !== null && (s3[2] === undefined || REGION.test(s3[2])) ? s3[1] : prefix
}

const sorted = new WeakMap<readonly string[], readonly string[]>()

/** Names in lower case. A server has one list for all its requests. */
function longestFirst(baseHosts: readonly string[]): readonly string[] {
  const known = sorted.get(baseHosts)
  if (known) return known
  const made = baseHosts.map((base) => base.toLowerCase()).toSorted((a, b) => b.length - a.length)
  sorted.set(baseHosts, made)
  return made
}

function awsHost(name: string): HostFacts | undefined {
  for (const partition of PARTITIONS) {
    const suffix = partition.suffixes.find((candidate) => name.endsWith(`.${candidate}`))
    if (suffix === undefined) continue
    const facts = labelsOf(name.slice(0, -suffix.length - 1), partition)
    if (facts !== undefined) return facts
  }
  return undefined
}

function labelsOf(front: string, partition: Partition): HostFacts | undefined {
  return s3Host(front, partition) ?? serviceHost(front, partition)
}

/** `s3.<region>`, `s3-<region>`, `s3`, with FIPS and dual-stack spellings, and a bucket before each. */
function s3Host(front: string, partition: Partition): HostFacts | undefined {
  const dotted = /^(?:(.+)\.)?s3(?:-fips)?(?:\.dualstack)?(?:\.([a-z0-9-]+))?$/.exec(front)
  const dashed = dotted === null ? /^(?:(.+)\.)?s3-([a-z0-9-]+)$/.exec(front) : null
  const [, bucket, place] = dotted ?? dashed ?? []
  if (dotted === null && dashed === null) return undefined
  if (place === undefined || (dashed !== null && /^(external-1|accelerate)$/.test(place))) {
    return partition.regions === undefined
      ? { service: 's3', region: partition.home, partition: partition.name, global: true, bucket }
      : undefined
  }
  if (!REGION.test(place) || !belongs(place, partition)) return undefined
  return { service: 's3', region: place, partition: partition.name, global: false, bucket }
}

/** `<service>.<region>`, `<service>` alone for global names, `iam.us-gov` for the partition's. */
function serviceHost(front: string, partition: Partition): HostFacts | undefined {
  const labels = front.split('.')
  const [last = ''] = labels.slice(-1)
  const place = REGION.test(last) || last === 'us-gov' || last === 'global' ? last : undefined
  const names = place === undefined ? labels : labels.slice(0, -1)
  const service = (names[names.length - 1] ?? '').replace(/-fips$/, '')
  if (service === '') return undefined
  const common = { service, partition: partition.name, bucket: undefined }
  if (place === undefined || place === 'global')
    return partition.regions === undefined ? { ...common, region: partition.home, global: true } : undefined
  if (!belongs(place, partition)) return undefined
  const isRegion = REGION.test(place)
  return { ...common, region: isRegion ? place : partition.home, global: !isRegion }
}

const belongs = (region: string, partition: Partition): boolean =>
  partition.regions ? partition.regions.test(region) : !region.startsWith('us-gov')
