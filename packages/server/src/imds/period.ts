/**
 * When documents are published and what they are made from. Published documents are computed, not stored: salt and key id
 * follow from the cluster key, the instance, its generation, the delivery and the period, so every node, also a restarted
 * one, serves the same. Periods begin at a phase given by a hash of the instance id, which spreads the rotations.
 */
import { createHash, createHmac } from 'node:crypto'
import { instant } from '../domain/brands.ts'
import type { Instant } from '../domain/brands.ts'
import type { Instance } from '../entities/ec2.ts'
import type { SessionRequest } from '../credentials/issuer.ts'
import type { Rotation } from './rotation.ts'
import type { CheckedSettings } from './settings.ts'
import type { Delivery } from './types.ts'

export interface Period {
  readonly number: number
  /** Times the operator rotated within this period, as the row counts them; 0 when he did not. */
  readonly rotation: number
  /** Session time, whole seconds: what is published in this period was issued then. */
  readonly startsAt: Instant
  readonly endsAt: Instant
}

/** @param now session time */
export function periodAt(now: Instant, instanceId: string, seconds: number, rotation?: Rotation): Period {
  const phase = createHash('sha256').update(`understudy imds phase 1 ${instanceId}`).digest().readUInt32BE() % seconds
  const number = Math.floor((Math.floor(now / 1000) - phase) / seconds)
  const startsAt = instant((number * seconds + phase) * 1000)
  const endsAt = instant(startsAt + seconds * 1000)
  return rotation !== undefined && rotation.at >= startsAt && rotation.at <= now
    ? { number, endsAt, rotation: rotation.count, startsAt: rotation.at }
    : { number, endsAt, rotation: 0, startsAt }
}

/** What one published document follows from. */
export interface Seed {
  readonly key: Uint8Array
  readonly instance: Instance
  readonly delivery: Delivery
  readonly period: Period
  /** `role` for the role of the profile, `identity` for the instance identity role. */
  readonly purpose: 'role' | 'identity'
}

/** When a document of this period ends: its life and a spread that follows from the same seed. */
export function expiryOf(seed: Seed, settings: CheckedSettings): Instant {
  const spread = seedBytes(seed).readUInt32BE() % (settings.jitterSeconds + 1)
  return instant(seed.period.startsAt + (settings.lifetimeSeconds + spread) * 1000)
}

/**
 * The 24 bytes that the issuer makes salt and key id from. They cover everything that the token seals: one salt must
 * never seal two different sessions, since the key of the cipher follows from it.
 */
export const derivationOf = (seed: Seed, request: SessionRequest): Buffer =>
  createHmac('sha256', seedBytes(seed)).update(JSON.stringify(request)).digest().subarray(0, 24)

function seedBytes({ key, instance, delivery, period, purpose }: Seed): Buffer {
  const owner = [
    'understudy imds document 1',
    purpose,
    instance.id,
    instance.generation,
    instance.profile?.associationId,
  ]
  const parts = [...owner, delivery, period.number, period.rotation, period.startsAt]
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest()
}
