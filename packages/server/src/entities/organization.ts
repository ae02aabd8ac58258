/** The rows of an organization: its units, and the service and resource control policies on its way down. */
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Kind } from '../store/port.ts'

export interface ControlPolicy {
  readonly name: string
  readonly arn: string
  readonly text: string
}

export interface OrganizationUnit {
  /** `r-…` for the root, `ou-…` for a unit. */
  readonly id: string
  readonly name: string
  /** Absent for the root. */
  readonly parent?: string
  readonly accounts: readonly AccountId[]
  readonly serviceControlPolicies: readonly ControlPolicy[]
  readonly resourceControlPolicies: readonly ControlPolicy[]
}

export interface Organization {
  /** `o-…`. */
  readonly id: string
  readonly createdAt: Instant
  readonly managementAccount: AccountId
  readonly scpEnabled: boolean
  readonly rcpEnabled: boolean
  readonly units: readonly OrganizationUnit[]
  /** Policies attached to an account itself. */
  readonly accountPolicies: Readonly<
    Record<string, { readonly scp: readonly ControlPolicy[]; readonly rcp: readonly ControlPolicy[] }>
  >
}

/** In the partition `*`; an account is in one organization at most. */
export const organizations: Kind<Organization> = {
  name: 'organization',
  version: 1,
  key: (row) => row.id,
  indexes: { account: (row) => [row.managementAccount, ...row.units.flatMap((unit) => unit.accounts)] },
}
