import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { answerValidation, isRightValidation, type ValidationRow } from './validation.ts'

const file = new URL('../../conformance/policy-vectors.json', import.meta.url)
const { validation } = JSON.parse(readFileSync(file, 'utf8')) as { readonly validation: readonly ValidationRow[] }

test('the corpus is not empty', () => assert.ok(validation.length >= 70))

for (const row of validation) {
  test(`${row.id} ${row.title} (${row.confidence})`, () => {
    const got = answerValidation(row)
    assert.ok(isRightValidation(row, got), `wanted ${JSON.stringify(row.expected)}, got ${JSON.stringify(got)}`)
  })
}
