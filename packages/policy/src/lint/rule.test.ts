import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { coversGlob, globsMeet } from './rule.ts'

const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', ':'), maxLength: 7 })

/** All texts over three letters up to a length. */
const texts = (length: number): readonly string[] =>
  length === 0 ? [''] : ['', ...['a', 'b', ':'].flatMap((letter) => texts(length - 1).map((rest) => letter + rest))]
const SMALL = [...new Set(texts(5))]

test('two globs meet where some text is covered by both', () => {
  fc.assert(
    fc.property(glob, glob, (left, right) => {
      const both = SMALL.some((text) => coversGlob(left, text) && coversGlob(right, text))
      if (both) assert.ok(globsMeet(left, right), `${left} ${right}`)
      assert.equal(globsMeet(left, right), globsMeet(right, left))
      const short = [left, right].every((one) => one.replaceAll('*', '').length <= 2)
      if (short && globsMeet(left, right)) assert.ok(both, `${left} ${right}`)
    }),
    { numRuns: 400 },
  )
})

test('a glob that covers another covers its texts', () => {
  fc.assert(
    fc.property(glob, glob, (outer, inner) => {
      if (!coversGlob(outer, inner)) return
      for (const text of SMALL)
        if (coversGlob(inner, text)) assert.ok(coversGlob(outer, text), `${outer} ${inner} ${text}`)
    }),
    { numRuns: 400 },
  )
})
