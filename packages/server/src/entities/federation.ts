/** The rows of federation: who may vouch for strangers, and the issuers that the lab plays. */
import type { Instant } from '../domain/brands.ts'
import type { Kind } from '../store/port.ts'
import type { Tag } from './iam.ts'

/** An identity provider that an account trusts to say who somebody is. */
export interface OidcProvider {
  /** The issuer without `https://`, as GetOpenIDConnectProvider shows it: `issuer.example/path/`. A slash at the end counts. */
  readonly url: string
  /** Audiences that tokens may be made for, in the order in which they were registered. */
  readonly clientIds: readonly string[]
  /** SHA-1 of certificates, lower case as AWS keeps them. Looked at only where no public root vouches for the issuer. */
  readonly thumbprints: readonly string[]
  /** Keys that were given instead of fetched: the text of a JWKS (RFC 7517, section 5). */
  readonly jwks?: string
  /** With its milliseconds. */
  readonly createdAt: Instant
  readonly tags: readonly Tag[]
}

/** Hosts are one without regard to case and lower case in the row; paths differ by case. */
export const oidcProviders: Kind<OidcProvider> = { name: 'oidc-provider', version: 1, key: (row) => row.url }

/** A private key of a lab issuer, sealed by the vault. */
export interface LabKey {
  readonly kid: string
  readonly algorithm: 'RS256' | 'ES256'
  /** The public half as JSON Web Key. */
  readonly publicJwk: Readonly<Record<string, string>>
  /** The private half as JSON Web Key, sealed for `labKeySealOwner`. */
  readonly sealedPrivateJwk: string
}

/**
 * An issuer that the lab plays, in the partition `*`: tokens of that name are checked with these keys instead of the real
 * issuer's. There is no row unless a seed named the issuer.
 */
export interface LabIssuer {
  readonly kind: 'github' | 'kubernetes' | 'oidc'
  /** The real issuer's name: `https://token.actions.githubusercontent.com`. */
  readonly issuer: string
  /** The first one signs. */
  readonly keys: readonly LabKey[]
}

export const labIssuers: Kind<LabIssuer> = { name: 'lab-issuer', version: 1, key: (row) => row.issuer }

/** Whose a sealed key of the lab is. */
export const labKeySealOwner = (issuer: string, kid: string): readonly string[] => ['lab-issuer', issuer, kid]
