/**
 * The rows of IAM: what is stored of users, groups, roles, policies, profiles and keys, and how it is found.
 * Names are one without regard to case, so keys are folded; unique ids and key ids are unique in the whole store.
 */
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Kind } from '../store/port.ts'

export interface Tag {
  readonly key: string
  readonly value: string
}

export interface InlinePolicy {
  /** As first written: lists show this spelling. */
  readonly name: string
  /** The document as sent. */
  readonly text: string
}

/** What users, groups and roles share. */
export interface PolicyHolder {
  /** ARNs of managed policies, in order of attachment. */
  readonly attached: readonly string[]
  readonly inline: readonly InlinePolicy[]
}

interface Named {
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  readonly id: string
  readonly createdAt: Instant
}

export interface User extends Named, PolicyHolder {
  readonly tags: readonly Tag[]
  /** ARN of the managed policy that bounds the user. */
  readonly boundary?: string
  /** Names of groups, as the groups spell them. */
  readonly groups: readonly string[]
}

export interface Group extends Named, PolicyHolder {}

/** ARN in a document → unique id that it stood for when the document was written. */
export type PrincipalBindings = Readonly<Record<string, string>>

export interface Role extends Named, PolicyHolder {
  /** The trust policy as sent. */
  readonly trust: string
  /** IAM principals of the trust policy, bound to unique ids: a recreated namesake is somebody else. */
  readonly trustBindings: PrincipalBindings
  readonly description?: string
  readonly maxSessionSeconds: number
  readonly boundary?: string
  readonly tags: readonly Tag[]
}

export interface PolicyVersion {
  /** `v1`. */
  readonly id: string
  readonly text: string
  readonly createdAt: Instant
}

/** A customer managed policy. AWS's own come from the catalogue and are never rows. */
export interface ManagedPolicy extends Named {
  readonly description?: string
  /** Oldest first. */
  readonly versions: readonly PolicyVersion[]
  readonly defaultVersion: string
  /** Number that the next version gets: numbers are never used again. */
  readonly nextVersion: number
  readonly updatedAt: Instant
  readonly tags: readonly Tag[]
}

export interface InstanceProfile extends Named {
  /** Name of the role inside. */
  readonly role?: string
  readonly tags: readonly Tag[]
}

export interface AccessKey {
  readonly id: string
  /** Unique id of the user, or the account id for the root user. */
  readonly ownerId: string
  /** Absent for the root user. */
  readonly userName?: string
  readonly status: 'Active' | 'Inactive'
  readonly createdAt: Instant
  /** The secret, sealed by `credentials/vault.ts`. */
  readonly sealedSecret: string
}

/** Names are one without regard to case. */
export const folded = (name: string): string => name.toLowerCase()
const byName = (row: Named): string => folded(row.name)

export const users: Kind<User> = {
  name: 'user',
  version: 1,
  key: byName,
  indexes: {
    attached: (row) => row.attached,
    boundary: (row) => (row.boundary === undefined ? [] : [row.boundary]),
    group: (row) => row.groups.map(folded),
  },
  unique: { id: (row) => row.id },
}

export const groups: Kind<Group> = {
  name: 'group',
  version: 1,
  key: byName,
  indexes: { attached: (row) => row.attached },
  unique: { id: (row) => row.id },
}

export const roles: Kind<Role> = {
  name: 'role',
  version: 1,
  key: byName,
  indexes: {
    attached: (row) => row.attached,
    boundary: (row) => (row.boundary === undefined ? [] : [row.boundary]),
  },
  unique: { id: (row) => row.id },
}

export const managedPolicies: Kind<ManagedPolicy> = {
  name: 'managed-policy',
  version: 1,
  key: byName,
  unique: { id: (row) => row.id },
}

export const instanceProfiles: Kind<InstanceProfile> = {
  name: 'instance-profile',
  version: 1,
  key: byName,
  indexes: { role: (row) => (row.role === undefined ? [] : [folded(row.role)]) },
  unique: { id: (row) => row.id },
}

export const accessKeys: Kind<AccessKey> = {
  name: 'access-key',
  version: 1,
  key: (row) => row.id,
  indexes: { owner: (row) => [row.ownerId] },
  unique: { id: (row) => row.id },
}

/** An account, in the partition `*`. */
export interface Account {
  readonly id: AccountId
  readonly name: string
  readonly createdAt: Instant
  /** Raised to end every session of the account. */
  readonly sessionGeneration: number
}

/** Partition of rows that belong to no single account. */
export const EVERYWHERE = '*'

export const accounts: Kind<Account> = {
  name: 'account',
  version: 1,
  key: (row) => row.id,
  unique: { name: (row) => folded(row.name) },
}

/** A session that an operator has ended before its time. By its access key id: that is what logs and the audit file show. */
export interface EndedSession {
  readonly accessKeyId: string
  readonly endedAt: Instant
  /** When the row has served its purpose: no session with that key can live longer. */
  readonly keptUntil: Instant
}

export const endedSessions: Kind<EndedSession> = { name: 'ended-session', version: 1, key: (row) => row.accessKeyId }

/** Whose a sealed secret access key is: `account`, the key's id, and the unique id of its user (the account for root). */
export const accessKeySealOwner = (account: string, keyId: string, ownerId: string): readonly string[] => [
  account,
  keyId,
  ownerId,
  'access-key',
]

/** A task that deleted a service-linked role. */
export interface RoleDeletion {
  /** `task/aws-service-role/<service>/<role>/<uuid>`. */
  readonly task: string
  readonly roleName: string
  readonly path: string
}

export const roleDeletions: Kind<RoleDeletion> = { name: 'role-deletion', version: 1, key: (row) => folded(row.task) }

/** The alias of an account: one at most, and nobody else's. */
export interface AccountAlias {
  readonly alias: string
}

export const accountAliases: Kind<AccountAlias> = {
  name: 'account-alias',
  version: 1,
  key: (row) => row.alias,
  unique: { alias: (row) => row.alias },
}

/** What the passwords of an account's users must be like: one row at most. */
export interface PasswordPolicy {
  /** Characters. */
  readonly minimumLength: number
  readonly symbols: boolean
  readonly numbers: boolean
  readonly uppercase: boolean
  readonly lowercase: boolean
  readonly usersMayChange: boolean
  /** Days; passwords do not expire when absent. */
  readonly maxAge?: number
  /** How many earlier passwords may not be used again. */
  readonly reusePrevention?: number
  readonly hardExpiry?: boolean
}

export const passwordPolicies: Kind<PasswordPolicy> = { name: 'password-policy', version: 1, key: () => 'account' }

/** What SetSecurityTokenServicePreferences sets; an account that never did has version 1. */
export interface TokenPreference {
  /** 1 or 2. */
  readonly globalEndpointTokenVersion: number
}

export const tokenPreferences: Kind<TokenPreference> = { name: 'token-preference', version: 1, key: () => 'account' }
