import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { pageOf } from './paging.ts'

const same = (text: string) => text
const scope = ['ListThings', '111111111111', '/']

test('the pages together are the list, in order of the keys, whatever their sizes', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 60 })
  fc.assert(
    fc.property(names, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (items, sizes) => {
      const seen: string[] = []
      let marker: string | undefined
      for (let round = 0; ; round++) {
        const page = pageOf(items, same, { Marker: marker, MaxItems: sizes[round % sizes.length] }, scope)
        seen.push(...page.items)
        marker = page.more.Marker
        assert.equal(page.more.IsTruncated, marker !== undefined)
        if (marker === undefined) break
      }
      assert.deepEqual([...seen].sort(), [...items].sort())
      assert.deepEqual(
        seen,
        [...items].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
      )
    }),
    { numRuns: 200 },
  )
})

test('a hundred items to a page when nothing is said', () => {
  const items = Array.from({ length: 101 }, (_, index) => String(index).padStart(3, '0'))
  assert.equal(pageOf(items, same, {}, scope).items.length, 100)
  assert.deepEqual(pageOf(items.slice(1), same, {}, scope).more, { IsTruncated: false })
})

test('a marker looks like those of AWS', () => {
  const { Marker = '' } = pageOf(['a', 'b'], same, { MaxItems: 1 }, scope).more
  assert.match(Marker, /^[A-Za-z0-9+/]{90,100}={0,2}$/)
})

const marker = pageOf(['a', 'b', 'c'], same, { MaxItems: 1 }, scope).more.Marker
const refused: readonly [why: string, marker: string | undefined, scope: readonly (string | undefined)[]][] = [
  ['another operation', marker, ['ListOthers', '111111111111', '/']],
  ['another account', marker, ['ListThings', '222222222222', '/']],
  ['another filter', marker, ['ListThings', '111111111111', '/p/']],
  ['a filter left out', marker, ['ListThings', '111111111111', undefined]],
  ['text', 'not-a-marker', scope],
  ['nothing', '', scope],
]
for (const [why, text, other] of refused)
  test(`a marker of ${why} is refused`, () => {
    assert.throws(() => pageOf(['a', 'b'], same, { Marker: text }, other), {
      code: 'ValidationError',
      message: 'Invalid Marker.',
    })
  })

test('an item that went away between two pages does not hide others', () => {
  const first = pageOf(['a', 'b', 'c'], same, { MaxItems: 2 }, scope)
  assert.deepEqual(pageOf(['a', 'c'], same, { Marker: first.more.Marker }, scope).items, ['c'])
})
