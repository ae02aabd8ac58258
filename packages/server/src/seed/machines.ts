/** Instance profiles and instances of a seed. */
import { instances } from '../entities/ec2.ts'
import type { Instance, MetadataOptions, ProfileAssociation } from '../entities/ec2.ts'
import { folded, instanceProfiles, roles } from '../entities/iam.ts'
import type { InstanceProfile } from '../entities/iam.ts'
import { sameValue } from './same.ts'
import type { InstanceSeed, ProfileSeed, Reference } from './types.ts'
import { defined, newId, refuse, tagChanges, withTags } from './work.ts'
import type { Work } from './work.ts'

export async function ensureProfile(work: Work, wanted: ProfileSeed): Promise<void> {
  const place = `instance profile ${wanted.instanceProfileName}`
  const before = await work.store.get(instanceProfiles, work.account, folded(wanted.instanceProfileName))
  if (before !== undefined && wanted.path !== undefined && wanted.path !== before.path)
    refuse(wanted.line, place, `the profile has the path ${before.path}; its path cannot be changed`)
  const role = wanted.role === undefined ? before?.role : await roleName(work, wanted.role, place)
  const tags = withTags(before?.tags ?? [], wanted.tags, false)
  const next = defined<InstanceProfile>({
    name: before?.name ?? wanted.instanceProfileName,
    path: wanted.path ?? before?.path ?? '/',
    id: before?.id ?? newId(work, 'AIPA'),
    createdAt: before?.createdAt ?? work.now,
    role,
    tags,
  })
  const changes = [
    ...(before === undefined || before.role === role ? [] : [`role ${role ?? ''}`]),
    ...tagChanges(before?.tags ?? [], tags),
  ]
  if (before !== undefined && changes.length === 0) return
  await work.store.put(instanceProfiles, work.account, next)
  work.record({
    action: before === undefined ? 'create' : 'change',
    kind: 'instance profile',
    name: next.name,
    changes,
  })
}

async function roleName(work: Work, { value, line }: Reference, place: string): Promise<string> {
  const role = await work.store.get(roles, work.account, folded(value))
  return role?.name ?? refuse(line, place, `account ${work.account} has no role \`${value}\``)
}

/** What a new instance has where the seed says nothing: tokens required, one hop, as new instances of today. */
const NEW_OPTIONS: MetadataOptions = {
  httpTokens: 'required',
  hopLimit: 1,
  httpEndpoint: 'enabled',
  instanceMetadataTags: 'disabled',
}

export async function ensureInstance(work: Work, wanted: InstanceSeed): Promise<void> {
  const found = await work.store.findUnique(instances, 'id', wanted.instanceId)
  if (found !== undefined && found.account !== work.account)
    refuse(wanted.line, `instance ${wanted.instanceId}`, `the instance belongs to account ${found.account}`)
  const before = found?.row
  const next = await wantedInstance(work, wanted, before)
  if (before !== undefined && sameValue(before, next)) return
  // A new generation ends outstanding tokens and published documents, so only what they depend on raises it.
  const isOtherDelivery =
    before !== undefined && !(sameValue(before.options, next.options) && sameValue(before.profile, next.profile))
  await work.store.put(instances, work.account, {
    ...next,
    generation: (before?.generation ?? 0) + (before === undefined || isOtherDelivery ? 1 : 0),
  })
  const changes = before === undefined ? [] : changedMembers(before, next)
  work.record({ action: before === undefined ? 'create' : 'change', kind: 'instance', name: next.id, changes })
}

async function wantedInstance(work: Work, wanted: InstanceSeed, before: Instance | undefined): Promise<Instance> {
  const options = before?.options ?? NEW_OPTIONS
  return defined<Instance>({
    id: wanted.instanceId,
    region: wanted.region ?? before?.region ?? 'us-east-1',
    profile: await association(work, wanted, before?.profile),
    options: {
      httpTokens: wanted.httpTokens ?? options.httpTokens,
      hopLimit: wanted.hopLimit ?? options.hopLimit,
      httpEndpoint: wanted.httpEndpoint ?? options.httpEndpoint,
      instanceMetadataTags: wanted.instanceMetadataTags ?? options.instanceMetadataTags,
    },
    generation: before?.generation ?? 0,
    tags: withTags(before?.tags ?? [], wanted.tags, false),
    launchedAt: before?.launchedAt ?? work.now,
    listen: wanted.listen ?? before?.listen ?? '127.0.0.1:0',
    privateIp: wanted.privateIp ?? before?.privateIp ?? privateIp(work),
    vpcId: wanted.vpcId ?? before?.vpcId ?? `vpc-0${work.parts.chance.bytes(8).toString('hex')}`,
    userData: wanted.userData ?? before?.userData,
    reachableFrom: wanted.reachableFrom ?? before?.reachableFrom,
  })
}

/** An address of the default VPC, 172.31.0.0/16; the first four and the last of a subnet are AWS's. */
function privateIp(work: Work): string {
  const bytes = work.parts.chance.bytes(2)
  return `172.31.${bytes.readUInt8(0)}.${4 + (bytes.readUInt8(1) % 250)}`
}

async function association(
  work: Work,
  wanted: InstanceSeed,
  before: ProfileAssociation | undefined,
): Promise<ProfileAssociation | undefined> {
  if (wanted.instanceProfile === undefined) return before
  const { value, line } = wanted.instanceProfile
  const profile =
    (await work.store.get(instanceProfiles, work.account, folded(value))) ??
    refuse(line, `instance ${wanted.instanceId}`, `account ${work.account} has no instance profile \`${value}\``)
  if (before?.profileId === profile.id) return before
  return {
    profileName: profile.name,
    profileId: profile.id,
    associationId: `iip-assoc-0${work.parts.chance.bytes(8).toString('hex')}`,
  }
}

const changedMembers = (before: Instance, next: Instance): readonly string[] =>
  (
    ['profile', 'options', 'listen', 'region', 'privateIp', 'vpcId', 'userData', 'reachableFrom', 'tags'] as const
  ).filter((name) => !sameValue(before[name], next[name]))
