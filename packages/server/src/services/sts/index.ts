/** The operations of STS that are built, by name. */
import type { AnyRow } from '../operation.ts'
import { assumeRoleOperations } from './assume-role.ts'
import { assumeRootOperations } from './assume-root.ts'
import { callerOperations } from './caller-identity.ts'
import { decodeOperations } from './decode-message.ts'
import { delegatedTokenOperations } from './delegated-token.ts'
import { federationTokenOperations } from './federation-token.ts'
import { outboundTokenOperations } from './outbound-token.ts'
import { samlOperations } from './saml.ts'
import { scopedCredentialsOperations } from './scoped-credentials.ts'
import { sessionTokenOperations } from './session-token.ts'
import { webIdentityOperations } from './web-identity.ts'

export const stsOperations: ReadonlyMap<string, AnyRow> = new Map<string, AnyRow>(
  Object.entries({
    ...callerOperations,
    ...assumeRoleOperations,
    ...assumeRootOperations,
    ...delegatedTokenOperations,
    ...federationTokenOperations,
    ...outboundTokenOperations,
    ...samlOperations,
    ...scopedCredentialsOperations,
    ...sessionTokenOperations,
    ...decodeOperations,
    ...webIdentityOperations,
  }),
)
