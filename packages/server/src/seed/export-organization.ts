/** Exports the organization: its units, and what hangs where beside AWS's own policies. */
import { EVERYWHERE } from '../entities/iam.ts'
import { organizations } from '../entities/organization.ts'
import type { ControlPolicy, Organization, OrganizationUnit } from '../entities/organization.ts'
import type { Reader } from '../store/port.ts'
import { documentValue, present } from './export-words.ts'
import { FULL_AWS_ACCESS, RCP_FULL_AWS_ACCESS } from './organization.ts'

/** @returns `undefined` when there is none. A seed holds one organization: the oldest. */
export async function exportOrganization(reader: Reader): Promise<object | undefined> {
  const [row] = [...(await reader.list(organizations, EVERYWHERE))].toSorted((a, b) => a.createdAt - b.createdAt)
  const root = row?.units.find((unit) => unit.parent === undefined)
  if (row === undefined || root === undefined) return undefined
  return present({
    id: row.id,
    managementAccount: row.managementAccount,
    ...unitMembers(root, row),
    accountPolicies: accountPolicies(row),
    features: row.features,
    trustedAccess: row.trustedAccess,
    delegatedAdministrators: row.delegatedAdministrators,
  })
}

const unitMembers = (unit: OrganizationUnit, row: Organization): Readonly<Record<string, unknown>> => ({
  ...controlMembers(unit.serviceControlPolicies, unit.resourceControlPolicies),
  accounts: unit.accounts,
  units: row.units
    .filter((child) => child.parent === unit.id)
    .map((child) => present({ name: child.name, ...unitMembers(child, row) })),
})

const controlMembers = (scp: readonly ControlPolicy[], rcp: readonly ControlPolicy[]) => ({
  fullAwsAccess: scp.some((policy) => policy.arn === FULL_AWS_ACCESS.arn) ? undefined : false,
  serviceControlPolicies: policyValues(scp, FULL_AWS_ACCESS),
  resourceControlPolicies: policyValues(rcp, RCP_FULL_AWS_ACCESS),
})

const policyValues = (policies: readonly ControlPolicy[], own: ControlPolicy): readonly object[] =>
  policies
    .filter((policy) => policy.arn !== own.arn)
    .map((policy) => ({ policyName: policy.name, document: documentValue(policy.text) }))

function accountPolicies(row: Organization): object {
  const entries = Object.entries(row.accountPolicies).map(
    ([account, { scp, rcp }]) => [account, present(controlMembers(scp, rcp))] as const,
  )
  return Object.fromEntries(entries.filter(([, members]) => Object.keys(members).length > 0))
}
