/**
 * Exports a store as a seed that `apply` reads back: an export, applied to an empty store and exported again, is equal.
 * Secrets stay: a key is exported by its id, and gets a new secret where it is applied, unless `secrets` is asked for.
 * Not exported: unique ids, times, older versions of policies, sessions, and what `leftOut` names.
 */
import {
  accessKeys,
  accessKeySealOwner,
  accountAliases,
  accounts,
  EVERYWHERE,
  folded,
  passwordPolicies,
  tokenPreferences,
  users,
} from '../entities/iam.ts'
import type { AccessKey, Account } from '../entities/iam.ts'
import { labPasswordSealOwner } from '../entities/saml.ts'
import type { LabSamlUser } from '../entities/saml.ts'
import { outboundIssuers } from '../entities/outbound.ts'
import type { Reader, Store } from '../store/port.ts'
import { exportBuckets } from './export-buckets.ts'
import { exportGroups, exportPolicies, exportRoles, exportUsers } from './export-iam.ts'
import { exportInstances, exportProfiles } from './export-machines.ts'
import { exportDelegationPartner, exportLab, exportOidcProviders, exportSamlProviders } from './export-federation.ts'
import { exportOrganization } from './export-organization.ts'
import { present } from './export-words.ts'
import type { Exporting } from './export-words.ts'
import { ADMINISTRATOR } from './people.ts'
import { ADMINISTRATOR_ACCESS } from './references.ts'
import type { SeedParts } from './work.ts'

export interface ExportOptions {
  /** Only this account, by id or name; then without the organization. */
  readonly account?: string
  /** Secret access keys and passwords of the lab too: whoever holds the file holds the keys. */
  readonly secrets?: boolean
}

/** A seed as `apply` reads it, and what no seed can say. */
export interface ExportedSeed {
  readonly seed: { readonly accounts: readonly object[]; readonly organization?: object; readonly lab?: object }
  /** In words: `bucket reports: 2 objects that are no text of at most 65536 bytes`. */
  readonly leftOut: readonly string[]
}

/** @returns `undefined` when there is no such account */
export async function exportSeed(
  store: Store,
  parts: Pick<SeedParts, 'vault' | 'blobs' | 'objects'>,
  options: ExportOptions = {},
): Promise<ExportedSeed | undefined> {
  return store.read(async (reader) => {
    const all = [...(await reader.list(accounts, EVERYWHERE))].toSorted((a, b) => a.createdAt - b.createdAt)
    const { account } = options
    const chosen =
      account === undefined ? all : all.filter((row) => row.id === account || folded(row.name) === folded(account))
    if (account !== undefined && chosen.length === 0) return undefined
    const leftOut: string[] = []
    const exported: object[] = []
    for (const row of chosen) exported.push(await exportAccount(row, { reader, leftOut, options, parts }))
    const organization = account === undefined ? await exportOrganization(reader) : undefined
    const lab = account === undefined ? await exportLab(reader) : undefined
    const more = { ...(organization === undefined ? {} : { organization }), ...(lab === undefined ? {} : { lab }) }
    return { seed: { accounts: exported, ...more }, leftOut }
  })
}

interface AccountExport {
  readonly reader: Reader
  readonly leftOut: string[]
  readonly options: ExportOptions
  readonly parts: Pick<SeedParts, 'vault' | 'blobs' | 'objects'>
}

async function exportAccount(row: Account, { reader, leftOut, options, parts }: AccountExport): Promise<object> {
  const keySeed = (key: AccessKey): object => ({
    accessKeyId: key.id,
    ...(options.secrets === true
      ? { secretAccessKey: parts.vault.open(key.sealedSecret, accessKeySealOwner(row.id, key.id, key.ownerId)) }
      : {}),
    ...(key.status === 'Inactive' ? { status: key.status } : {}),
  })
  const openPassword = (user: LabSamlUser) =>
    user.sealedPassword && parts.vault.open(user.sealedPassword, labPasswordSealOwner(row.id, user))
  const exporting: Exporting = {
    reader,
    account: row.id,
    leftOut,
    keySeed,
    ...(options.secrets === true ? { openPassword } : {}),
  }
  const administrator = await administratorKey(exporting)
  leftOut.push(...(await settingsLeftOut(exporting)))
  return present({
    id: row.id,
    name: row.name === row.id ? undefined : row.name,
    administrator: administrator === undefined ? false : keySeed(administrator),
    root: await rootKey(exporting),
    policies: await exportPolicies(exporting),
    groups: await exportGroups(exporting),
    users: await exportUsers(exporting, administrator),
    roles: await exportRoles(exporting),
    instanceProfiles: await exportProfiles(exporting),
    instances: await exportInstances(exporting),
    oidcProviders: await exportOidcProviders(exporting),
    samlProviders: await exportSamlProviders(exporting),
    delegationPartner: await exportDelegationPartner(exporting),
    buckets: await exportBuckets(exporting, parts),
  })
}

/** Settings of an account that no seed has a word for. */
async function settingsLeftOut({ reader, account }: Exporting): Promise<string[]> {
  const aliases = (await reader.list(accountAliases, account)).map((row) => `the alias ${row.alias}`)
  const policies = (await reader.list(passwordPolicies, account)).map(() => 'its password policy')
  const tokens = (await reader.list(tokenPreferences, account)).map(
    () => 'the version of its tokens of the global endpoint',
  )
  const issuers = (await reader.list(outboundIssuers, account)).map(() => 'its issuer of outbound tokens')
  return [...aliases, ...policies, ...tokens, ...issuers].map((what) => `account ${account}: ${what}`)
}

/** The key that `administrator` names: that user has AdministratorAccess and a key, else the seed says `false`. */
async function administratorKey({ reader, account }: Exporting): Promise<AccessKey | undefined> {
  const administrator = await reader.get(users, account, ADMINISTRATOR)
  if (administrator?.attached.includes(ADMINISTRATOR_ACCESS) !== true) return undefined
  const [first] = await reader.find(accessKeys, account, 'owner', administrator.id)
  return first
}

async function rootKey({ reader, account, keySeed, leftOut }: Exporting): Promise<object | undefined> {
  const [first, ...others] = await reader.find(accessKeys, account, 'owner', account)
  for (const key of others) leftOut.push(`account ${account}: a second key of the root user, ${key.id}`)
  return first === undefined ? undefined : keySeed(first)
}
