/** The operations of IAM that are built, by name. What is not here is answered 501. */
import type { AnyRow } from '../operation.ts'
import { accessKeyOperations } from './access-keys.ts'
import { accountAliasOperations } from './account-aliases.ts'
import { accountOperations } from './account.ts'
import { attachmentOperations } from './attachments.ts'
import { authorizationDetailsOperations } from './authorization-details.ts'
import { boundaryOperations } from './boundaries.ts'
import { contextKeyOperations } from './context-keys.ts'
import { delegationRequestOperations } from './delegation-requests.ts'
import { delegationStepOperations } from './delegation-steps.ts'
import { groupOperations } from './groups.ts'
import { inlinePolicyOperations } from './inline-policies.ts'
import { instanceProfileOperations } from './instance-profiles.ts'
import { mfaDeviceOperations } from './mfa-devices.ts'
import { oidcProviderOperations } from './oidc-providers.ts'
import { organizationFeatureOperations } from './organization-features.ts'
import { otherCredentialOperations } from './other-credentials.ts'
import { outboundFederationOperations } from './outbound-federation.ts'
import { passwordPolicyOperations } from './password-policy.ts'
import { policyOperations } from './policies.ts'
import { policyEntityOperations } from './policy-entities.ts'
import { policyVersionOperations } from './policy-versions.ts'
import { roleOperations } from './roles.ts'
import { samlProviderOperations } from './saml-providers.ts'
import { serviceLinkedRoleOperations } from './service-linked-roles.ts'
import { simulationOperations } from './simulate.ts'
import { tagOperations } from './tags.ts'
import { userOperations } from './users.ts'

const TABLES: readonly Readonly<Record<string, AnyRow>>[] = [
  userOperations,
  accessKeyOperations,
  groupOperations,
  roleOperations,
  serviceLinkedRoleOperations,
  policyOperations,
  policyVersionOperations,
  policyEntityOperations,
  inlinePolicyOperations,
  attachmentOperations,
  boundaryOperations,
  tagOperations,
  instanceProfileOperations,
  oidcProviderOperations,
  samlProviderOperations,
  mfaDeviceOperations,
  accountOperations,
  accountAliasOperations,
  passwordPolicyOperations,
  authorizationDetailsOperations,
  contextKeyOperations,
  simulationOperations,
  organizationFeatureOperations,
  outboundFederationOperations,
  delegationRequestOperations,
  delegationStepOperations,
  otherCredentialOperations,
]

export const iamOperations: ReadonlyMap<string, AnyRow> = new Map(TABLES.flatMap((table) => Object.entries(table)))
