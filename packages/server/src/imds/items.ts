/**
 * The items of the metadata whose value follows from the instance, as a table: path, release date, value.
 * EC2 User Guide, "Instance metadata categories". What an instance does not have has no value and is not listed.
 */
import { isoSeconds } from '../domain/brands.ts'
import { spacedJson } from './answer.ts'
import type { InstanceFacts } from './facts.ts'
import type { Release } from './versions.ts'

/** `<mac>` in a path stands for the hardware address of the instance. */
export type ItemRow = readonly [path: string, released: Release, value: (facts: InstanceFacts) => string | undefined]

const META: readonly ItemRow[] = [
  ['ami-id', '1.0', (facts) => facts.imageId],
  ['ami-launch-index', '1.0', () => '0'],
  ['ami-manifest-path', '1.0', () => '(unknown)'],
  ['block-device-mapping/ami', '2007-12-15', () => '/dev/xvda'],
  ['block-device-mapping/root', '2007-12-15', () => '/dev/xvda'],
  ['events/maintenance/history', '2018-08-17', () => '[]'],
  ['events/maintenance/scheduled', '2018-08-17', () => '[]'],
  ['hostname', '1.0', (facts) => facts.hostName],
  ['instance-action', '2008-09-01', () => 'none'],
  ['instance-id', '1.0', (facts) => facts.row.id],
  ['instance-life-cycle', '2019-10-01', () => 'on-demand'],
  ['instance-type', '2007-08-29', (facts) => facts.instanceType],
  ['local-hostname', '2007-01-19', (facts) => facts.hostName],
  ['local-ipv4', '1.0', (facts) => facts.row.privateIp],
  ['mac', '2011-01-01', (facts) => facts.mac],
  ['metrics/vhostmd', '2011-05-01', () => '<?xml version="1.0" encoding="UTF-8"?>'],
  ['placement/availability-zone', '2008-02-01', (facts) => facts.availabilityZone],
  ['placement/availability-zone-id', '2019-10-01', (facts) => facts.availabilityZoneId],
  ['placement/region', '2020-08-24', (facts) => facts.row.region],
  ['profile', '2007-12-15', () => 'default-hvm'],
  ['reservation-id', '1.0', (facts) => facts.reservationId],
  ['security-groups', '1.0', (facts) => facts.securityGroup],
  ['services/domain', '2014-02-25', () => 'amazonaws.com'],
  ['services/partition', '2015-10-20', () => 'aws'],
]

const INTERFACE: readonly ItemRow[] = [
  ['device-number', '2011-01-01', () => '0'],
  ['interface-id', '2011-01-01', (facts) => facts.interfaceId],
  ['local-hostname', '2011-01-01', (facts) => facts.hostName],
  ['local-ipv4s', '2011-01-01', (facts) => facts.row.privateIp],
  ['mac', '2011-01-01', (facts) => facts.mac],
  ['network-card-index', '2020-11-01', () => '0'],
  ['owner-id', '2011-01-01', (facts) => facts.account],
  ['security-group-ids', '2011-01-01', (facts) => facts.securityGroupId],
  ['security-groups', '2011-01-01', (facts) => facts.securityGroup],
  ['subnet-id', '2011-01-01', (facts) => facts.subnetId],
  ['subnet-ipv4-cidr-block', '2011-01-01', (facts) => facts.subnetCidr],
  ['vpc-id', '2011-01-01', (facts) => facts.row.vpcId],
  ['vpc-ipv4-cidr-block', '2011-01-01', (facts) => facts.vpcCidr],
  ['vpc-ipv4-cidr-blocks', '2016-06-30', (facts) => facts.vpcCidr],
]

const under = (folder: string, rows: readonly ItemRow[]): readonly ItemRow[] =>
  rows.map(([path, released, value]): ItemRow => [`${folder}/${path}`, released, value])

export const ITEMS: readonly ItemRow[] = [
  ...under('meta-data', META),
  ...under('meta-data/network/interfaces/macs/<mac>', INTERFACE),
  ['dynamic/fws/instance-monitoring', '2009-04-04', () => 'disabled'],
  ['dynamic/instance-identity/document', '2009-04-04', identityDocument],
  ['user-data', '1.0', (facts) => facts.row.userData],
]

/** EC2 User Guide, "Instance identity documents". Unsigned as yet: the signatures are not listed. */
function identityDocument(facts: InstanceFacts): string {
  return spacedJson([
    ['accountId', facts.account],
    ['architecture', 'x86_64'],
    ['availabilityZone', facts.availabilityZone],
    ['billingProducts', null],
    ['devpayProductCodes', null],
    ['imageId', facts.imageId],
    ['instanceId', facts.row.id],
    ['instanceType', facts.instanceType],
    ['kernelId', null],
    ['marketplaceProductCodes', null],
    ['pendingTime', isoSeconds(facts.launchedAt)],
    ['privateIp', facts.row.privateIp],
    ['ramdiskId', null],
    ['region', facts.row.region],
    ['version', '2017-09-30'],
  ])
}
