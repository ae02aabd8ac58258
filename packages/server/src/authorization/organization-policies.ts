/** Service and resource control policies on the way from the organization's root down to an account. */
import type { AttachedPolicy } from '@understudy/policy'
import type { AccountId } from '../domain/brands.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import { organizations } from '../entities/organization.ts'
import type { Organization, OrganizationUnit } from '../entities/organization.ts'
import type { Reader } from '../store/port.ts'
import { shelf } from '../store/shelf.ts'
import { controlPolicy } from './attached.ts'

export interface Membership {
  readonly organizationId: string
  readonly management: boolean
  /** `o-…/r-…/ou-…/`. */
  readonly path: string
  /** From the root down to the account; absent when the type is not in use. */
  readonly scp?: readonly (readonly AttachedPolicy[])[]
  readonly rcp?: readonly (readonly AttachedPolicy[])[]
}

const known = new WeakMap<Organization, Map<string, Membership>>()

const memberships = shelf<AccountId, Membership | undefined>()

/** Where an account stands in its organization; `undefined` for an account that is in none, and for nobody's. */
export const membershipOf = (
  account: AccountId | undefined,
  reader: Reader,
): Membership | undefined | Promise<Membership | undefined> =>
  account === undefined ? undefined : memberships.take(reader, account, () => lookedUp(account, reader))

async function lookedUp(account: AccountId, reader: Reader): Promise<Membership | undefined> {
  const [organization] = await reader.find(organizations, EVERYWHERE, 'account', account)
  if (organization === undefined) return undefined
  const members = known.get(organization) ?? new Map<string, Membership>()
  known.set(organization, members)
  const membership = members.get(account) ?? place(organization, account)
  members.set(account, membership)
  return membership
}

function place(organization: Organization, account: AccountId): Membership {
  const way = wayTo(organization, account)
  const own = organization.accountPolicies[account]
  const owner = organization.managementAccount
  const levels = (type: 'serviceControlPolicies' | 'resourceControlPolicies', last: readonly AttachedPolicy[]) => [
    ...way.map((unit) => unit[type].map((policy) => controlPolicy(policy, owner))),
    last,
  ]
  const ofAccount = (type: 'scp' | 'rcp') => (own?.[type] ?? []).map((policy) => controlPolicy(policy, owner))
  return {
    organizationId: organization.id,
    management: account === owner,
    path: `${[organization.id, ...way.map((unit) => unit.id)].join('/')}/`,
    ...(organization.scpEnabled ? { scp: levels('serviceControlPolicies', ofAccount('scp')) } : {}),
    ...(organization.rcpEnabled ? { rcp: levels('resourceControlPolicies', ofAccount('rcp')) } : {}),
  }
}

/** Units from the root to the one that holds the account. The root, where no unit names the account. */
function wayTo(organization: Organization, account: AccountId): readonly OrganizationUnit[] {
  const byId = new Map(organization.units.map((unit) => [unit.id, unit]))
  const way: OrganizationUnit[] = []
  let unit =
    organization.units.find((candidate) => candidate.accounts.includes(account)) ??
    organization.units.find((candidate) => candidate.parent === undefined)
  while (unit !== undefined && !way.includes(unit)) {
    way.unshift(unit)
    unit = unit.parent === undefined ? undefined : byId.get(unit.parent)
  }
  return way
}
