/** Exports users, groups, roles and managed policies. */
import { parseArn, splitIamResource } from '../domain/arn.ts'
import { accessKeys, groups, managedPolicies, roles, users } from '../entities/iam.ts'
import type { AccessKey, ManagedPolicy, PolicyHolder, User } from '../entities/iam.ts'
import { mfaDevices } from '../entities/mfa.ts'
import { renderBindings } from '../entities/principal-bindings.ts'
import { documentValue, present, tagsValue } from './export-words.ts'
import type { Exporting } from './export-words.ts'
import { ADMINISTRATOR } from './people.ts'
import { ADMINISTRATOR_ACCESS } from './references.ts'

export async function exportPolicies({ reader, account }: Exporting): Promise<readonly object[]> {
  const rows = await reader.list(managedPolicies, account)
  return rows.map((row) =>
    present({
      policyName: row.name,
      path: pathValue(row.path),
      description: row.description,
      document: documentValue(defaultText(row)),
      tags: tagsValue(row.tags),
    }),
  )
}

function defaultText(policy: ManagedPolicy): string {
  const version = policy.versions.find((candidate) => candidate.id === policy.defaultVersion)
  if (version === undefined) throw new Error(`policy ${policy.name} has no version ${policy.defaultVersion}`)
  return version.text
}

export async function exportGroups({ reader, account }: Exporting): Promise<readonly object[]> {
  const rows = await reader.list(groups, account)
  return rows.map((row) => present({ groupName: row.name, path: pathValue(row.path), ...holderMembers(row, account) }))
}

/** @param administrator the key that stands in `administrator`; that user is listed only where more is to be said of it */
export async function exportUsers(
  exporting: Exporting,
  administrator: AccessKey | undefined,
): Promise<readonly object[]> {
  const exported: object[] = []
  for (const row of await exporting.reader.list(users, exporting.account)) {
    const isPlain = administrator !== undefined && row.name.toLowerCase() === ADMINISTRATOR
    const members = await userMembers(row, exporting, isPlain ? administrator : undefined)
    if (!isPlain || Object.keys(members).length > 0) exported.push({ userName: row.name, ...members })
  }
  return exported
}

async function userMembers(row: User, exporting: Exporting, told?: AccessKey): Promise<object> {
  const { reader, account, keySeed } = exporting
  const keys = await reader.find(accessKeys, account, 'owner', row.id)
  const attached = told === undefined ? row.attached : row.attached.filter((arn) => arn !== ADMINISTRATOR_ACCESS)
  return present({
    path: pathValue(row.path),
    accessKeys: keys.filter((key) => key.id !== told?.id).map(keySeed),
    mfaDevices: await mfaValue(row, exporting),
    groups: row.groups,
    ...holderMembers({ ...row, attached }, account),
    permissionsBoundary: row.boundary === undefined ? undefined : referenceTo(row.boundary, account),
    tags: tagsValue(row.tags),
  })
}

/** Without seeds: a device gets a new one where it is applied. */
async function mfaValue(row: User, { reader, account }: Exporting): Promise<readonly object[]> {
  const devices = await reader.find(mfaDevices, account, 'user', row.id)
  return devices.map(({ name, path }) => present({ virtualMFADeviceName: name, path: pathValue(path) }))
}

export async function exportRoles({ reader, account }: Exporting): Promise<readonly object[]> {
  const exported: object[] = []
  for (const row of await reader.list(roles, account))
    exported.push(
      present({
        roleName: row.name,
        path: pathValue(row.path),
        assumeRolePolicyDocument: documentValue(await renderBindings(row.trust, row.trustBindings, reader)),
        description: row.description === '' ? undefined : row.description,
        maxSessionDuration: row.maxSessionSeconds,
        ...holderMembers(row, account),
        permissionsBoundary: row.boundary === undefined ? undefined : referenceTo(row.boundary, account),
        tags: tagsValue(row.tags),
      }),
    )
  return exported
}

const holderMembers = (row: PolicyHolder, account: string) => ({
  attachedPolicies: row.attached.map((arn) => referenceTo(arn, account)),
  inlinePolicies: Object.fromEntries(row.inline.map((policy) => [policy.name, documentValue(policy.text)])),
})

export const pathValue = (path: string): string | undefined => (path === '/' ? undefined : path)

/** Own policies by name, AWS's by ARN. */
function referenceTo(arn: string, account: string): string {
  const parts = parseArn(arn)
  return (parts?.account === account ? splitIamResource(parts.resource)?.name : undefined) ?? arn
}
