import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { instant } from '../domain/brands.ts'
import { base32, fromBase32, isCode, nextStepAt, stepsOfCode, totpCode, totpStep } from './totp.ts'

const SEED = Buffer.from('12345678901234567890')

/** RFC 6238, appendix B, cut to six digits; RFC 4226, appendix D. */
const vectors: readonly (readonly [seconds: number, code: string])[] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
  [0, '755224'],
  [30, '287082'],
  [60, '359152'],
  [270, '520489'],
]
for (const [seconds, code] of vectors)
  test(`the code of second ${seconds} is the RFC's`, () => {
    assert.equal(totpCode(SEED, totpStep(instant(seconds * 1000))), code)
  })

test('a code is found at its step, and a text of another length is none', () => {
  assert.deepEqual(stepsOfCode('287082', SEED, 0, 3), [1])
  assert.equal(isCode('28708', SEED, 1), false)
  assert.equal(isCode('2870820', SEED, 1), false)
  assert.equal(nextStepAt(instant(59_999)), 60_000)
})

test('base32 is RFC 4648 without padding, and reads back', () => {
  assert.equal(base32(Buffer.from('foobar')), 'MZXW6YTBOI')
  assert.equal(fromBase32('mzxw6ytboi======')?.toString(), 'foobar')
  assert.equal(fromBase32('MZXW1'), undefined)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.deepEqual(fromBase32(base32(bytes)), Buffer.from(bytes))
    }),
  )
})
