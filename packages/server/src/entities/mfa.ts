/** The rows of multi-factor authentication: virtual devices, and what became of their codes. */
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Kind } from '../store/port.ts'
import type { Tag } from './iam.ts'

/** A virtual device: a seed that codes follow from (RFC 6238), and the user who holds it. */
export interface MfaDevice {
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  /** Tells a device from one that was made anew under its name. */
  readonly id: string
  /** The seed, sealed by `credentials/vault.ts` for `mfaSealOwner`. */
  readonly sealedSeed: string
  readonly tags: readonly Tag[]
  readonly createdAt: Instant
  /** Absent while it is nobody's. */
  readonly assigned?: { readonly userId: string; readonly enabledAt: Instant }
  /** Steps of 30 seconds that the device's clock is ahead of ours, as enabling and resynchronizing found. */
  readonly aheadSteps: number
  /** Step of the second code of the last accepted pair; a later pair must be newer altogether. */
  readonly lastPairStep?: number
}

/** Two devices may share a name under different paths, so the key holds both. */
export const mfaDevices: Kind<MfaDevice> = {
  name: 'mfa-device',
  version: 1,
  key: (row) => mfaKey(row.path, row.name),
  indexes: { user: (row) => (row.assigned === undefined ? [] : [row.assigned.userId]) },
}

export const mfaKey = (path: string, name: string): string => `${path}${name}`.toLowerCase()

/** Whose a sealed seed is. */
export const mfaSealOwner = (account: AccountId, deviceId: string): readonly string[] => [
  account,
  deviceId,
  'mfa-device',
]

/**
 * Tries and spent codes of one serial number. A row of its own, since tries go on counting when the device is made anew
 * under its name.
 */
export interface MfaUse {
  /** Key of the device. */
  readonly device: string
  /** Which three minutes of UTC the tries belong to: their number since 1970. */
  readonly period: number
  readonly tries: number
  /** Codes that were shown and accepted, by device and step; only those that are still in a window. */
  readonly spent: readonly { readonly deviceId: string; readonly step: number }[]
}

export const mfaUses: Kind<MfaUse> = { name: 'mfa-use', version: 1, key: (row) => row.device }
