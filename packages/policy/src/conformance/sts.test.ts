import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { answerSts, isRightSts, type StsRow } from './sts.ts'

const file = new URL('../../conformance/policy-vectors.json', import.meta.url)
const { sts } = JSON.parse(readFileSync(file, 'utf8')) as { readonly sts: readonly StsRow[] }

for (const row of sts) {
  const got = answerSts(row)
  // What needs a store is put to a server: tests/federation/vectors.test.ts.
  if (got === undefined) continue
  test(`${row.id} ${row.title} (${row.confidence})`, () =>
    assert.ok(isRightSts(row, got), `wanted ${JSON.stringify(row.expected)}, got ${JSON.stringify(got)}`))
}

test('nearly all rows need no store', () => assert.ok(sts.filter((row) => answerSts(row) !== undefined).length >= 20))
