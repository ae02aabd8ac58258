/**
 * The policy simulator of September 2026: every record of it that is kept beside the checkout, asked of a server inside
 * this process over the wire.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { EvaluationResult } from '@aws-sdk/client-iam'
import { flatten, query } from './query-client.ts'
import { ACCOUNT, contextEntries, inputOf, openSimulator, recordsOf, skip } from './simulator.ts'
import type { Answered, GivenEntry, Simulator, SimulatorRecord } from './simulator.ts'

let simulator: Simulator
before(async () => {
  simulator = await openSimulator()
})
after(() => simulator.close())

/** Records that are not one call of SimulateCustomPolicy with a plain answer; each has a test of its own below. */
const APART = /^nat-sim-(?:principal-sources|caller-defaults)|^nat-ip-simulator/
const simulations = recordsOf('native-policy.json').filter(
  ({ id, call }) => call === 'SimulateCustomPolicy' && !APART.test(id),
)

function compare(record: SimulatorRecord, got: Answered): void {
  const { answer } = record
  const shown = `${record.id}: ${JSON.stringify(got)}`
  if (answer['code'] !== undefined) {
    assert.equal(got.code, answer['code'], shown)
    if (answer['message'] !== undefined) assert.equal(got.message, answer['message'], shown)
    if (typeof answer['messageEnds'] === 'string') assert.ok(got.message?.endsWith(answer['messageEnds']), shown)
    if (typeof answer['messagePattern'] === 'string')
      assert.match(got.message ?? '', patternOf(answer['messagePattern']), shown)
    return
  }
  assert.equal(got.code, undefined, shown)
  compareResult(record, got, shown)
}

const patternOf = (text: string): RegExp =>
  new RegExp(`^${text.replaceAll(/[.[\]()]/g, String.raw`\$&`).replaceAll(/<[^>]*>/g, '.+')}$`)

function compareResult({ answer }: SimulatorRecord, got: Answered, shown: string): void {
  const [first] = got.results
  assert.ok(first, shown)
  const parts: Readonly<Record<string, () => unknown>> = {
    decision: () => first.EvalDecision,
    resource: () => first.EvalResourceName,
    aggregateName: () => first.EvalResourceName,
    missing: () => first.MissingContextValues ?? [],
    perResource: () => first.ResourceSpecificResults?.map((one) => one.EvalResourceDecision),
    order: () => got.results.map((one) => one.EvalActionName),
    AllowedByPermissionsBoundary: () => first.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary,
    AllowedByOrganizations: () => first.OrganizationsDecisionDetail?.AllowedByOrganizations,
    start: () => positionOf(first, 'StartPosition'),
    end: () => positionOf(first, 'EndPosition'),
    matched: () =>
      (first.MatchedStatements ?? []).map((statement, index) =>
        typeof (answer['matched'] as readonly (readonly unknown[])[])[index]?.[1] === 'string'
          ? [statement.SourcePolicyId, statement.SourcePolicyType]
          : [
              statement.SourcePolicyId,
              ...[statement.StartPosition, statement.EndPosition].map((at) => [at?.Line, at?.Column]),
            ],
      ),
  }
  for (const [name, value] of Object.entries(answer)) {
    if (name === 'accepted') continue
    const read = parts[name]
    assert.ok(read, `${name} is not compared: ${shown}`)
    assert.deepEqual(read(), wordsAsPosition(value), `${name} of ${shown}`)
  }
}

/** One record tells its positions in words: they are those of a document whose lines the words name. */
const wordsAsPosition = (value: unknown): unknown => {
  if (value === 'right after the [ (line 2)') return [2, 14]
  if (value === 'right after the } (line 3)') return [3, 58]
  return value
}

const positionOf = (result: EvaluationResult, name: 'StartPosition' | 'EndPosition'): unknown => {
  const at = result.MatchedStatements?.[0]?.[name]
  return [at?.Line, at?.Column]
}

for (const record of simulations)
  test(`${record.id}`, { skip }, async () => {
    compare(record, await simulator.simulate(inputOf(record)))
  })

test('the records of the simulator were found', { skip }, () =>
  assert.ok(simulations.length >= 85, `${simulations.length}`),
)

const condition = (block: unknown): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/u` },
        Action: 'iam:TagUser',
        Resource: `arn:aws:iam::${ACCOUNT}:user/u`,
        Condition: block,
      },
    ],
  })

test('operands that cannot be read, in a resource policy', { skip }, async () => {
  const records = recordsOf('native-policy.json').filter(({ id }) => id.startsWith('nat-ip-simulator'))
  assert.equal(records.length, 4)
  for (const { id, given, answer } of records) {
    const got = await simulator.simulate({
      PolicyInputList: [],
      ActionNames: ['iam:TagUser'],
      ResourceArns: [`arn:aws:iam::${ACCOUNT}:user/u`],
      CallerArn: `arn:aws:iam::${ACCOUNT}:user/u`,
      ResourcePolicy: condition(given['resourcePolicyCondition']),
      ContextEntries: contextEntries(given['context'] as readonly GivenEntry[]),
    })
    assert.equal(got.results[0]?.EvalDecision, answer['decision'], `${id} ${JSON.stringify(got)}`)
  }
})

test('keys that follow from the caller', { skip }, async () => {
  const records = recordsOf('native-policy.json').filter(({ id }) => id.startsWith('nat-sim-caller-defaults'))
  assert.equal(records.length, 4)
  for (const { id, given, answer } of records) {
    const arn = given['CallerArn']
    const CallerArn = arn === 'a group or a role ARN' ? `arn:aws:iam::${ACCOUNT}:role/r` : arn
    for (const [key, value] of Object.entries(answer)) {
      const wanted = value === '<account of the real caller>' ? ACCOUNT : value
      const block = wanted === null ? { Null: { [key]: 'true' } } : { StringEquals: { [key]: wanted } }
      const got = await simulator.simulate({
        PolicyInputList: [
          JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: block }],
          }),
        ],
        ActionNames: ['s3:GetObject'],
        ...(typeof CallerArn === 'string' ? { CallerArn } : {}),
        ...(given['context'] ? { ContextEntries: contextEntries(given['context'] as readonly GivenEntry[]) } : {}),
      })
      assert.equal(got.results[0]?.EvalDecision, 'allowed', `${id} ${key} ${JSON.stringify(got)}`)
    }
  }
})

interface RawRecord {
  readonly id: string
  readonly call: { readonly operation?: string; readonly params: Readonly<Record<string, unknown>> }
  readonly answer: {
    readonly status: number
    readonly code?: string
    readonly message?: string
    readonly members?: { readonly EvaluationResults: readonly Readonly<Record<string, unknown>>[] }
  }
}

test('entries of the context, sent as raw parameters', { skip }, async () => {
  const records = (recordsOf('native-iam.json') as unknown as readonly RawRecord[]).filter(({ id }) =>
    id.startsWith('simulation/'),
  )
  assert.equal(records.length, 20)
  for (const { id, call, answer } of records) {
    const parameters = flatten(call.params).filter(
      ([name]) => id !== 'simulation/context-entries/empty-entry' || name !== '',
    )
    const got = await query(simulator.world.endpoint, simulator.admin, 'SimulateCustomPolicy', parameters)
    assert.equal(got.status, answer.status, `${id}: ${got.body}`)
    assert.equal(got.code, answer.code, id)
    if (answer.message !== undefined) assert.equal(got.message, answer.message, id)
    for (const wanted of answer.members?.EvaluationResults ?? []) {
      const answered = await simulator.simulate(call.params)
      for (const [name, value] of Object.entries(wanted))
        assert.deepEqual(
          JSON.parse(JSON.stringify((answered.results[0] as unknown as Readonly<Record<string, unknown>>)[name] ?? [])),
          value,
          `${id} ${name}`,
        )
    }
  }
})
