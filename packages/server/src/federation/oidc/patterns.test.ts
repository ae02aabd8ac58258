/** Where a value and a pattern part. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { difference, matches } from './patterns.ts'

const cases: readonly (readonly [pattern: string, value: string, wild: boolean, text: string])[] = [
  ['abc', 'abd', false, 'first difference at character 3: `d` where the pattern has `c`'],
  ['abc', 'ab', false, 'the value ends where the pattern goes on with `c`'],
  ['ab', 'abc', false, 'the pattern ends where the value goes on with `c`'],
  ['a?c', 'abd', true, 'first difference at character 3: `d` where the pattern has `c`'],
  ['a?c', 'abc', false, 'first difference at character 2: `bc` where the pattern has `?c`'],
  ['repo:o/*:ref', 'repo:o/r:env', true, 'what follows `repo:o/` does not fit `*:ref`'],
  ['repo:o/*', 'repo:p/r', true, 'first difference at character 6: `p/r` where the pattern has `o/*`'],
]
for (const [pattern, value, wild, text] of cases)
  test(`${pattern} against ${value}`, () => {
    assert.equal(difference(pattern, value, wild), text)
    assert.equal(matches(pattern, value, { wild }), false)
  })

test('letters of regular expressions are letters', () => {
  assert.ok(matches('a.b(c)*', 'a.b(c)d', { wild: true }))
  assert.ok(!matches('a.b', 'axb', { wild: true }))
  assert.ok(matches('A*', 'abc', { wild: true, fold: true }))
  assert.ok(!matches('A*', 'abc', { wild: true }))
})

test('many stars against a long value cost nothing', () => {
  const began = performance.now()
  assert.ok(!matches(`${'*a'.repeat(50)}*b`, 'a'.repeat(20_000), { wild: true }))
  assert.ok(performance.now() - began < 1000)
})

test('it agrees with the obvious regular expression', () => {
  const letter = fc.constantFrom('a', 'b', '*', '?')
  fc.assert(
    fc.property(
      fc.array(letter, { maxLength: 8 }),
      fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }),
      (glob, text) => {
        const source = glob.join('').replaceAll('*', '.*').replaceAll('?', '.')
        assert.equal(
          matches(glob.join(''), text.join(''), { wild: true }),
          new RegExp(`^${source}$`).test(text.join('')),
        )
      },
    ),
  )
})
