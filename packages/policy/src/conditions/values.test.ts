/** How values of conditions are read: dates, numbers, addresses, and text without regard to case. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contains, readAddress, readNetwork } from './address.ts'
import { readDate } from './date.ts'
import { foldCase } from './fold.ts'
import { compareNumbers, readNumber } from './numeric.ts'

const dates: readonly [text: string, iso: string | undefined][] = [
  ['2026-11-25T12:34:56.789Z', '2026-11-25T12:34:56.789Z'],
  ['2026-11-25T12:34:56,789Z', '2026-11-25T12:34:56.789Z'],
  ['2026-11-25T12:34:56.5Z', '2026-11-25T12:34:56.500Z'],
  ['2026-11-25T12:34:56.789999999Z', '2026-11-25T12:34:56.789Z'],
  ['2026-11-25T12:34:56.0009Z', '2026-11-25T12:34:56.000Z'],
  ['2026-11-25t12:34:56z', '2026-11-25T12:34:56.000Z'],
  ['2026-11-25T12:34:56', '2026-11-25T12:34:56.000Z'],
  ['2026-11-25T12:34Z', '2026-11-25T12:34:00.000Z'],
  ['2026-11-25T12Z', '2026-11-25T12:00:00.000Z'],
  ['2026-11-25', '2026-11-25T00:00:00.000Z'],
  ['2026-11', '2026-11-01T00:00:00.000Z'],
  ['2026-1-2', '2026-01-02T00:00:00.000Z'],
  ['2026-11-25T12:00:00+01:30', '2026-11-25T10:30:00.000Z'],
  ['2026-11-25T12:00:00-01:30', '2026-11-25T13:30:00.000Z'],
  ['2026-11-25T12:00:00+0130', '2026-11-25T10:30:00.000Z'],
  ['2026-11-25T12:00:00-01', '2026-11-25T13:00:00.000Z'],
  ['2026-11-25T12:00:00+23:59', '2026-11-24T12:01:00.000Z'],
  ['2026-11-25T12:00:00+24:00', undefined],
  ['2026-11-25T12:00:00+23:60', undefined],
  ['2026-11-25T12:00:00+1', undefined],
  ['2026-11-25T12:00:00Y', undefined],
  ['2026-11-25Z', undefined],
  ['2026T12:00Z', '2026-01-01T12:00:00.000Z'],
  ['2026-11-25T', '2026-11-25T00:00:00.000Z'],
  ['2026-11-25T23:59:59Z', '2026-11-25T23:59:59.000Z'],
  ['2026-11-25T24:00:00Z', undefined],
  ['2026-11-25T23:60:00Z', undefined],
  ['2026-11-25T23:59:60Z', undefined],
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-32', undefined],
  ['2026-04-30', '2026-04-30T00:00:00.000Z'],
  ['2026-04-31', undefined],
  ['2026-06-30', '2026-06-30T00:00:00.000Z'],
  ['2026-06-31', undefined],
  ['2026-09-31', undefined],
  ['2026-11-31', undefined],
  ['2026-12-31', '2026-12-31T00:00:00.000Z'],
  ['2026-13-01', undefined],
  ['2026-00-01', undefined],
  ['2026-01-00', undefined],
  ['2026-02-28', '2026-02-28T00:00:00.000Z'],
  ['2026-02-29', undefined],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['2024-02-30', undefined],
  ['2000-02-29', '2000-02-29T00:00:00.000Z'],
  ['1900-02-29', undefined],
  ['2100-02-29', undefined],
  ['0099-01-01', '0099-01-01T00:00:00.000Z'],
  ['-0001-01-01', '-000001-01-01T00:00:00.000Z'],
  ['300000-01-01', undefined],
  ['99999999999999999999-01-01', undefined],
  ['yesterday', undefined],
  ['', undefined],
]

test('dates', () => {
  for (const [text, iso] of dates) assert.equal(readDate(text), iso === undefined ? undefined : Date.parse(iso), text)
})

test('epoch seconds, within 64 bits', () => {
  const cases: readonly [string, number | undefined][] = [
    ['0', 0],
    ['1764074096', 1764074096000],
    ['+1764074096', 1764074096000],
    ['-5', -5000],
    ['2026', 2026000],
    ['9223372036854775807', 2 ** 63 * 1000],
    ['9223372036854775808', undefined],
    ['-9223372036854775808', -(2 ** 63) * 1000],
    ['-9223372036854775809', undefined],
  ]
  for (const [text, want] of cases) assert.equal(readDate(text), want, text)
})

test('numbers compare exactly', () => {
  const order: readonly string[] = ['-1e3', '-12', '-1.5', '-1', '-0.5', '0', '0.05', '0.5', '1', '1.5', '12', '1e3']
  for (const [index, left] of order.entries()) {
    for (const [other, right] of order.entries()) {
      const [a, b] = [readNumber(left), readNumber(right)]
      assert.ok(a && b)
      assert.equal(Math.sign(compareNumbers(a, b)), Math.sign(index - other), `${left} ${right}`)
    }
  }
})

test('a number of many digits is read at once', () => {
  const started = performance.now()
  const digits = '0'.repeat(30_000)
  assert.equal(readNumber(`1${digits}1`)?.digits.length, 30_002)
  assert.equal(readNumber(`${digits}x`), undefined)
  assert.ok(performance.now() - started < 100)
})

test('one number in many spellings, and what is none', () => {
  const alike: readonly (readonly string[])[] = [
    ['12', '+12', '012', '12.', '12.0', '1.2e1', '120E-1', '0.12e+2', '.12e2'],
    ['0', '-0', '+0', '0.0', '.0', '0e5', '000'],
    ['-0.05', '-.05', '-5e-2', '-0.0500'],
    ['100', '1e2', '100.00'],
  ]
  for (const [first = '', ...others] of alike) {
    for (const text of others) assert.deepEqual(readNumber(text), readNumber(first), `${text} is ${first}`)
  }
  for (const text of ['', '.', '+', '-', 'e5', 'NaN', 'Infinity', '1,000', '1 ', ' 1', '0x10', '1e', '1e1.5', '--1']) {
    assert.equal(readNumber(text), undefined, text)
  }
  assert.deepEqual(readNumber('-120.50'), { sign: -1, digits: '1205', magnitude: 3 })
  assert.deepEqual(readNumber('0.0012'), { sign: 1, digits: '12', magnitude: -2 })
})

test('addresses', () => {
  const cases: readonly [string, readonly number[] | undefined][] = [
    ['1.2.3.4', [258, 772]],
    ['255.255.255.255', [65535, 65535]],
    ['256.1.1.1', undefined],
    ['1.256.1.1', undefined],
    ['1.1.256.1', undefined],
    ['1.1.1.256', undefined],
    ['010.008.0.1', [2568, 1]],
    ['1.2.3', undefined],
    ['1.2.3.4.5', undefined],
    ['1.2.3.4/32', undefined],
    ['', undefined],
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['1::', [1, 0, 0, 0, 0, 0, 0, 0]],
    ['2001:DB8::ff', [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xff]],
    ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1:2:3:4:5:6:7::', [1, 2, 3, 4, 5, 6, 7, 0]],
    ['1:2:3:4::5:6:7:8', undefined],
    ['::12345', undefined],
    ['::g', undefined],
    ['1::2::3', undefined],
    ['2001:db8:::1', [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]],
    ['2001:db8::::1', undefined],
    ['::ffff:1.2.3.4', [258, 772]],
    ['::ffff:102:304', [258, 772]],
    ['0:0:0:0:0:ffff:1.2.3.4', [258, 772]],
    ['::fffe:1.2.3.4', undefined],
    ['::1:ffff:1.2.3.4', undefined],
    ['::ffff:1.2.3.400', undefined],
    ['::1:ffff:102:304', [0, 0, 0, 0, 1, 0xffff, 0x102, 0x304]],
  ]
  for (const [text, want] of cases) assert.deepEqual(readAddress(text), want, text)
})

test('networks', () => {
  const inside: readonly [network: string, address: string, want: boolean][] = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['10.0.0.0/0', '192.0.2.1', true],
    ['10.1.128.0/17', '10.1.200.1', true],
    ['10.1.128.0/17', '10.1.100.1', false],
    ['10.1.0.0/16', '10.1.255.255', true],
    ['10.1.0.0/16', '10.2.0.0', false],
    ['10.1.2.0/23', '10.1.3.1', true],
    ['10.1.2.0/23', '10.1.4.1', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.2', false],
    ['10.1.2.3/32', '10.1.2.2', false],
    ['10.1.2.3/31', '10.1.2.2', true],
    ['10.1.2.0/+24', '10.1.2.9', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['2001:db8::1', '2001:db8::1', true],
    ['2001:db8::1/128', '2001:db8::2', false],
    ['2001:db8::1/127', '2001:db8::1', false],
    ['2001:db8::1/64', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '1.2.3.4', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['::ffff:a00:0/104', '10.1.2.3', false],
    ['::ffff:0:0/96', '::ffff:10.1.2.3', false],
  ]
  for (const [network, address, want] of inside) {
    const [range, value] = [readNetwork(network), readAddress(address)]
    assert.ok(range && value, `${network} ${address}`)
    assert.equal(contains(range, value), want, `${network} ${address}`)
  }
  for (const text of ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0/8', 'x', '']) {
    assert.equal(readNetwork(text), undefined, text)
  }
  assert.ok(readNetwork('::/128') && readNetwork('10.0.0.0/32'))
})

test('case is folded in the basic plane only', () => {
  const cases: readonly [string, string][] = [
    ['AbC', 'abc'],
    ['ÄÖ', 'äö'],
    ['ΟΔΟΣ', 'οδος'],
    ['\u{10400}A', '\u{10400}a'],
    ['A\u{10400}B\u{10401}C', 'a\u{10400}b\u{10401}c'],
    ['İ\u{10400}I', 'i\u0307\u{10400}i'],
    ['ΟΣ\u{1f600} ΣΟ', 'ος\u{1f600} σο'],
    ['', ''],
  ]
  for (const [text, want] of cases) assert.equal(foldCase(text), want, text)
})
