/**
 * The policy simulator of September 2026: every record of it that is kept beside the checkout, asked of a server inside
 * this process over the wire. One older record is told apart from, with its reason, at the end.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { IAMClient, SimulateCustomPolicyCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import type {
  ContextEntry,
  EvaluationResult,
  SimulateCustomPolicyCommandInput,
  SimulateCustomPolicyCommandOutput,
} from '@aws-sdk/client-iam'
import { openWorld } from '../support/world.ts'
import type { World } from '../support/world.ts'
import { flatten, query } from './query-client.ts'
import type { Keys } from '../support/world.ts'

const file = (name: string): string => fileURLToPath(new URL(`../../../shared/recordings/${name}`, import.meta.url))
const skip = existsSync(file('native-policy.json')) ? false : 'the recordings are not beside this checkout'

interface SimulatorRecord {
  readonly id: string
  readonly call?: unknown
  readonly given: Readonly<Record<string, unknown>>
  readonly answer: Readonly<Record<string, unknown>>
}
const recordsOf = (name: string): readonly SimulatorRecord[] =>
  skip === false
    ? (JSON.parse(readFileSync(file(name), 'utf8')) as { records: readonly SimulatorRecord[] }).records
    : []

const ACCOUNT = '123456789012'
let world: World
let admin: Keys
let iam: IAMClient

before(async () => {
  world = await openWorld()
  admin = await world.account(ACCOUNT)
  iam = new IAMClient({ endpoint: world.endpoint, region: 'us-east-1', credentials: admin })
})
after(async () => {
  iam.destroy()
  await world.close()
})

const documentText = (document: unknown): string =>
  (typeof document === 'string' ? document : JSON.stringify(document)).replace(
    /[\u0100-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

type GivenEntry = readonly [string | null, string | null, readonly string[]] | Record<string, never>

function contextEntries(entries: readonly GivenEntry[]): readonly ContextEntry[] {
  return entries.map((entry) => {
    if (!Array.isArray(entry)) return {}
    const [name, type, values] = entry as readonly [string | null, string | null, readonly string[]]
    return {
      ...(name === null ? {} : { ContextKeyName: name }),
      ...(type === null ? {} : { ContextKeyType: type as NonNullable<ContextEntry['ContextKeyType']> }),
      ContextKeyValues: [...values],
    }
  })
}

/** The parameters of the API that a record stands for. */
function inputOf({ given }: SimulatorRecord): Readonly<Record<string, unknown>> {
  const { policies, actions, resources, context, boundary, scpLevels, resourcePolicy } = given as Readonly<
    Record<string, readonly unknown[] | undefined>
  >
  return {
    PolicyInputList: (policies ?? []).map(documentText),
    ActionNames: actions ?? ['s3:GetObject'],
    ...(resources ? { ResourceArns: resources } : {}),
    ...(context ? { ContextEntries: contextEntries(context as readonly GivenEntry[]) } : {}),
    ...(boundary ? { PermissionsBoundaryPolicyInputList: boundary.map(documentText) } : {}),
    ...(scpLevels
      ? {
          OrderedOrganizationPolicyInputList: scpLevels.map((level) => ({
            ServiceControlPolicyInputList: (level as readonly unknown[]).map(documentText),
          })),
        }
      : {}),
    ...(resourcePolicy ? { ResourcePolicy: documentText(resourcePolicy) } : {}),
    ...Object.fromEntries(
      ['CallerArn', 'ResourceOwner', 'MaxItems', 'Marker'].flatMap((name) =>
        typeof given[name] === 'string' || typeof given[name] === 'number' ? [[name, given[name]]] : [],
      ),
    ),
  }
}

interface Answered {
  readonly code?: string
  readonly message?: string
  readonly results: readonly EvaluationResult[]
}

/** Empty structures and missing names cannot be sent by the official client: those go as raw parameters. */
async function simulate(input: Readonly<Record<string, unknown>>): Promise<Answered> {
  try {
    const answer = await iam.send(new SimulateCustomPolicyCommand(input as unknown as SimulateCustomPolicyCommandInput))
    return { results: answer.EvaluationResults ?? [] }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const code = 'Code' in error ? String(error.Code) : error.name
    return { code, message: error.message, results: [] }
  }
}

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
    compare(record, await simulate(inputOf(record)))
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
    const got = await simulate({
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
      const got = await simulate({
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
    const got = await query(world.endpoint, admin, 'SimulateCustomPolicy', parameters)
    assert.equal(got.status, answer.status, `${id}: ${got.body}`)
    assert.equal(got.code, answer.code, id)
    if (answer.message !== undefined) assert.equal(got.message, answer.message, id)
    for (const wanted of answer.members?.EvaluationResults ?? []) {
      const answered = await simulate(call.params)
      for (const [name, value] of Object.entries(wanted))
        assert.deepEqual(
          JSON.parse(JSON.stringify((answered.results[0] as unknown as Readonly<Record<string, unknown>>)[name] ?? [])),
          value,
          `${id} ${name}`,
        )
    }
  }
})

const allow = (Action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })

const must = async (operation: string, parameters: Readonly<Record<string, string>>): Promise<void> => {
  const got = await query(world.endpoint, admin, operation, Object.entries(parameters))
  assert.equal(got.status, 200, `${operation}: ${got.body}`)
}

test('policies of a principal: sources, boundary, exclusions', async () => {
  await must('CreateUser', { UserName: 'u' })
  await must('CreateGroup', { GroupName: 'g' })
  await must('AddUserToGroup', { UserName: 'u', GroupName: 'g' })
  await must('PutUserPolicy', { UserName: 'u', PolicyName: 'p', PolicyDocument: allow('s3:GetObject') })
  await must('PutGroupPolicy', { GroupName: 'g', PolicyName: 'p', PolicyDocument: allow('s3:PutObject') })
  await must('CreatePolicy', { PolicyName: 'm', PolicyDocument: allow('s3:ListBucket') })
  await must('AttachUserPolicy', { UserName: 'u', PolicyArn: `arn:aws:iam::${ACCOUNT}:policy/m` })
  const PolicySourceArn = `arn:aws:iam::${ACCOUNT}:user/u`
  const ask = async (more: object = {}) =>
    iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn,
        ActionNames: ['s3:GetObject', 's3:PutObject', 's3:ListBucket'],
        ...more,
      }),
    )
  const sources = (results: readonly EvaluationResult[] | undefined) =>
    (results ?? []).map((one) => (one.MatchedStatements ?? []).map(({ SourcePolicyId }) => SourcePolicyId).join())
  assert.deepEqual(sources((await ask()).EvaluationResults), ['user_u_p', 'group_g_p', 'm'])
  const inline = { PolicyName: 'p', AttachmentType: 'group', AttachmentName: '?' }
  const excluded = await ask({
    PolicyExclusionList: [{ InlinePolicyIdentifier: inline }, { PolicyType: 'user-managed' }],
  })
  assert.deepEqual(sources(excluded.EvaluationResults), ['user_u_p', '', ''])
  const pattern = { PolicyName: 'p*', AttachmentType: 'group', AttachmentName: 'g' }
  await assert.rejects(ask({ PolicyExclusionList: [{ InlinePolicyIdentifier: pattern }] }), {
    name: 'InvalidInputException',
    message: 'Invalid inline policy exclusion: policyName, attachmentType, and attachmentName are required',
  })
  await must('CreatePolicy', { PolicyName: 'bound', PolicyDocument: allow('s3:PutObject') })
  await must('PutUserPermissionsBoundary', {
    UserName: 'u',
    PermissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/bound`,
  })
  const bounded = (await ask()).EvaluationResults ?? []
  assert.deepEqual(
    bounded.map((one) => [one.EvalDecision, one.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary]),
    [
      ['implicitDeny', false],
      ['allowed', true],
      ['implicitDeny', false],
    ],
  )
  const free = await ask({ PolicyExclusionList: [{ PolicyType: 'permission-boundary' }] })
  assert.deepEqual(
    free.EvaluationResults?.map((one) => one.EvalDecision),
    ['allowed', 'allowed', 'allowed'],
  )
})

test('a principal that is gone, and one of another kind', async () => {
  const ask = (PolicySourceArn: string) =>
    iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ['s3:GetObject'] }))
  await assert.rejects(ask(`arn:aws:iam::${ACCOUNT}:role/gone`), {
    name: 'NoSuchEntityException',
    message: 'Unable to retrieve specified IAM entity.',
  })
})

test('pages hold every result once, in the order asked', async () => {
  const ActionNames = Array.from({ length: 25 }, (_, index) => `s3:Action${index}`)
  const seen: string[] = []
  let Marker: string | undefined
  do {
    const page: SimulateCustomPolicyCommandOutput = await iam.send(
      new SimulateCustomPolicyCommand({
        PolicyInputList: [allow('*')],
        ActionNames,
        MaxItems: 10,
        ...(Marker === undefined ? {} : { Marker }),
      }),
    )
    seen.push(...(page.EvaluationResults ?? []).map((one) => one.EvalActionName ?? ''))
    Marker = page.Marker
  } while (Marker !== undefined)
  assert.deepEqual(seen, ActionNames)
})

interface Recorded {
  readonly id: string
  readonly recorded: {
    readonly content_length?: number
    readonly body: { readonly EvaluationResults: readonly Readonly<Record<string, unknown>>[] }
  }
}
const recordedScenario = (id: string): Recorded => {
  const all = JSON.parse(readFileSync(file('aws-recorded.json'), 'utf8')) as readonly Recorded[]
  const found = all.find((record) => record.id === id)
  assert.ok(found, id)
  return found
}

for (const kind of ['role', 'user'] as const)
  test(`the members of an answer about a ${kind} with a resource`, { skip }, async () => {
    const { recorded } = recordedScenario(`iam/iam/testiamintegrations-test-simulate-principle-policy-${kind}#5`)
    const name = `recorded-${kind}`
    // The statement stands where the recorded one stood, and is as long.
    const text =
      '{"Version": "2012-10-17", "Statement": [{"Action": "s3:PutObject", "Effect": "Allow", "Resource": "*"}  ]}'
    if (kind === 'user') await must('CreateUser', { UserName: name })
    else
      await must('CreateRole', {
        RoleName: name,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
        }),
      })
    const holder: Readonly<Record<string, string>> = kind === 'user' ? { UserName: name } : { RoleName: name }
    await must(kind === 'user' ? 'PutUserPolicy' : 'PutRolePolicy', {
      ...holder,
      PolicyName: 'p',
      PolicyDocument: text,
    })
    const got = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: `arn:aws:iam::${ACCOUNT}:${kind}/${name}`,
        ActionNames: ['s3:PutObject', 's3:GetObjectVersion'],
        ResourceArns: ['arn:aws:s3:::bucket'],
      }),
    )
    const wanted = recorded.body.EvaluationResults.map((result) =>
      JSON.parse(
        JSON.stringify(result, (key, value: unknown) => (UNCOMPARED.has(key) ? undefined : value)).replaceAll(
          '<partition>',
          'aws',
        ),
      ),
    )
    const answered = (got.EvaluationResults ?? []).map((result) =>
      JSON.parse(JSON.stringify(result, (key, value: unknown) => (UNCOMPARED.has(key) ? undefined : value))),
    )
    assert.deepEqual(answered, wanted)
  })

/** The account of the recording was in an organization; its policy was longer by blanks; its id was hidden. */
const UNCOMPARED = new Set(['OrganizationsDecisionDetail', 'EndPosition', 'SourcePolicyId'])

test('lists of IAM are simulated on the place of what they list', { skip }, async () => {
  const { recorded } = recordedScenario('sdk/simulate-boundary-deny')
  const [wanted] = recorded.body.EvaluationResults
  const deny = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: 'iam:List*', Resource: '*' }],
  })
  const got = await simulate({
    PolicyInputList: [allow('*')],
    PermissionsBoundaryPolicyInputList: [deny],
    ActionNames: ['iam:ListUsers'],
  })
  const [result] = got.results
  assert.equal(result?.EvalResourceName?.replace(ACCOUNT, '111111111111'), wanted?.['EvalResourceName'])
  assert.equal(result?.EvalDecision, wanted?.['EvalDecision'])
  // The older recording tells the allowing statement too; nat-sim-boundary-03, of September 2026, the denying one alone.
  assert.deepEqual(
    result?.MatchedStatements?.map((statement) => statement.SourcePolicyType as string),
    ['Permissions Boundary Policy'],
  )
})

test('both sides of another account are told apart', async () => {
  const resource = 'arn:aws:s3:::elsewhere/a'
  const ask = (owner: string) =>
    simulate({
      PolicyInputList: [allow('s3:PutObject')],
      ActionNames: ['s3:GetObject'],
      ResourceArns: [resource],
      CallerArn: `arn:aws:iam::${ACCOUNT}:user/u`,
      ResourceOwner: `arn:aws:iam::${owner}:root`,
      ResourcePolicy: JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 's3:GetObject', Resource: resource },
      }),
    })
  const [other] = (await ask('222222222222')).results
  assert.equal(other?.EvalDecision, 'implicitDeny')
  assert.deepEqual(other?.EvalDecisionDetails, { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' })
  assert.equal((await ask(ACCOUNT)).results[0]?.EvalDecision, 'allowed')
})
