/** The rows of SAML federation: the identity providers of an account, the assertions that were used, the lab's provider. */
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Kind } from '../store/port.ts'
import type { Tag } from './iam.ts'

/** A private key that opens encrypted assertions. */
export interface SamlPrivateKey {
  /** `SAMLPK` and 16 characters. */
  readonly id: string
  readonly addedAt: Instant
  /** PEM, sealed by the vault for `samlKeySealOwner`. */
  readonly sealedPem: string
}

export interface SamlProvider {
  readonly name: string
  /** `SAMLSP` and 16 characters; another one when the provider is made anew under its name. */
  readonly uuid: string
  /** The metadata document as sent. */
  readonly metadata: string
  /** With its milliseconds. */
  readonly createdAt: Instant
  readonly encryption: 'Allowed' | 'Required'
  /** Oldest first, two at most. */
  readonly privateKeys: readonly SamlPrivateKey[]
  readonly tags: readonly Tag[]
}

export const samlProviders: Kind<SamlProvider> = { name: 'saml-provider', version: 1, key: (row) => row.name }

/** Whose a sealed private key is. */
export const samlKeySealOwner = (account: AccountId, keyId: string): readonly string[] => [account, keyId, 'saml-key']

/** An assertion that was used, kept until it has expired. Only `--saml strict` writes and asks it. */
export interface UsedAssertion {
  /** Hash of provider and assertion id. */
  readonly assertion: string
  readonly expiresAt: Instant
}

export const usedAssertions: Kind<UsedAssertion> = { name: 'used-assertion', version: 1, key: (row) => row.assertion }

/** An identity provider that the lab plays for one SAML provider of an account. There is no row unless a seed asked for it. */
export interface LabSamlIdp {
  /** Name of the SAML provider whose metadata is this one's. */
  readonly providerName: string
  readonly entityId: string
  /** Base64 of DER, as metadata holds it. */
  readonly certificate: string
  /** PEM, sealed by the vault for `labSamlSealOwner`. */
  readonly sealedPem: string
  /** Addresses that a sign-in may send its response to, besides AWS's. */
  readonly consumers?: readonly string[]
}

export const labSamlIdps: Kind<LabSamlIdp> = { name: 'lab-saml-idp', version: 1, key: (row) => row.providerName }

/** Whose the sealed key of a lab's identity provider is. */
export const labSamlSealOwner = (account: AccountId, entityId: string): readonly string[] => [
  account,
  entityId,
  'lab-saml-idp',
]

/** Whom a lab's identity provider knows: what the person types, and what the provider then says of them. */
export interface LabSamlUser {
  /** Name of the SAML provider. */
  readonly providerName: string
  /** What is typed at the sign-in page; case counts. */
  readonly userName: string
  /** Sealed by the vault for `labPasswordSealOwner`; without one the user cannot sign in at the page. */
  readonly sealedPassword?: string
  /** Values of the attribute Role: `<role ARN>,<provider ARN>`. */
  readonly roleValues: readonly string[]
  readonly says: LabSamlWords
}

/** What an assertion about a user says; what is absent has the defaults of `saml mint`. Durations in seconds. */
export interface LabSamlWords {
  /** NameID; the user name when absent. */
  readonly subject?: string
  readonly format?: string
  readonly audience?: string
  /** Attribute RoleSessionName; the subject when absent. */
  readonly sessionName?: string
  /** Attribute SessionDuration. */
  readonly sessionDuration?: number
  /** SessionNotOnOrAfter, so long after the sign-in. */
  readonly sessionSeconds?: number
  /** Life of the assertion. */
  readonly validSeconds?: number
  readonly sourceIdentity?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly transitiveTagKeys?: readonly string[]
  /** By their whole names. */
  readonly attributes?: Readonly<Record<string, readonly string[]>>
}

/** `/` is in no provider's name. */
export const labUserKey = (providerName: string, userName: string): string => `${providerName}/${userName}`

export const labSamlUsers: Kind<LabSamlUser> = {
  name: 'lab-saml-user',
  version: 1,
  key: (row) => labUserKey(row.providerName, row.userName),
}

/** Whose a sealed password is. */
export const labPasswordSealOwner = (
  account: AccountId,
  { providerName, userName }: Pick<LabSamlUser, 'providerName' | 'userName'>,
): readonly string[] => [account, providerName, userName, 'lab-saml-password']
