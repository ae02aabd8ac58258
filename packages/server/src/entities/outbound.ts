/** Outbound identity: an account as the issuer of tokens for the world outside AWS. IAM User Guide, "Outbound identity federation". */
import type { Kind } from '../store/port.ts'

/** A signing key; the private half is sealed by the vault. */
export interface OutboundKey {
  /** `RSA_0` or `EC384_0`, as AWS names them. */
  readonly kid: string
  readonly algorithm: OutboundAlgorithm
  /** The public half as JSON Web Key. */
  readonly publicJwk: Readonly<Record<string, string>>
  /** The private half as JSON Web Key, sealed for `outboundKeySealOwner`. */
  readonly sealedPrivateJwk: string
}

export type OutboundAlgorithm = 'RS256' | 'ES384'

/** One at most in an account, made when the feature is first switched on. Name and keys stay, published, when it is off. */
export interface OutboundIssuer {
  /** First label of the issuer's host name, a UUID. */
  readonly id: string
  readonly enabled: boolean
  readonly keys: readonly OutboundKey[]
}

/** Key of the row: an account has one. */
export const OUTBOUND_ISSUER = 'issuer'

export const outboundIssuers: Kind<OutboundIssuer> = {
  name: 'outbound-issuer',
  version: 1,
  key: () => OUTBOUND_ISSUER,
  unique: { id: (row) => row.id },
}

/** Whose a sealed signing key is. */
export const outboundKeySealOwner = (account: string, issuer: string, kid: string): readonly string[] => [
  'outbound-issuer',
  account,
  issuer,
  kid,
]
