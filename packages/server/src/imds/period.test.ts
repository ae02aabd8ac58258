/** Periods and what follows from them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { instant } from '../domain/brands.ts'
import type { SessionRequest } from '../credentials/issuer.ts'
import { ACCOUNT, anInstance } from './fixture.ts'
import { derivationOf, expiryOf, periodAt } from './period.ts'
import type { Seed } from './period.ts'
import { checkedSettings } from './settings.ts'

const times = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }).map(instant)
const key = Buffer.alloc(32, 1)

test('law: every moment is in its period, which is as long as it is told', () => {
  fc.assert(
    fc.property(times, fc.string(), fc.integer({ min: 60, max: 7200 }), (now, id, seconds) => {
      const { startsAt, endsAt } = periodAt(now, id, seconds)
      return startsAt <= now && now < endsAt && endsAt - startsAt === seconds * 1000 && startsAt % 1000 === 0
    }),
  )
})

test('law: periods follow each other without a gap', () => {
  fc.assert(
    fc.property(times, fc.string(), (now, id) => {
      const period = periodAt(now, id, 3600)
      const next = periodAt(period.endsAt, id, 3600)
      return next.number === period.number + 1 && next.startsAt === period.endsAt
    }),
  )
})

test('instances rotate at different times', () => {
  const starts = Array.from(
    { length: 50 },
    (_, index) => periodAt(instant(1_764_100_000_000), `i-${index}`, 3600).startsAt,
  )
  assert.ok(new Set(starts).size > 40)
})

test('a rotation begins the period anew, until the next one; one of the future is none', () => {
  const now = instant(1_764_100_000_000)
  const { startsAt, endsAt } = periodAt(now, 'i-1', 3600)
  const rotation = { instanceId: 'i-1', at: now, count: 4 }
  assert.deepEqual(
    { ...periodAt(now, 'i-1', 3600, rotation), number: 0 },
    { number: 0, rotation: 4, startsAt: now, endsAt },
  )
  assert.equal(periodAt(endsAt, 'i-1', 3600, rotation).rotation, 0)
  assert.equal(periodAt(startsAt, 'i-1', 3600, { ...rotation, at: instant(startsAt + 1000) }).rotation, 0)
})

test('law: a document lives six hours and at most 35 minutes more', () => {
  const settings = checkedSettings()
  fc.assert(
    fc.property(times, fc.constantFrom('1.0' as const, '2.0' as const), (now, delivery) => {
      const period = periodAt(now, 'i-1', 3600)
      const seed: Seed = { key, instance: anInstance(), delivery, period, purpose: 'role' }
      const minutes = (expiryOf(seed, settings) - period.startsAt) / 60_000
      return minutes >= 360 && minutes <= 395
    }),
  )
})

test('law: whatever differs in a seed or in a session gives other salts', () => {
  const period = periodAt(instant(1_764_100_000_000), 'i-1', 3600)
  const seed: Seed = { key, instance: anInstance(), delivery: '2.0', period, purpose: 'role' }
  const session: SessionRequest = {
    account: ACCOUNT,
    expiresAt: period.endsAt,
    holder: { kind: 'role', name: 'Reader', path: '/', id: 'AROA1' },
    sessionPolicies: [],
    sessionPolicyArns: [],
    tags: [],
    transitiveKeys: [],
    proof: { kind: 'assume-role' },
    chain: { length: 0 },
  }
  const seeds: readonly Partial<Seed>[] = [
    {},
    { key: Buffer.alloc(32, 2) },
    { instance: anInstance({ id: 'i-2' }) },
    { instance: anInstance({ generation: 2 }) },
    { instance: anInstance({ profile: { profileName: 'Web', profileId: 'AIPA', associationId: 'other' } }) },
    { delivery: '1.0' },
    { purpose: 'identity' },
    { period: { ...period, number: period.number + 1 } },
    { period: { ...period, rotation: 1 } },
    { period: { ...period, startsAt: instant(period.startsAt + 1000) } },
  ]
  const sessions: readonly Partial<SessionRequest>[] = [
    {},
    { expiresAt: instant(period.endsAt + 1000) },
    { holder: { kind: 'role', name: 'Reader', path: '/', id: 'AROA2' } },
    { proof: { kind: 'session-token' } },
  ]
  const salts = seeds.flatMap((other) =>
    sessions.map((change) => derivationOf({ ...seed, ...other }, { ...session, ...change }).toString('hex')),
  )
  assert.equal(new Set(salts).size, seeds.length * sessions.length)
})

const unusable: readonly [name: string, settings: Parameters<typeof checkedSettings>[0]][] = [
  ['less than half an hour to live', { lifetimeSeconds: 2099, periodSeconds: 300 }],
  ['no whole number', { lifetimeSeconds: 3600.5, periodSeconds: 300 }],
  ['a period of seconds', { periodSeconds: 10 }],
  ['longer than AWS has sessions', { lifetimeSeconds: 43_201 }],
  ['no requests at all', { requestsPerSecond: 0 }],
]
for (const [name, settings] of unusable)
  test(`settings are refused: ${name}`, () => assert.throws(() => checkedSettings(settings), RangeError))

test('the demonstration profile is accepted: 35 minutes, every five', () => {
  const settings = checkedSettings({ lifetimeSeconds: 2100, periodSeconds: 300 })
  assert.deepEqual([settings.lifetimeSeconds, settings.periodSeconds, settings.jitterSeconds], [2100, 300, 0])
})
