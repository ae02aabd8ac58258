import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { instant } from '../domain/brands.ts'
import type { MfaDevice, MfaUse } from '../entities/mfa.ts'
import { acceptPair, judgeCode } from './mfa.ts'
import { totpCode, totpStep } from './totp.ts'

const seed = Buffer.from('a seed of twenty byt')
const T0 = instant(Date.UTC(2026, 8, 11, 12, 0, 1))
const STEP = totpStep(T0)
const device: MfaDevice = {
  name: 'phone',
  path: '/',
  id: 'd1',
  sealedSeed: '',
  tags: [],
  createdAt: T0,
  aheadSteps: 0,
}

function show(step: number, before?: MfaUse, of: MfaDevice = device, now = T0) {
  return judgeCode({ device: of, deviceKey: '/phone', seed, code: totpCode(seed, step), now }, before)
}
const word = (verdict: ReturnType<typeof show>) => (verdict.ok ? 'ok' : verdict.why)

for (const [offset, want] of [
  [-3, 'wrong'],
  [-2, 'ok'],
  [-1, 'ok'],
  [0, 'ok'],
  [1, 'ok'],
  [2, 'ok'],
  [3, 'wrong'],
] as const)
  test(`window: a code of step ${offset} is ${want}`, () => assert.equal(word(show(STEP + offset)), want))

test('a device that runs ahead has its window there', () => {
  const ahead = { ...device, aheadSteps: 10 }
  assert.equal(word(show(STEP + 12, undefined, ahead)), 'ok')
  assert.equal(word(show(STEP, undefined, ahead)), 'wrong')
})

test('any order, each code once: never more sessions than codes, nine tries in all', () => {
  const offsets = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 14 })
  fc.assert(
    fc.property(offsets, (shownOffsets) => {
      let use: MfaUse | undefined
      const spent = new Set<number>()
      shownOffsets.forEach((offset, index) => {
        const verdict = show(STEP + offset, use)
        const want =
          index >= 9 ? 'too-many-tries' : Math.abs(offset) > 2 ? 'wrong' : spent.has(offset) ? 'reused' : 'ok'
        assert.equal(word(verdict), want)
        if (verdict.ok) spent.add(offset)
        if (verdict.ok || verdict.why !== 'too-many-tries') use = verdict.use
      })
    }),
  )
})

test('tries begin anew with the next three minutes, spent codes stay spent', () => {
  const late = instant(Date.UTC(2026, 8, 11, 12, 2, 59))
  const step = totpStep(late)
  const first = show(step, undefined, device, late)
  assert.ok(first.ok)
  let use = first.use
  for (let index = 0; index < 8; index++) {
    const verdict = show(step - 9, use, device, late)
    assert.ok(!verdict.ok && verdict.why === 'wrong')
    use = verdict.use
  }
  assert.equal(word(show(step + 1, use, device, late)), 'too-many-tries')
  const later = instant(late + 2000)
  assert.equal(word(show(step, use, device, later)), 'reused')
  assert.equal(word(show(step + 1, use, device, later)), 'ok')
})

test('a device made anew under its name keeps the tries, not the spent codes', () => {
  const first = show(STEP)
  assert.ok(first.ok)
  const again = show(STEP, first.use, { ...device, id: 'd2' })
  assert.equal(word(again), 'ok')
  assert.equal(again.ok && again.use.tries, 2)
})

const pair = (second: number, of: MfaDevice = device) =>
  acceptPair(of, [totpCode(seed, second - 1), totpCode(seed, second)], { seed, now: T0 })

for (const [offset, accepted] of [
  [-999, false],
  [-998, true],
  [0, true],
  [1000, true],
  [1001, false],
] as const)
  test(`a pair that ends ${offset} steps from now is ${accepted ? 'accepted' : 'refused'}`, () => {
    assert.equal(pair(STEP + offset) !== undefined, accepted)
  })

test('two codes of one step, and the later code first, are no pair', () => {
  const now = { seed, now: T0 }
  assert.equal(acceptPair(device, [totpCode(seed, STEP), totpCode(seed, STEP)], now), undefined)
  assert.equal(acceptPair(device, [totpCode(seed, STEP), totpCode(seed, STEP - 1)], now), undefined)
})

test('a later pair is newer altogether', () => {
  const enabled = pair(STEP)
  assert.ok(enabled)
  assert.equal(pair(STEP, enabled), undefined)
  assert.equal(pair(STEP + 1, enabled), undefined)
  assert.ok(pair(STEP + 2, enabled))
})

test('a pair far away moves the clock of the device, one near by does not', () => {
  assert.equal(pair(STEP + 1)?.aheadSteps, 0)
  const far = pair(STEP + 500)
  assert.equal(far?.aheadSteps, 500)
  assert.ok(far && pair(STEP + 1500, far), 'the search goes on from the adjusted time')
  assert.equal(pair(STEP + 1501, far), undefined)
})
