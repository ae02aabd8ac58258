// The committed page of coverage is what the tables of operations say today.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { COVERAGE_PAGE, coveragePage } from './generate-coverage.ts'
import type { Coverage } from './generate-coverage.ts'

const OUT_OF_DATE = 'docs/coverage.md is out of date: run node tools/run.js tools/generate-coverage.ts'

test('the committed page equals a fresh generation', () => {
  assert.ok(readFileSync(COVERAGE_PAGE, 'utf8') === coveragePage(), OUT_OF_DATE)
})

const of = (known: readonly string[], built: readonly string[]): Coverage => ({
  title: 'Things',
  model: { operations: new Map(known.map((name) => [name, undefined as never])) },
  operations: new Map(built.map((name) => [name, {}])),
})

test('built and missing operations are counted and named', () => {
  const page = coveragePage([of(['PutThing', 'GetThing', 'LoseThing'], ['GetThing'])])
  assert.match(page, /\| Things \| 1 \| 3 \| 2 \|/)
  assert.match(page, /### Built \(1\)\n\n`GetThing`\n/)
  assert.match(page, /### Answer 501 \(2\)\n\n`LoseThing` · `PutThing`\n/)
  assert.match(coveragePage([of(['GetThing'], ['GetThing'])]), /### Answer 501 \(0\)\n\nNone\.\n/)
})

test('a row that the model does not know is a mistake', () => {
  assert.throws(() => coveragePage([of(['GetThing'], ['GetThing', 'GetThign'])]), /GetThign/)
})
