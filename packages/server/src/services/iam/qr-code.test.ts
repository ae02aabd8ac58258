import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { pngOf } from './png.ts'
import { qrCode, times } from './qr-code.ts'

const hashOf = (text: string) =>
  createHash('sha256')
    .update(
      qrCode(text)
        .map((row) => row.map((dark) => (dark ? '1' : '0')).join(''))
        .join('\n'),
    )
    .digest('hex')
    .slice(0, 16)

/** Each was read back by another program (jsQR 1.4.0) before its hash was written down: one of each kind of version. */
const read: readonly (readonly [length: number, modules: number, hash: string])[] = [
  [60, 37, 'a837f1247949090c'],
  [150, 45, '14c09386ce69e7a3'],
  [260, 57, 'af7a0d37884fd4b7'],
  [425, 69, '63d962ddb1900b63'],
]
const textOf = (length: number) => 'otpauth://totp/'.padEnd(length, 'aZ9%').slice(0, length)
for (const [length, modules, hash] of read)
  test(`${length} bytes: ${modules} modules a side, as they were read`, () => {
    assert.equal(qrCode(textOf(length)).length, modules)
    assert.equal(hashOf(textOf(length)), hash)
  })

test('more than 425 bytes are refused', () => assert.throws(() => qrCode('a'.repeat(426)), RangeError))

test('multiplication of the field: one, order, distribution', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(byte, byte, byte, (a, b, c) => {
      assert.equal(times(a, 1), a)
      assert.equal(times(a, b), times(b, a))
      assert.equal(times(a, b ^ c), times(a, b) ^ times(a, c))
    }),
  )
  assert.equal(times(0x80, 2), 0x1d)
})

test('the picture shows the modules, with their white border', () => {
  const modules = qrCode('otpauth://totp/phone@111122223333?secret=ABC')
  const png = pngOf(modules, 2, 4)
  assert.equal(png.subarray(1, 4).toString(), 'PNG')
  const size = png.readUInt32BE(16)
  assert.equal(size, (modules.length + 8) * 2)
  const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)))
  const width = 1 + Math.ceil(size / 8)
  const isDark = (x: number, y: number) => ((rows[y * width + 1 + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) === 0
  modules.forEach((row, y) => row.forEach((dark, x) => assert.equal(isDark((x + 4) * 2 + 1, (y + 4) * 2), dark)))
  assert.equal(isDark(0, 0), false)
})
