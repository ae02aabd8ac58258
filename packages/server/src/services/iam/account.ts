/** The account as a whole: GetAccountSummary, and which tokens the global endpoint of STS gives. */
import type { IamOperations } from '@understudy/wire'
import {
  accessKeys,
  groups,
  instanceProfiles,
  managedPolicies,
  roles,
  tokenPreferences,
  users,
} from '../../entities/iam.ts'
import { oidcProviders } from '../../entities/federation.ts'
import { mfaDevices } from '../../entities/mfa.ts'
import { samlProviders } from '../../entities/saml.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { usages } from './policy-usage.ts'

/** Quotas of an account as AWS makes it. IAM User Guide, "IAM and AWS STS quotas". */
const QUOTAS = {
  UsersQuota: 5000,
  GroupsQuota: 300,
  RolesQuota: 1000,
  PoliciesQuota: 1500,
  InstanceProfilesQuota: 1000,
  ServerCertificatesQuota: 20,
  GroupsPerUserQuota: 10,
  AccessKeysPerUserQuota: 2,
  SigningCertificatesPerUserQuota: 2,
  AttachedPoliciesPerUserQuota: 10,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 20,
  UserPolicySizeQuota: 2048,
  GroupPolicySizeQuota: 5120,
  RolePolicySizeQuota: 10240,
  PolicySizeQuota: 6144,
  AssumeRolePolicySizeQuota: 2048,
  VersionsPerPolicyQuota: 5,
  PolicyVersionsInUseQuota: 10000,
} as const

export const accountOperations = {
  GetAccountSummary: {
    access: 'read',
    ask: () => [{ action: 'iam:GetAccountSummary', resource: '*' }],
    handle: async (_input, call, store) => ({
      SummaryMap: { ...QUOTAS, ...(await counts(call, store)) },
    }),
  },
  SetSecurityTokenServicePreferences: {
    access: 'write',
    ask: () => [{ action: 'iam:SetSecurityTokenServicePreferences', resource: '*' }],
    handle: async (input, { account }, store) => {
      const globalEndpointTokenVersion = input.GlobalEndpointTokenVersion === 'v1Token' ? 1 : 2
      await store.put(tokenPreferences, account, { globalEndpointTokenVersion })
      return {}
    },
  },
} satisfies Operations<IamOperations, 'GetAccountSummary' | 'SetSecurityTokenServicePreferences'>

async function counts({ account }: Call, store: Reader) {
  const devices = await store.list(mfaDevices, account)
  const [preference] = await store.list(tokenPreferences, account)
  const rootKeys = await store.find(accessKeys, account, 'owner', account)
  return {
    Users: (await store.list(users, account)).length,
    Groups: (await store.list(groups, account)).length,
    Roles: (await store.list(roles, account)).length,
    Policies: (await store.list(managedPolicies, account)).length,
    InstanceProfiles: (await store.list(instanceProfiles, account)).length,
    // The policies in use, not their versions, as AWS counts; its own and boundaries are among them.
    PolicyVersionsInUse: (await usages(account, store)).size,
    // OIDC and SAML providers together.
    Providers: (await store.list(oidcProviders, account)).length + (await store.list(samlProviders, account)).length,
    AccountAccessKeysPresent: rootKeys.length > 0 ? 1 : 0,
    // Things that are not built yet, so that no account has any.
    AccountMFAEnabled: 0,
    AccountPasswordPresent: 0,
    AccountSigningCertificatesPresent: 0,
    MFADevices: devices.length,
    MFADevicesInUse: devices.filter((device) => device.assigned !== undefined).length,
    ServerCertificates: 0,
    GlobalEndpointTokenVersion: preference?.globalEndpointTokenVersion ?? 1,
  }
}
