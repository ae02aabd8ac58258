// What AWS took must not be refused here, and what it refused for its form must be: all recorded calls of IAM and STS.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iamModel, stsModel } from '../model/load.ts'
import type { Shape } from '../model/types.ts'
import { expressible } from '../testing/arbitrary.ts'
import { expandRecorded, readRecording } from '../testing/recordings.ts'
import type { NativeRecord, ScenarioRecord } from '../testing/recordings.ts'
import { validate } from './validate.ts'

/** One recorded call. `code` undefined: AWS took it. */
interface Recorded {
  readonly id: string
  readonly operation: string
  readonly parameters: object
  readonly code: string | undefined
}

const native = (readRecording('native-iam.json') as { readonly records: readonly NativeRecord[] } | undefined)?.records
const scenarios = readRecording('aws-recorded.json') as readonly ScenarioRecord[] | undefined

const calls: readonly Recorded[] = [
  ...(native ?? []).flatMap(({ id, call, answer }) =>
    typeof call === 'string' || call.query
      ? []
      : [{ id, operation: call.operation, parameters: call.params ?? {}, code: formFault(answer) }],
  ),
  ...(scenarios ?? []).flatMap(({ id, operation, sent, recorded }) =>
    sent && recorded ? [{ id, operation, parameters: sent, code: formFault(recorded.error ?? {}) }] : [],
  ),
]

/** Other ValidationErrors are the operation's own rules, with texts of their own; MalformedInput is the decoder's. */
function formFault({
  code,
  message,
}: {
  readonly code?: string
  readonly message?: string | null
}): string | undefined {
  if (code === 'MalformedInput') return code
  return code === 'ValidationError' && /validation error|for \w+ is invalid/.test(message ?? 'validation error')
    ? code
    : undefined
}

/** Refused by a rule of the service that no model holds, or recorded with stand-ins of another length. */
const LEFT_ASIDE = new Set([
  'tags/user/09-blank-key',
  'tags/user/18-more-than-fifty-in-one-call',
  'iam/iam/testiamintegrations-test-user-attach-policy#4',
  'iam/iam-mfa/testvirtualmfadevice-test-enable-virtual-mfa-device#4',
  'iam/iam-mfa/testvirtualmfadevice-test-enable-mfa-device-already-attached#5',
])

/** Placeholders get a value of a likely form; `<65 letters>` says its own. */
function fill(shape: Shape | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => fill(shape?.kind === 'list' ? shape.item : undefined, item))
  if (typeof value === 'string') return shape?.kind === 'list' ? [] : fillText(shape, value)
  if (typeof value !== 'object' || value === null) return value
  const member = (name: string) => (shape?.kind === 'structure' ? shape.byName.get(name)?.shape : undefined)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(member(name), inner)]))
}

function fillText(shape: Shape | undefined, text: string): unknown {
  if (shape?.kind === 'integer' && /^\d+$/.test(text)) return Number(text)
  const letters = /^<(\d+) letters>$/.exec(text)?.[1]
  if (letters !== undefined) return 'a'.repeat(Number(letters))
  const filled = text.replace(/<[^>]*>/g, 'A'.repeat(20))
  const least = (shape?.kind === 'string' && shape.min) || 0
  return filled === text ? text : filled.padEnd(least, 'A')
}

/** Violations, without those of members that the record left out. */
function violations({ operation: name, parameters }: Recorded): readonly string[] | undefined {
  const model = stsModel().operations.has(name) ? stsModel() : iamModel()
  const operation = model.operations.get(name)
  if (operation === undefined) return undefined
  const input = fill(operation.input, expressible(expandRecorded(parameters)) ?? {})
  const refused = validate(operation, input as Readonly<Record<string, unknown>>, 'iam')
  const list = refused?.message?.replace(/^.*? detected: /, '').split('; ') ?? []
  const absent = (text: string) => text.endsWith('must not be null')
  return list.every(absent) ? [] : list
}

test('recorded calls', { skip: native && scenarios ? false : 'no recordings beside the repository' }, () => {
  const checked = calls.flatMap((call) => {
    const found = violations(call)
    return found === undefined || LEFT_ASIDE.has(call.id) ? [] : [{ ...call, found }]
  })
  assert.ok(checked.length > 900, `only ${checked.length}`)
  const wronglyRefused = checked.filter(({ code, found }) => code === undefined && found.length > 0)
  assert.deepEqual(wronglyRefused, [])
  const silent = checked.filter(({ code, found }) => code === 'ValidationError' && found.length === 0)
  // The others of these were refused for a member that is absent, which this test leaves aside.
  assert.deepEqual(
    silent.filter(({ parameters }) => Object.keys(parameters).length > 1).map(({ id }) => id),
    [],
  )
})
