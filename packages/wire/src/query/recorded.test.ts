// Replays the recorded Query parameters of IAM (September 2026): what decoding and the model's constraints answer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireFailure } from '../failure.ts'
import { iamModel } from '../model/load.ts'
import { readRecording } from '../testing/recordings.ts'
import type { NativeRecord } from '../testing/recordings.ts'
import { validate } from '../validate/validate.ts'
import { decodeQuery } from './decode.ts'

const recording = readRecording('native-iam.json') as { readonly records: readonly NativeRecord[] } | undefined
const records = (recording?.records ?? []).flatMap(({ id, call, answer }) =>
  id.startsWith('query/') && typeof call === 'object' && call.query ? [{ id, call, query: call.query, answer }] : [],
)
const POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'
/** Refusals that come after the constraints: authorization and the operation's own rules. */
const LATER = new Set([undefined, 'AccessDenied', 'InvalidInput'])

function refusal(record: (typeof records)[number]): WireFailure | undefined {
  const parameters = Object.entries(record.query).map(
    ([name, value]) => [name, value.replaceAll('<policy>', POLICY)] as const,
  )
  const head = [
    ['Action', record.call.operation],
    ['Version', '2010-05-08'],
  ] as const
  const decoded = decodeQuery(iamModel(), [...head, ...parameters])
  return decoded.ok ? validate(decoded.operation, decoded.input, 'iam') : decoded
}

for (const record of records)
  test(record.id, () => {
    const { code, message, status } = record.answer
    const got = refusal(record)
    assert.equal(got?.code, LATER.has(code) ? undefined : code)
    if (got === undefined) return
    assert.equal(got.message, message ?? undefined)
    assert.equal(got.status, status)
  })

test('recorded query parameters are there', { skip: recording ? false : 'no recordings beside the repository' }, () => {
  assert.ok(records.length >= 60, `only ${records.length} records`)
})
