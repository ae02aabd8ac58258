/** What the store that keeps a policy knows and the text does not say. Everything is optional; what is absent is not checked. */
import type { Principal } from '../types.ts'

export interface ParseOptions {
  /** Does the principal exist? Asked for each one that the document names, `*` excepted. */
  readonly exists?: (principal: NamedPrincipal) => boolean
  /** Name of the bucket that gets the policy. */
  readonly bucket?: string
  /** Who saves a key policy, for KMS's lockout check. */
  readonly caller?: Principal
  /** KMS's BypassPolicyLockoutSafetyCheck. */
  readonly bypassLockoutCheck?: boolean
  /** Trust policies for issuers of many tenants need not tell the tenants apart, as before AWS's identity-provider controls. */
  readonly sharedIssuersUnchecked?: boolean
  /** Quota of a trust policy, in characters; 2,048 by default. */
  readonly trustMax?: number
}

export interface NamedPrincipal {
  readonly kind: 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'
  readonly value: string
}
