/** Bodies, versions and order of keys. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as holds, property, string } from 'fast-check'
import type { Kind } from './port.ts'
import { afterPrefix } from './question.ts'
import { bytewise, decodeRow, putEntry } from './rows.ts'

interface Pair {
  readonly a: string
  readonly b?: number
}
const first: Kind<Pair> = { name: 'pair', version: 1, key: (row) => row.a }
const second: Kind<Pair> = { ...first, version: 2, upgrade: (body, from) => ({ a: (body as Pair).a, b: from }) }
const raw = { account: '1', key: 'x', revision: 7, version: 1, body: '{"a":"x"}' }

test('an older body is upgraded, a newer one is refused', () => {
  assert.deepEqual(decodeRow(first, raw), { a: 'x' })
  assert.deepEqual(decodeRow(second, raw), { a: 'x', b: 1 })
  assert.ok(Object.isFrozen(decodeRow(second, raw)))
  assert.throws(() => decodeRow(first, { ...raw, version: 2 }), { name: 'StoreUnavailable', message: /has version 2/ })
})

test('an entry holds what will be read back', () => {
  const entry = putEntry(first, '1', { a: 'x', b: undefined } as unknown as Pair)
  assert.deepEqual(Object.keys(entry.row as Pair), ['a'])
  assert.equal(entry.change.put?.body, '{"a":"x"}')
})

const text = string({ unit: 'binary' })

test('a string stands before the end of its prefix, and nothing else stands between', () => {
  holds(
    property(text, text, text, (prefix, rest, other) => {
      const end = afterPrefix(prefix)
      if (end === undefined) return
      assert.ok(bytewise(prefix + rest, end) < 0)
      const between = bytewise(other, prefix) >= 0 && bytewise(other, end) < 0
      assert.equal(between, other.startsWith(prefix))
    }),
  )
  assert.equal(afterPrefix(''), undefined)
  assert.equal(afterPrefix('\u{10ffff}'), undefined)
  assert.equal(afterPrefix('a\u{10ffff}'), 'b')
  assert.equal(afterPrefix('\ud7ff'), '\ue000')
})
