/** Exports instance profiles and instances. */
import { instances } from '../entities/ec2.ts'
import type { Instance } from '../entities/ec2.ts'
import { folded, instanceProfiles } from '../entities/iam.ts'
import { pathValue } from './export-iam.ts'
import { present, tagsValue } from './export-words.ts'
import type { Exporting } from './export-words.ts'

export async function exportProfiles({ reader, account }: Exporting): Promise<readonly object[]> {
  const rows = await reader.list(instanceProfiles, account)
  return rows.map((row) =>
    present({ instanceProfileName: row.name, path: pathValue(row.path), role: row.role, tags: tagsValue(row.tags) }),
  )
}

export async function exportInstances(exporting: Exporting): Promise<readonly object[]> {
  const exported: object[] = []
  for (const row of await exporting.reader.list(instances, exporting.account))
    exported.push(
      present({
        instanceId: row.id,
        region: row.region,
        instanceProfile: await profileName(row, exporting),
        listen: row.listen,
        httpTokens: row.options.httpTokens,
        hopLimit: row.options.hopLimit,
        httpEndpoint: row.options.httpEndpoint,
        instanceMetadataTags: row.options.instanceMetadataTags,
        reachableFrom: row.reachableFrom,
        privateIp: row.privateIp,
        vpcId: row.vpcId,
        userData: row.userData,
        tags: tagsValue(row.tags),
      }),
    )
  return exported
}

/** The profile that the instance was associated with, while it is the same one. */
async function profileName(row: Instance, { reader, account, leftOut }: Exporting): Promise<string | undefined> {
  if (row.profile === undefined) return undefined
  const profile = await reader.get(instanceProfiles, account, folded(row.profile.profileName))
  if (profile?.id === row.profile.profileId) return profile.name
  leftOut.push(`instance ${row.id}: its association with the profile ${row.profile.profileName}, which is gone`)
  return undefined
}
