/**
 * The rules of MFA codes, recorded at AWS in September 2026: which steps count, that a code counts once, nine tries for a
 * serial number in each three minutes of UTC, and which pairs of codes enable or resynchronize a device.
 */
import type { AccountId, Instant } from '../domain/brands.ts'
import { mfaSealOwner } from '../entities/mfa.ts'
import type { MfaDevice, MfaUse } from '../entities/mfa.ts'
import { fromBase32, stepsOfCode, totpStep } from './totp.ts'
import type { Vault } from './vault.ts'

/** Steps either way of the device's adjusted time that a code may come from. */
const WINDOW_STEPS = 2
export const TRIES_MAX = 9
const PERIOD_MILLISECONDS = 180_000
/** Where the second code of a pair may lie, in steps from the device's adjusted time. */
const PAIR_BEHIND = 998
const PAIR_AHEAD = 1000

export interface ShownCode {
  readonly device: MfaDevice
  readonly deviceKey: string
  readonly seed: Uint8Array
  readonly code: string
  readonly now: Instant
}

export type CodeVerdict =
  | { readonly ok: true; readonly use: MfaUse }
  /** `use` counts the try: it is to be kept even though the code is refused. */
  | { readonly ok: false; readonly why: 'wrong' | 'reused'; readonly use: MfaUse }
  | { readonly ok: false; readonly why: 'too-many-tries'; readonly nextPeriodAt: Instant }

/** The seed of a device. */
export function seedOf(device: MfaDevice, account: AccountId, vault: Vault): Uint8Array {
  const seed = fromBase32(vault.open(device.sealedSeed, mfaSealOwner(account, device.id)))
  if (seed === undefined) throw new Error(`the seed of the MFA device ${device.name} is not base32`)
  return seed
}

/** Judges a code that was shown. Pure: the caller keeps `use`, in the same transaction that read the old one. */
export function judgeCode(shown: ShownCode, before: MfaUse | undefined): CodeVerdict {
  const period = Math.floor(shown.now / PERIOD_MILLISECONDS)
  const tries = before?.period === period ? before.tries : 0
  if (tries >= TRIES_MAX)
    return { ok: false, why: 'too-many-tries', nextPeriodAt: ((period + 1) * PERIOD_MILLISECONDS) as Instant }
  const middle = totpStep(shown.now) + shown.device.aheadSteps
  const spent = (before?.spent ?? []).filter(
    (code) => code.deviceId !== shown.device.id || code.step >= middle - WINDOW_STEPS,
  )
  const use = { device: shown.deviceKey, period, tries: tries + 1, spent: spent.slice(-SPENT_MAX) }
  const fitting = stepsOfCode(shown.code, shown.seed, middle - WINDOW_STEPS, middle + WINDOW_STEPS)
  if (fitting.length === 0) return { ok: false, why: 'wrong', use }
  const step = fitting.find((each) => !spent.some((code) => isSpent(code, shown.device.id, each)))
  if (step === undefined) return { ok: false, why: 'reused', use }
  return { ok: true, use: { ...use, spent: [...use.spent, { deviceId: shown.device.id, step }] } }
}

/** Codes of a device that is gone stay until as many newer ones were spent. */
const SPENT_MAX = 32

/** Whether the code of that step was accepted once. */
export const isCodeSpent = (use: MfaUse | undefined, device: MfaDevice, step: number): boolean =>
  use?.spent.some((code) => isSpent(code, device.id, step)) ?? false

const isSpent = (code: MfaUse['spent'][number], deviceId: string, step: number): boolean =>
  code.deviceId === deviceId && code.step === step

/**
 * Looks for two codes of steps in a row, newer than the last accepted pair.
 * @returns the device after the pair was accepted; `undefined` when the pair is none
 */
export function acceptPair(
  device: MfaDevice,
  codes: readonly [first: string, second: string],
  at: { readonly seed: Uint8Array; readonly now: Instant },
): MfaDevice | undefined {
  const real = totpStep(at.now)
  const middle = real + device.aheadSteps
  const oldest = Math.max(middle - PAIR_BEHIND, (device.lastPairStep ?? -2) + 2)
  const seconds = new Set(stepsOfCode(codes[1], at.seed, oldest, middle + PAIR_AHEAD))
  const found = stepsOfCode(codes[0], at.seed, oldest - 1, middle + PAIR_AHEAD - 1)
    .map((step) => step + 1)
    .filter((step) => seconds.has(step))
    // By chance two pairs may fit: the one nearest to the clock is meant.
    .toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0]
  if (found === undefined) return undefined
  // A pair inside the window says that the clock is right: people type codes a step early or late.
  const aheadSteps = Math.abs(found - middle) <= WINDOW_STEPS ? device.aheadSteps : found - real
  return { ...device, aheadSteps, lastPairStep: found }
}
