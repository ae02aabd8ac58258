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

/** Parts of the central management of root users. IAM User Guide, "Centralize root access for member accounts". */
export type OrganizationFeature = 'RootCredentialsManagement' | 'RootSessions'

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
  /** What is switched on. It stays on while IAM's trusted access is off, and counts again afterwards. */
  readonly features?: readonly OrganizationFeature[]
  /** Service principals that may act in the organization: `iam.amazonaws.com`. */
  readonly trustedAccess?: readonly string[]
  readonly delegatedAdministrators?: readonly DelegatedAdministrator[]
}

/** A member account that administers one service for the whole organization. */
export interface DelegatedAdministrator {
  readonly servicePrincipal: string
  readonly account: AccountId
}

/** In the partition `*`; an account is in one organization at most. */
export const organizations: Kind<Organization> = {
  name: 'organization',
  version: 1,
  key: (row) => row.id,
  indexes: { account: (row) => [row.managementAccount, ...row.units.flatMap((unit) => unit.accounts)] },
}

/** IAM as Organizations names it. */
export const IAM_SERVICE = 'iam.amazonaws.com'

/** Accounts below the management account. */
export const isMember = (row: Organization, account: AccountId): boolean =>
  account !== row.managementAccount && row.units.some((unit) => unit.accounts.includes(account))

export const hasTrustedAccess = (row: Organization): boolean => row.trustedAccess?.includes(IAM_SERVICE) ?? false

/** The management account and IAM's delegated administrators: who may look after the root users of the members. */
export const managesRoots = (row: Organization, account: AccountId): boolean =>
  account === row.managementAccount ||
  (row.delegatedAdministrators ?? []).some(
    (delegate) => delegate.servicePrincipal === IAM_SERVICE && delegate.account === account,
  )
