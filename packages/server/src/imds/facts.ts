/**
 * What the metadata tells about a machine. The row holds what matters (id, region, address, VPC, tags); the rest of the
 * description follows from the instance id, so that it is the same on every node and after every start.
 */
import { createHash } from 'node:crypto'
import { instanceArn } from '../domain/arn.ts'
import type { AccountId, Arn, Instant } from '../domain/brands.ts'
import type { Instance } from '../entities/ec2.ts'

export interface InstanceFacts {
  readonly account: AccountId
  readonly arn: Arn
  readonly row: Instance
  readonly availabilityZone: string
  readonly availabilityZoneId: string
  readonly hostName: string
  readonly imageId: string
  readonly instanceType: string
  readonly mac: string
  readonly interfaceId: string
  readonly subnetId: string
  readonly subnetCidr: string
  readonly vpcCidr: string
  readonly reservationId: string
  readonly securityGroup: string
  readonly securityGroupId: string
  readonly launchedAt: Instant
  /** Tags that may be shown, in bytewise order; none unless the options allow it. */
  readonly shownTags: ReadonlyMap<string, string>
}

export function factsOf(account: AccountId, row: Instance): InstanceFacts {
  const made = (what: string, digits: number) =>
    createHash('sha256').update(`${what} ${row.id}`).digest('hex').slice(0, digits)
  return {
    account,
    row,
    arn: instanceArn(row.region, account, row.id),
    availabilityZone: `${row.region}a`,
    availabilityZoneId: `${zonePrefix(row.region)}-az1`,
    hostName: hostName(row.region, row.privateIp),
    imageId: `ami-${made('image', 17)}`,
    instanceType: 't3.micro',
    // Locally administered, unicast: as EC2's own.
    mac: `0a:${(made('mac', 10).match(/../g) ?? []).join(':')}`,
    interfaceId: `eni-${made('interface', 17)}`,
    subnetId: `subnet-${made('subnet', 17)}`,
    subnetCidr: network(row.privateIp, 20),
    vpcCidr: network(row.privateIp, 16),
    reservationId: `r-${made('reservation', 17)}`,
    securityGroup: 'default',
    securityGroupId: `sg-${made('security group', 17)}`,
    launchedAt: row.launchedAt,
    shownTags: shownTags(row),
  }
}

/** EC2 User Guide, "Amazon EC2 instance hostname types": the first region has a short name. */
function hostName(region: string, address: string): string {
  const name = `ip-${address.replaceAll('.', '-')}`
  return region === 'us-east-1' ? `${name}.ec2.internal` : `${name}.${region}.compute.internal`
}

/** `eu-central-1` → `euc1`, as in the ids of availability zones. */
function zonePrefix(region: string): string {
  const [area = '', ...words] = region.split('-')
  const letters = words
    .map((word) => /^(north|south)(east|west)$/.exec(word) ?? [word])
    .map(([whole = '', first, second]) => (first && second ? first.charAt(0) + second.charAt(0) : whole.charAt(0)))
  return area + letters.join('')
}

/** The network of an address: `172.31.44.13`, 20 → `172.31.32.0/20`. */
function network(address: string, bits: number): string {
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - bits)
  const base = Math.floor(value / size) * size
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${bits}`
}

const SHOWABLE_KEY = /^[A-Za-z0-9+=.,_:@-]+$/
const UNSHOWABLE_KEYS: ReadonlySet<string> = new Set(['.', '..', '_index'])

/** EC2 User Guide, "Work with instance tags in instance metadata": keys that fit into a path. */
const isShowableTagKey = (key: string): boolean => SHOWABLE_KEY.test(key) && !UNSHOWABLE_KEYS.has(key)

function shownTags(row: Instance): ReadonlyMap<string, string> {
  if (row.options.instanceMetadataTags !== 'enabled') return new Map()
  return new Map(
    row.tags
      .filter((tag) => isShowableTagKey(tag.key))
      .map((tag): [string, string] => [tag.key, tag.value])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}
