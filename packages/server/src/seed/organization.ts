/**
 * The organization of a seed. AWS's FullAWSAccess hangs at every place unless the seed takes it away, and RCPFullAWSAccess
 * always does. AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation".
 */
import type { AccountId } from '../domain/brands.ts'
import { accounts, EVERYWHERE, folded } from '../entities/iam.ts'
import { organizations } from '../entities/organization.ts'
import type { ControlPolicy, DelegatedAdministrator, Organization, OrganizationUnit } from '../entities/organization.ts'
import type { Writer } from '../store/port.ts'
import { planStep } from './plan.ts'
import { sameDocument, sameValue } from './same.ts'
import type {
  ControlledSeed,
  ControlPolicySeed,
  DelegatedAdministratorSeed,
  OrganizationSeed,
  Reference,
  UnitSeed,
} from './types.ts'
import { refuse } from './work.ts'
import type { Log, SeedParts, Work } from './work.ts'

const allowAll = (statement: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] }, undefined, 2)

export const FULL_AWS_ACCESS: ControlPolicy = {
  name: 'FullAWSAccess',
  arn: 'arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess',
  text: allowAll({ Action: '*', Resource: '*' }),
}
export const RCP_FULL_AWS_ACCESS: ControlPolicy = {
  name: 'RCPFullAWSAccess',
  arn: 'arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess',
  text: allowAll({ Principal: '*', Action: '*', Resource: '*' }),
}

interface Site {
  readonly store: Writer
  readonly parts: SeedParts
  /** Names of the seed's accounts → ids. */
  readonly ids: ReadonlyMap<string, AccountId>
  readonly organization: Organization
}

/** @param first the account that manages the organization where the seed names none */
export async function ensureOrganization(
  wanted: OrganizationSeed,
  log: Log,
  base: Pick<Work, 'store' | 'parts' | 'now'> & { readonly first: AccountId | undefined },
): Promise<void> {
  const management = await managementAccount(wanted, base.store, base.first)
  const before = await presentOrganization(wanted, base.store, management)
  const organization = before ?? newOrganization(wanted, management, base)
  const site: Site = { store: base.store, parts: base.parts, ids: await accountIds(base.store), organization }
  const units = placeUnits(wanted, site)
  const next: Organization = {
    ...organization,
    units,
    accountPolicies: accountPolicies(wanted, units, site),
    ...services(wanted, units, site),
  }
  if (before !== undefined && sameValue(before, next)) return
  await checkMembers(next, base.store, wanted.line)
  await base.store.put(organizations, EVERYWHERE, next)
  const changes = before === undefined ? [] : organizationChanges(before, next)
  log.steps.push(
    planStep({
      action: before === undefined ? 'create' : 'change',
      kind: 'organization',
      account: '*',
      name: next.id,
      changes,
    }),
  )
}

async function managementAccount(
  wanted: OrganizationSeed,
  store: Writer,
  first: AccountId | undefined,
): Promise<AccountId> {
  if (wanted.managementAccount !== undefined) return accountOf(wanted.managementAccount, await accountIds(store))
  return first ?? refuse(wanted.line, 'organization', 'say its `managementAccount`: the seed has no account')
}

/** By its id, else the one that the management account is in already. */
async function presentOrganization(
  wanted: OrganizationSeed,
  store: Writer,
  management: AccountId,
): Promise<Organization | undefined> {
  if (wanted.id !== undefined) return store.get(organizations, EVERYWHERE, wanted.id)
  const [found] = await store.find(organizations, EVERYWHERE, 'account', management)
  return found
}

async function accountIds(store: Writer): Promise<ReadonlyMap<string, AccountId>> {
  const rows = await store.list(accounts, EVERYWHERE)
  return new Map(rows.flatMap((row) => [[row.id, row.id] as const, [folded(row.name), row.id] as const]))
}

function accountOf({ value, line }: Reference, ids: ReadonlyMap<string, AccountId>): AccountId {
  return ids.get(folded(value)) ?? refuse(line, 'organization', `there is no account \`${value}\``)
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const letters = (parts: SeedParts, count: number): string =>
  Array.from(parts.chance.bytes(count), (byte) => LETTERS[byte & 31]).join('')

function newOrganization(
  wanted: OrganizationSeed,
  managementAccount: AccountId,
  { parts, now }: Pick<Work, 'parts' | 'now'>,
): Organization {
  return {
    id: wanted.id ?? `o-${letters(parts, 10)}`,
    createdAt: now,
    managementAccount,
    scpEnabled: true,
    rcpEnabled: true,
    units: [],
    accountPolicies: {},
  }
}

/** The units from before, with those of the seed added or changed. */
function placeUnits(wanted: OrganizationSeed, site: Site): readonly OrganizationUnit[] {
  const units = [...site.organization.units]
  const root = units.find((unit) => unit.parent === undefined)
  const rootId = root?.id ?? `r-${letters(site.parts, 4)}`
  placeUnit(units, { name: 'Root', ...wanted }, { id: rootId, before: root }, site)
  placeChildren(units, wanted.units ?? [], rootId, site)
  return units
}

function placeChildren(units: OrganizationUnit[], wanted: readonly UnitSeed[], parent: string, site: Site): void {
  for (const seed of wanted) {
    const before = units.find((unit) => unit.parent === parent && folded(unit.name) === folded(seed.name))
    const id = before?.id ?? `ou-${parent.split('-')[1] ?? ''}-${letters(site.parts, 8)}`
    placeUnit(units, seed, { id, before, parent }, site)
    placeChildren(units, seed.units ?? [], id, site)
  }
}

function placeUnit(
  units: OrganizationUnit[],
  wanted: ControlledSeed & { readonly name: string; readonly accounts?: readonly Reference[] },
  place: { readonly id: string; readonly before: OrganizationUnit | undefined; readonly parent?: string },
  site: Site,
): void {
  const { id, before, parent } = place
  const joining = (wanted.accounts ?? []).map((reference) => accountOf(reference, site.ids))
  for (const [index, unit] of units.entries())
    if (unit.id !== id && unit.accounts.some((account) => joining.includes(account)))
      units[index] = { ...unit, accounts: unit.accounts.filter((account) => !joining.includes(account)) }
  const present = before?.accounts ?? []
  const unit: OrganizationUnit = {
    id,
    name: before?.name ?? wanted.name,
    ...(parent === undefined ? {} : { parent }),
    accounts: [...present, ...joining.filter((account) => !present.includes(account))],
    serviceControlPolicies: servicePolicies(wanted, before?.serviceControlPolicies, site),
    resourceControlPolicies: resourcePolicies(wanted, before?.resourceControlPolicies, site),
  }
  const index = units.findIndex((candidate) => candidate.id === id)
  if (index === -1) units.push(unit)
  else units[index] = unit
}

function servicePolicies(
  wanted: ControlledSeed,
  before: readonly ControlPolicy[] | undefined,
  site: Site,
): readonly ControlPolicy[] {
  const present = before ?? [FULL_AWS_ACCESS]
  const hasFull = wanted.fullAwsAccess ?? present.some((policy) => policy.arn === FULL_AWS_ACCESS.arn)
  const others = present.filter((policy) => policy.arn !== FULL_AWS_ACCESS.arn)
  const added = withPolicies(others, wanted.serviceControlPolicies ?? [], 'service_control_policy', site)
  return hasFull ? [FULL_AWS_ACCESS, ...added] : added
}

const resourcePolicies = (
  wanted: ControlledSeed,
  before: readonly ControlPolicy[] | undefined,
  site: Site,
): readonly ControlPolicy[] =>
  withPolicies(before ?? [RCP_FULL_AWS_ACCESS], wanted.resourceControlPolicies ?? [], 'resource_control_policy', site)

function withPolicies(
  present: readonly ControlPolicy[],
  wanted: readonly ControlPolicySeed[],
  type: 'service_control_policy' | 'resource_control_policy',
  site: Site,
): readonly ControlPolicy[] {
  const policies = [...present]
  for (const { policyName, document } of wanted) {
    const index = policies.findIndex((policy) => policy.name === policyName)
    const before = policies[index]
    if (before === undefined)
      policies.push({ name: policyName, arn: controlPolicyArn(type, site), text: document.value })
    else if (!sameDocument(before.text, document.value)) policies[index] = { ...before, text: document.value }
  }
  return policies
}

function controlPolicyArn(type: string, { organization, parts }: Site): string {
  const { id, managementAccount: owner } = organization
  return `arn:aws:organizations::${owner}:policy/${id}/${type}/p-${letters(parts, 8)}`
}

/** Every member account has FullAWSAccess of its own, as after joining. */
function accountPolicies(
  wanted: OrganizationSeed,
  units: readonly OrganizationUnit[],
  site: Site,
): Organization['accountPolicies'] {
  const policies = { ...site.organization.accountPolicies }
  const members = [site.organization.managementAccount, ...units.flatMap((unit) => unit.accounts)]
  for (const member of members) policies[member] ??= { scp: [FULL_AWS_ACCESS], rcp: [RCP_FULL_AWS_ACCESS] }
  for (const [name, seed] of Object.entries(wanted.accountPolicies ?? {})) {
    const account = accountOf({ value: name, line: wanted.line }, site.ids)
    if (!members.includes(account))
      refuse(wanted.line, 'organization.accountPolicies', `account ${account} is in no unit of the organization`)
    policies[account] = {
      scp: servicePolicies(seed, policies[account]?.scp, site),
      rcp: resourcePolicies(seed, policies[account]?.rcp, site),
    }
  }
  return policies
}

/** What services may do in the organization. Named members are as the seed says; those it is silent about stay. */
function services(
  wanted: OrganizationSeed,
  units: readonly OrganizationUnit[],
  { ids }: Site,
): Pick<Organization, 'features' | 'trustedAccess' | 'delegatedAdministrators'> {
  const { features, trustedAccess, delegatedAdministrators } = wanted
  return {
    ...(features === undefined ? {} : { features: [...new Set(features)] }),
    ...(trustedAccess === undefined ? {} : { trustedAccess: [...new Set(trustedAccess)] }),
    ...(delegatedAdministrators === undefined
      ? {}
      : { delegatedAdministrators: delegatedAdministrators.map((seed) => delegate(seed, units, ids)) }),
  }
}

function delegate(
  { servicePrincipal, account: reference, line }: DelegatedAdministratorSeed,
  units: readonly OrganizationUnit[],
  ids: Site['ids'],
): DelegatedAdministrator {
  const account = accountOf(reference, ids)
  if (!units.some((unit) => unit.accounts.includes(account)))
    refuse(line, 'organization.delegatedAdministrators', `account ${account} is in no unit of the organization`)
  return { servicePrincipal, account }
}

/** An account is in one organization at most. */
async function checkMembers(next: Organization, store: Writer, line: number): Promise<void> {
  for (const member of [next.managementAccount, ...next.units.flatMap((unit) => unit.accounts)]) {
    const [other] = (await store.find(organizations, EVERYWHERE, 'account', member)).filter((row) => row.id !== next.id)
    if (other !== undefined) refuse(line, 'organization', `account ${member} is in organization ${other.id} already`)
  }
}

function organizationChanges(before: Organization, next: Organization): readonly string[] {
  const old = new Map(before.units.map((unit) => [unit.id, unit]))
  return [
    ...next.units
      .filter((unit) => !sameValue(old.get(unit.id), unit))
      .map((unit) => `${old.has(unit.id) ? 'change' : 'add'} unit ${unit.name}`),
    ...(sameValue(before.accountPolicies, next.accountPolicies) ? [] : ['policies of accounts']),
    ...(['features', 'trustedAccess', 'delegatedAdministrators'] as const).filter(
      (member) => !sameValue(before[member], next[member]),
    ),
  ]
}
