import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import { decide } from '../decision/decide.ts'
import { denialMessage } from '../decision/message.ts'
import type { AttachedPolicy, ContextValue, PolicySet, RequestContext } from '../types.ts'
import { parsePolicy } from '../validation/parse.ts'
import type { PolicyType } from '../validation/problem.ts'
import { readRecords, withoutRecordings, type NativeRecord } from './recordings.ts'

const FILE = 'native-policy.json'
const skip = withoutRecordings(FILE)
const records = readRecords<NativeRecord>(FILE)
const A = '123456789012'

const policyOf = (...statements: readonly object[]): AttachedPolicy => ({
  name: 'policy',
  policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
})
const tagUser = { Effect: 'Allow', Action: 'iam:TagUser', Resource: '*' }
const session = {
  kind: 'role-session',
  accountId: A,
  arn: `arn:aws:sts::${A}:assumed-role/r/s`,
  userId: 'AROAR:s',
  roleArn: `arn:aws:iam::${A}:role/r`,
} as const

/** The three forms in which a condition was tried, as the head of the file explains them. */
function statementsOf(form: string, condition: unknown): readonly object[] {
  const under = { ...tagUser, Condition: condition }
  if (form === 'A') return [under]
  return [tagUser, form === 'D' ? { ...under, Effect: 'Deny' } : under]
}

function tagContext(tags: Readonly<Record<string, string>>): RequestContext['context'] {
  const keys = Object.keys(tags)
  const entries = Object.entries(tags).map(([key, value]): readonly [string, ContextValue] => [
    `aws:RequestTag/${key}`,
    value,
  ])
  return requestContext(keys.length === 0 ? entries : [...entries, ['aws:TagKeys', keys]])
}

function answerTagUser(form: string, given: NativeRecord['given']): string {
  const text = escaped(JSON.stringify({ Version: '2012-10-17', Statement: statementsOf(form, given.condition) }))
  const parsed = parsePolicy(text, 'session')
  if (!parsed.ok) return `AssumeRole:${parsed.code}`
  const request: RequestContext = {
    principal: session,
    action: 'iam:TagUser',
    resource: `arn:aws:iam::${A}:user/test`,
    resourceAccount: A,
    context: tagContext(given.tags as Readonly<Record<string, string>>),
  }
  return decide(request, { identity: [policyOf(tagUser)], session: [{ name: 's', policy: parsed.policy }] }).effect
}

/** Policies hold nothing above U+00FF; such values can only have been sent as escapes. */
const escaped = (text: string): string =>
  text.replace(/[\u0100-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Whoever is past authorization gets Success, or InvalidInput for an empty list of tags. */
const AUTHORIZED = new Set(['Success', 'InvalidInput'])
const wanted = (answer: string): string =>
  AUTHORIZED.has(answer) ? 'Allow' : answer === 'AccessDenied' ? 'Deny' : answer

test('conditions of real calls', { skip }, () => {
  let compared = 0
  for (const { id, given, answer } of records.filter((record) => record.test === 'tag-user')) {
    for (const [form, code] of Object.entries(answer as Readonly<Record<string, string>>)) {
      if (code === 'ValidationError') continue
      assert.equal(answerTagUser(form, given), wanted(code), `${id} form ${form} ${JSON.stringify(given)}`)
      compared++
    }
  }
  assert.ok(compared > 400, `${compared}`)
})

/** accepted, or code and text as far as recorded. */
function compareSave(record: NativeRecord, type: PolicyType, text: string): void {
  const { accepted, code, message } = record.answer
  const got = parsePolicy(text, type)
  const shown = `${record.id} ${text} ${JSON.stringify(got.ok ? 'accepted' : got)}`
  assert.equal(got.ok, accepted === true, shown)
  if (got.ok) return
  assert.equal(got.code, code, shown)
  if (message !== undefined) assert.equal(got.message, message, shown)
}

const area = (name: string): readonly NativeRecord[] => records.filter((record) => record.area === name)

test('operands that PutUserPolicy takes', { skip }, () => {
  const rows = area('validation')
  assert.ok(rows.length > 20)
  for (const record of rows) {
    const statement = { ...tagUser, Condition: record.given.condition }
    compareSave(record, 'inline', JSON.stringify({ Version: '2012-10-17', Statement: statement }))
  }
})

test('trust policies of shared issuers', { skip }, () => {
  const rows = area('trust-policy validation')
  assert.ok(rows.length > 150)
  for (const record of rows) compareSave(record, 'trust', JSON.stringify(record.given.document))
})

test('resource control policies', { skip }, () => {
  const rows = area('rcp validation')
  assert.ok(rows.length >= 10)
  for (const record of rows) compareSave(record, 'rcp', JSON.stringify(record.given.document))
})

interface Simulation {
  readonly policies: readonly unknown[]
  readonly actions: readonly string[]
  readonly resources?: readonly string[]
  readonly context?: readonly (readonly [string, string, readonly string[]])[]
}

const keyPolicy = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }

/** The simulator differs from real calls for values that cannot be read (policy-semantics 4.26); we follow the calls. */
const SIMULATOR_ONLY = /simulator-malformed-context|ip-simulator-malformed-operand/

test('conditions and matching of the simulator', { skip }, () => {
  const groups =
    /^nat-(?:fold-simulator|glob-arnlike|arn-variable|sim-deny|sim-absent|sim-forall|sim-resource-star|simulator|ip-simulator)/
  const rows = records.filter(({ id }) => groups.test(id) && !SIMULATOR_ONLY.test(id))
  assert.ok(rows.length > 15)
  for (const { id, given, answer } of rows) {
    if (answer.decision === undefined) continue
    const { policies, actions, resources, context } = given as unknown as Simulation
    const identity = policies.map((document) => ({
      name: 'p',
      policy: compilePolicy(typeof document === 'string' ? document : JSON.stringify(document)),
    }))
    const entries = (context ?? []).map(([key, type, values]): readonly [string, ContextValue] => [
      key,
      type.endsWith('List') ? values : (values[0] ?? ''),
    ])
    const expected = (answer.perResource ?? [answer.decision]) as readonly string[]
    for (const [index, decision] of expected.entries()) {
      const request: RequestContext = {
        principal: { kind: 'user', accountId: A, arn: `arn:aws:iam::${A}:user/u`, userId: 'AIDAU' },
        action: actions[0] ?? '',
        resource: resources?.[index] ?? '*',
        context: requestContext(entries),
      }
      // A key needs its own policy in real calls; the simulator does not ask for one.
      const resource = request.action.startsWith('kms:') ? policyOf({ ...keyPolicy, Principal: { AWS: A } }) : undefined
      const { effect } = decide({ ...request, resourceAccount: A }, { identity, resource })
      assert.equal(effect, decision === 'allowed' ? 'Allow' : 'Deny', `${id} ${JSON.stringify(given)}`)
    }
  }
})

const MEMBER = '222222222222'
const MANAGEMENT = '111111111111'
const RCP = `arn:aws:organizations::${MANAGEMENT}:policy/o-<org>/resource_control_policy/p-<policy>`
const rcp = (Action: string): PolicySet['rcp'] => [
  [{ ...policyOf({ Effect: 'Deny', Principal: '*', Action, Resource: '*' }), arn: RCP }],
]
const all = policyOf({ Effect: 'Allow', Action: '*', Resource: '*' })
const caller = { kind: 'user', accountId: MEMBER, arn: '<caller ARN>', userId: 'AIDAC' } as const
const queue: RequestContext = {
  principal: caller,
  action: 'sqs:SendMessage',
  resource: `arn:aws:sqs:us-east-1:${MEMBER}:<queue>`,
  resourceAccount: MEMBER,
  context: requestContext({}),
}

/** What each record tries, rebuilt from its words. */
const EFFECTS: Readonly<Record<string, { readonly request: RequestContext; readonly set: PolicySet }>> = {
  'nat-rcp-effect-01': { request: queue, set: { identity: [all], rcp: rcp('sqs:*') } },
  'nat-rcp-effect-02': {
    request: {
      ...queue,
      principal: { ...caller, accountId: MANAGEMENT },
      context: requestContext({ 'aws:PrincipalOrgID': 'o-1', 'aws:ResourceOrgID': 'o-1' }),
    },
    set: { identity: [all], rcp: rcp('sqs:*') },
  },
  'nat-rcp-effect-03': {
    request: { ...queue, resourceAccount: MANAGEMENT, flags: { resourceInManagementAccount: true } },
    set: {
      identity: [all],
      rcp: rcp('sqs:*'),
      resource: policyOf({ Effect: 'Allow', Principal: { AWS: MEMBER }, Action: 'sqs:*', Resource: '*' }),
    },
  },
  'nat-rcp-effect-04': {
    request: { ...queue, action: 'sqs:ListQueues', resource: `arn:aws:sqs:us-east-1:${MEMBER}:` },
    set: { identity: [all], rcp: rcp('sqs:*') },
  },
  'nat-rcp-effect-05': {
    request: { ...queue, action: 'sts:AssumeRole', resource: `arn:aws:iam::${MEMBER}:role/r` },
    set: {
      identity: [all],
      rcp: rcp('sts:AssumeRole'),
      trust: policyOf({ Effect: 'Allow', Principal: { AWS: MEMBER }, Action: 'sts:AssumeRole' }),
    },
  },
  'nat-rcp-effect-06': { request: queue, set: { identity: [all] } },
}

test('what resource control policies do', { skip }, () => {
  const rows = area('rcp').filter(({ id }) => id.startsWith('nat-rcp-effect'))
  assert.ok(rows.length > 0)
  for (const { id, answer } of rows) {
    const known = EFFECTS[id]
    assert.ok(known, `${id} has no case`)
    const got = decide(known.request, known.set)
    assert.equal(got.effect, answer.code === 'Success' ? 'Allow' : 'Deny', id)
    if (got.effect === 'Allow') continue
    const message = denialMessage(known.request, got, known.request.action.startsWith('sts:') ? 'sts' : 'iam')
    const shown = (text: string): string => text.replace('<role ARN>', known.request.resource).toLowerCase()
    assert.equal(shown(message), shown(String(answer.message)), id)
  }
})
