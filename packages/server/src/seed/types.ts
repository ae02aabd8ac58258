/**
 * What a seed file says, after it was read and checked. Names follow the AWS API in lower camel case (docs/seed.md).
 * What may refer to other things keeps the line it stood in, so that a missing thing can be told with its place.
 */
import type { LabSamlWords } from '../entities/saml.ts'
import type { OrganizationFeature } from '../entities/organization.ts'

/** A value and the line it stood in, from 1; 0 for what no file said. */
export interface Placed<T> {
  readonly value: T
  readonly line: number
}

/** A policy document as text that the parser took. */
export type SeedDocument = Placed<string>
/** An ARN, or the name of a thing in the same account. */
export type Reference = Placed<string>

export interface KeySeed {
  readonly accessKeyId: string
  /** Random when absent, and then told once in the plan. */
  readonly secretAccessKey?: string
  readonly status?: 'Active' | 'Inactive'
  readonly line: number
}

export type TagsSeed = Readonly<Record<string, string>>

interface HolderSeed {
  readonly path?: string
  readonly attachedPolicies?: readonly Reference[]
  readonly inlinePolicies?: Readonly<Record<string, SeedDocument>>
  readonly line: number
}

export interface PolicySeed {
  readonly policyName: string
  readonly path?: string
  readonly description?: string
  readonly document: SeedDocument
  readonly tags?: TagsSeed
  readonly line: number
}

export interface GroupSeed extends HolderSeed {
  readonly groupName: string
}

/** A virtual MFA device that the user holds, enabled. */
export interface MfaDeviceSeed {
  readonly virtualMFADeviceName: string
  readonly path?: string
  /** Base32; random when absent. `understudy mfa code` shows the codes. */
  readonly seed?: string
  readonly line: number
}

export interface UserSeed extends HolderSeed {
  readonly userName: string
  readonly mfaDevices?: readonly MfaDeviceSeed[]
  readonly accessKeys?: readonly KeySeed[]
  readonly groups?: readonly Reference[]
  readonly permissionsBoundary?: Reference
  readonly tags?: TagsSeed
}

export interface RoleSeed extends HolderSeed {
  readonly roleName: string
  readonly assumeRolePolicyDocument?: SeedDocument
  readonly description?: string
  /** Seconds, 3,600 to 43,200. */
  readonly maxSessionDuration?: number
  readonly permissionsBoundary?: Reference
  readonly tags?: TagsSeed
}

export interface ProfileSeed {
  readonly instanceProfileName: string
  readonly path?: string
  readonly role?: Reference
  readonly tags?: TagsSeed
  readonly line: number
}

export interface InstanceSeed {
  readonly instanceId: string
  readonly region?: string
  readonly instanceProfile?: Reference
  /** `127.0.0.1:1338`; port 0 picks a free one. */
  readonly listen?: string
  readonly httpTokens?: 'optional' | 'required'
  readonly hopLimit?: number
  readonly httpEndpoint?: 'enabled' | 'disabled'
  readonly instanceMetadataTags?: 'enabled' | 'disabled'
  readonly reachableFrom?: 'containers'
  readonly privateIp?: string
  readonly vpcId?: string
  readonly userData?: string
  readonly tags?: TagsSeed
  readonly line: number
}

export interface PublicAccessBlockSeed {
  readonly blockPublicAcls?: boolean
  readonly ignorePublicAcls?: boolean
  readonly blockPublicPolicy?: boolean
  readonly restrictPublicBuckets?: boolean
}

export interface BucketSeed {
  readonly bucket: string
  readonly region?: string
  readonly policy?: SeedDocument
  /** All four are on in a new bucket when absent; `none` is what DeletePublicAccessBlock leaves. */
  readonly publicAccessBlock?: PublicAccessBlockSeed | 'none'
  readonly tags?: TagsSeed
  /** Key → text. */
  readonly objects?: Readonly<Record<string, string>>
  readonly line: number
}

/** A person whom the lab's identity provider knows. The words are those of `saml mint`. */
export interface LabSamlUserSeed extends LabSamlWords {
  readonly userName: string
  /** Without one nobody signs in as this user; one that is there stays where the seed gives none. */
  readonly password?: string
  /** Name of a role of the account, ARN of a role, or a whole value of the attribute Role. */
  readonly roles?: readonly Reference[]
  readonly line: number
}

/** An identity provider that the lab plays. */
export interface LabSamlSeed {
  readonly entityId?: string
  /** Addresses that a sign-in may answer to, besides AWS's. */
  readonly consumers?: readonly string[]
  readonly users?: readonly LabSamlUserSeed[]
  readonly line: number
}

/** A SAML provider: with metadata, with a file of it, or with the metadata of an identity provider that the lab plays. */
export interface SamlProviderSeed {
  readonly name: string
  readonly metadata?: string
  /** Relative to the seed file. */
  readonly metadataFile?: string
  readonly lab?: LabSamlSeed
  readonly assertionEncryptionMode?: 'Allowed' | 'Required'
  /** PEM. */
  readonly privateKeys?: readonly string[]
  readonly tags?: TagsSeed
  readonly line: number
}

export interface OidcProviderSeed {
  /** Address of the issuer: `https://issuer.example`. */
  readonly url: string
  readonly clientIds?: readonly string[]
  /** SHA-1 of certificates, hexadecimal. */
  readonly thumbprints?: readonly string[]
  /** Keys given instead of fetched: text of a JWKS. */
  readonly jwks?: string
  readonly tags?: TagsSeed
  readonly line: number
}

/** A policy with parameters `@{name}`, which a delegation request fills in. */
export interface PolicyTemplateSeed {
  readonly name: string
  readonly document: SeedDocument
  readonly line: number
}

/** A permissions boundary for the roles that a partner makes. It cannot be changed: its name ends in a date. */
export interface PartnerBoundarySeed {
  readonly name: string
  readonly document: SeedDocument
  readonly line: number
}

/** Makes the account a partner of IAM temporary delegation, as AWS's onboarding does. */
export interface DelegationPartnerSeed {
  /** What customers read. */
  readonly name: string
  /** `partner.example`: it stands in the ARNs of templates and boundaries. */
  readonly domain: string
  readonly policyTemplates: readonly PolicyTemplateSeed[]
  readonly permissionsBoundaries?: readonly PartnerBoundarySeed[]
  readonly line: number
}

export interface AccountSeed {
  /** Twelve digits; found by name, or random, when absent. */
  readonly id?: string
  readonly name?: string
  /** `false`: none is made. */
  readonly administrator?: KeySeed | false
  readonly root?: KeySeed
  readonly policies?: readonly PolicySeed[]
  readonly groups?: readonly GroupSeed[]
  readonly users?: readonly UserSeed[]
  readonly roles?: readonly RoleSeed[]
  readonly instanceProfiles?: readonly ProfileSeed[]
  readonly instances?: readonly InstanceSeed[]
  readonly buckets?: readonly BucketSeed[]
  readonly oidcProviders?: readonly OidcProviderSeed[]
  readonly samlProviders?: readonly SamlProviderSeed[]
  readonly delegationPartner?: DelegationPartnerSeed
  readonly line: number
}

export interface ControlPolicySeed {
  readonly policyName: string
  readonly document: SeedDocument
  readonly line: number
}

/** A place of the organization: what hangs there beside FullAWSAccess. */
export interface ControlledSeed {
  /** `false` takes AWS's FullAWSAccess away from this place. */
  readonly fullAwsAccess?: boolean
  readonly serviceControlPolicies?: readonly ControlPolicySeed[]
  readonly resourceControlPolicies?: readonly ControlPolicySeed[]
}

export interface UnitSeed extends ControlledSeed {
  readonly name: string
  /** Ids or names of accounts. */
  readonly accounts?: readonly Reference[]
  readonly units?: readonly UnitSeed[]
  readonly line: number
}

export interface OrganizationSeed extends ControlledSeed {
  readonly id?: string
  /** Id or name; the first account when absent. */
  readonly managementAccount?: Reference
  /** Accounts that stand in the root itself. */
  readonly accounts?: readonly Reference[]
  readonly units?: readonly UnitSeed[]
  /** Account id or name → policies attached to the account itself. */
  readonly accountPolicies?: Readonly<Record<string, ControlledSeed>>
  /** Central management of root users: what is switched on. */
  readonly features?: readonly OrganizationFeature[]
  /** Service principals. */
  readonly trustedAccess?: readonly string[]
  readonly delegatedAdministrators?: readonly DelegatedAdministratorSeed[]
  readonly line: number
}

/** A member account that administers one service for the organization. */
export interface DelegatedAdministratorSeed {
  /** `iam.amazonaws.com`. */
  readonly servicePrincipal: string
  readonly account: Reference
  readonly line: number
}

/** An issuer that the federation lab plays under its real name. */
export interface LabIssuerSeed {
  readonly kind: 'github' | 'kubernetes' | 'oidc'
  /** `https://issuer.example`. */
  readonly issuer: string
  readonly line: number
}

/** The federation lab: off unless a seed names what it plays. */
export interface LabSeed {
  readonly issuers: readonly LabIssuerSeed[]
  readonly line: number
}

export interface Seed {
  readonly accounts: readonly AccountSeed[]
  readonly organization?: OrganizationSeed
  readonly lab?: LabSeed
}

/** What is wrong with a seed, and where. */
export interface SeedProblem {
  /** From 1; 0 where no line is to blame. */
  readonly line: number
  /** `accounts[0].roles[2].roleName`; empty for the file as a whole. */
  readonly path: string
  readonly text: string
}

export type ParsedSeed =
  | { readonly ok: true; readonly seed: Seed }
  | { readonly ok: false; readonly problems: readonly SeedProblem[] }

/** A seed that cannot be applied. Nothing was changed. */
export class SeedRefused extends Error {
  readonly problems: readonly SeedProblem[]
  /** @param source name of the file, for the message */
  constructor(problems: readonly SeedProblem[], source = 'seed') {
    super(problems.map((problem) => problemText(problem, source)).join('\n'))
    this.name = 'SeedRefused'
    this.problems = problems
  }
}

/** `understudy.yaml:12: accounts[0].roles[2]: text`. */
export function problemText(problem: SeedProblem, source: string): string {
  const place = problem.line > 0 ? `${source}:${problem.line}` : source
  return `${place}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.text}`
}
