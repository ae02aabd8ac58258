/** The slow engine against the project's vectors and against recorded answers of AWS. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { specDecide } from './decide.ts'
import { questionOf, readJson, recordedQuestion, type RecordedCondition, type VectorRow } from './rows.ts'

const VECTORS = new URL('../conformance/policy-vectors.json', import.meta.url)
const RECORDS = new URL('../../../../shared/recordings/native-policy.json', import.meta.url)

const rows = (readJson(VECTORS) as { readonly evaluation: readonly VectorRow[] }).evaluation

test('every row of the corpus: effect and reason', () => {
  const misses = rows.flatMap((row) => {
    const { effect, reason, denying } = specDecide(...questionOf(row))
    // When several layers deny, AWS names one of them and does not say which.
    const another = denying.some((layer) => row.expected.reason === `explicit-deny:${layer}`)
    const right = effect === row.expected.decision && (reason === row.expected.reason || another)
    return right ? [] : [`${row.id} (${row.confidence}): wanted ${row.expected.reason}, got ${reason}`]
  })
  assert.deepEqual(misses, [])
  assert.ok(rows.length >= 300)
})

/** Codes that say the call was authorized; the others say that it was not, or never came to a decision. */
const AUTHORIZED: readonly string[] = ['Success', 'InvalidInput']

test(
  'every recorded answer on conditions',
  { skip: !existsSync(RECORDS) && 'no recordings beside the repository' },
  () => {
    const { records } = readJson(RECORDS) as { readonly records: readonly RecordedCondition[] }
    const answers = records
      .filter((record) => record.test === 'tag-user')
      .flatMap((record) => Object.entries(record.answer).map(([form, code]) => ({ record, form, code })))
      .filter(({ code }) => AUTHORIZED.includes(code) || code === 'AccessDenied')
    const misses = answers.flatMap(({ record, form, code }) => {
      const { effect, reason } = specDecide(...recordedQuestion(record, form))
      return (effect === 'Allow') === AUTHORIZED.includes(code) ? [] : [`${record.id} ${form}: ${code}, got ${reason}`]
    })
    assert.deepEqual(misses, [])
    assert.ok(answers.length >= 300, `${answers.length} answers`)
  },
)
