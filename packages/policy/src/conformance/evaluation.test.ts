import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { answerRow, type EvaluationRow } from './evaluation.ts'

const OWN = new URL('../../conformance/policy-vectors.json', import.meta.url)
const SHARED = new URL('../../../../../shared/spec/policy-vectors.json', import.meta.url)

const { evaluation } = JSON.parse(readFileSync(OWN, 'utf8')) as { readonly evaluation: readonly EvaluationRow[] }

test('the corpus is not empty', () => assert.ok(evaluation.length >= 300))

for (const row of evaluation) {
  test(`${row.id} ${row.title} (${row.confidence})`, () => {
    const got = answerRow(row)
    assert.deepEqual({ decision: got.effect, reason: got.reason }, row.expected)
  })
}

test(
  'our copy of the corpus is the shared one',
  { skip: existsSync(SHARED) ? false : 'the folder ../shared is missing' },
  () => assert.equal(readFileSync(OWN, 'utf8'), readFileSync(SHARED, 'utf8')),
)
