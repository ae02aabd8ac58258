/**
 * Central management of the root users of an organization's members: what is switched on. Texts, codes and the order of the
 * features are AWS's, recorded in September 2026 (native/root/features).
 */
import type { Iam, IamOperations } from '@understudy/wire'
import type { AccountId } from '../../domain/brands.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import { hasTrustedAccess, managesRoots, organizations } from '../../entities/organization.ts'
import type { Organization, OrganizationFeature } from '../../entities/organization.ts'
import { AwsError } from '../../errors/aws-error.ts'
import type { Reader } from '../../store/port.ts'
import type { Operations, WriteRow } from '../operation.ts'

export const organizationFeatureOperations = {
  ListOrganizationsFeatures: {
    access: 'read',
    ask: () => [{ action: 'iam:ListOrganizationsFeatures', resource: '*' }],
    handle: async (_input, call, store) => view(await managedOrganization(call.account, store)),
  },
  EnableOrganizationsRootCredentialsManagement: switching('Enable', 'RootCredentialsManagement'),
  EnableOrganizationsRootSessions: switching('Enable', 'RootSessions'),
  DisableOrganizationsRootCredentialsManagement: switching('Disable', 'RootCredentialsManagement'),
  DisableOrganizationsRootSessions: switching('Disable', 'RootSessions'),
} satisfies Operations<
  IamOperations,
  | 'ListOrganizationsFeatures'
  | 'EnableOrganizationsRootCredentialsManagement'
  | 'EnableOrganizationsRootSessions'
  | 'DisableOrganizationsRootCredentialsManagement'
  | 'DisableOrganizationsRootSessions'
>

/** Delegated administrators switch off, but not on. Switching twice is no error. */
function switching(
  verb: 'Enable' | 'Disable',
  feature: OrganizationFeature,
): WriteRow<unknown, Iam.EnableOrganizationsRootSessionsResponse> {
  const action = `iam:${verb}Organizations${feature === 'RootSessions' ? 'RootSessions' : 'RootCredentialsManagement'}`
  return {
    access: 'write',
    ask: () => [{ action, resource: '*' }],
    accounts: () => [EVERYWHERE],
    handle: async (_input, call, store) => {
      const row = await managedOrganization(call.account, store)
      if (verb === 'Enable' && call.account !== row.managementAccount) throw notManagement(call.account)
      const others = (row.features ?? []).filter((other) => other !== feature)
      const next: Organization = { ...row, features: verb === 'Enable' ? [...others, feature] : others }
      await store.put(organizations, EVERYWHERE, next)
      return view(next)
    },
  }
}

const ORDER: readonly OrganizationFeature[] = ['RootSessions', 'RootCredentialsManagement']

const view = (row: Organization): Iam.ListOrganizationsFeaturesResponse => ({
  OrganizationId: row.id,
  EnabledFeatures: ORDER.filter((feature) => row.features?.includes(feature)),
})

/** The organization that the caller's account may look after. @throws AwsError 400 in four kinds */
async function managedOrganization(account: AccountId, store: Reader): Promise<Organization> {
  const [row] = await store.find(organizations, EVERYWHERE, 'account', account)
  if (row === undefined) throw noOrganization(account)
  if (!hasTrustedAccess(row)) throw noTrustedAccess(account)
  if (!managesRoots(row, account)) throw noManager(account)
  return row
}

/** The text was not recorded. */
const noOrganization = (account: string) =>
  new AwsError('OrganizationNotFoundException', 400, `Organization not found for input account ${account}.`)
const noTrustedAccess = (account: string) =>
  new AwsError(
    'ServiceAccessNotEnabledException',
    400,
    `Trusted Access for IAM not enabled by organization of input account ${account}.`,
  )
const noManager = (account: string) =>
  new AwsError(
    'AccountNotManagementOrDelegatedAdministratorException',
    400,
    `Input account ${account} is neither management account nor delegated admin.`,
  )
const notManagement = (account: string) =>
  new AwsError(
    'CallerIsNotManagementAccountException',
    400,
    `Caller account ${account} is not management account of the organization and cannot enable IAM features.`,
  )
