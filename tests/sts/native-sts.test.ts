/** What AWS answered about STS input, managed session policies and token versions in September 2026 (native/sts). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareRefusal, everyRecord, nativeRecords } from './native-records.ts'
import type { NativeRecord, Observed } from './native-records.ts'
import { MANAGER, allow, deny, must, openUnion, policyOf } from './organization.ts'
import type { Union } from './organization.ts'
import { credentialsOf, signedQuery } from './signed-query.ts'

const records = nativeRecords('native/sts/')
const skip = records.length === 0 ? 'the recordings are not beside this checkout' : false

const DIVERGENCES: ReadonlyMap<string, string> = new Map([
  ['token-version/denied', 'refusals end with their sentence, without the address of authorization details'],
  ['token-version/v1-global-length', 'session tokens have a form and a length of our own'],
  ['token-version/v1-regional-length', 'session tokens have a form and a length of our own'],
  ['token-version/v1-global-optin-region', 'tokens of both versions are good in every Region'],
  ['token-version/bad-token-kms', 'KMS is not built'],
  ['token-version/bad-token-sqs', 'SQS is not built'],
])

type Probe = (union: Union, record: NativeRecord) => Promise<Observed>

const asGiven =
  (service: 'sts' | 'iam'): Probe =>
  async (union, { call = '', given }) => ({ answer: await union[service](union.manager, call, given as object) })

const summaryOf =
  (...settings: readonly string[]): Probe =>
  async (union, { answer: expected }) => {
    for (const GlobalEndpointTokenVersion of settings)
      await must(union.iam(union.manager, 'SetSecurityTokenServicePreferences', { GlobalEndpointTokenVersion }))
    const answer = await union.iam(union.manager, 'GetAccountSummary')
    const shown = /<key>GlobalEndpointTokenVersion<\/key>\s*<value>(\d)<\/value>/.exec(answer.body)?.[1]
    assert.equal(Number(shown), expected['GlobalEndpointTokenVersion'])
    return { answer }
  }

/** A token of the one endpoint shown at others. */
const tokenOf =
  (host: string, ...regions: readonly string[]): Probe =>
  async (union) => {
    const session = credentialsOf(await union.sts(union.manager, 'GetSessionToken', {}, host))
    const answers = []
    for (const region of regions)
      answers.push(
        await must(
          signedQuery(union.world.endpoint, session, {
            service: 'sts',
            operation: 'GetCallerIdentity',
            host: `sts.${region}.amazonaws.com`,
            region,
          }),
        ),
      )
    const [answer] = answers
    assert.ok(answer)
    return { answer }
  }

/** Of a role that may list users; the session has a managed policy, which may be changed when it is issued. */
const managedPolicy =
  (after?: object): Probe =>
  async (union) => {
    const { manager } = union
    const list = JSON.stringify(policyOf(allow('iam:ListUsers')))
    const AssumeRolePolicyDocument = JSON.stringify(
      policyOf({ Effect: 'Allow', Principal: { AWS: MANAGER }, Action: 'sts:AssumeRole' }),
    )
    await must(union.iam(manager, 'CreateRole', { RoleName: 'Lister', AssumeRolePolicyDocument }))
    await must(union.iam(manager, 'PutRolePolicy', { RoleName: 'Lister', PolicyName: 'own', PolicyDocument: list }))
    await must(union.iam(manager, 'CreatePolicy', { PolicyName: 'ceiling', PolicyDocument: list }))
    const PolicyArn = `arn:aws:iam::${MANAGER}:policy/ceiling`
    const session = credentialsOf(
      await union.sts(manager, 'AssumeRole', {
        RoleArn: `arn:aws:iam::${MANAGER}:role/Lister`,
        RoleSessionName: 'probe',
        DurationSeconds: 900,
        PolicyArns: [{ arn: PolicyArn }],
      }),
    )
    if (after !== undefined)
      await must(
        union.iam(manager, 'CreatePolicyVersion', {
          PolicyArn,
          PolicyDocument: JSON.stringify(after),
          SetAsDefault: true,
        }),
      )
    return { answer: await union.iam(session, 'ListUsers') }
  }

const PROBES: ReadonlyMap<string, Probe> = new Map<string, Probe>([
  ...['plain', 'leading-zero', 'plus', 'decimal', 'blanks'].map((name): [string, Probe] => [
    `integers/${name}`,
    asGiven('sts'),
  ]),
  ['session-policy/managed-allow', managedPolicy()],
  ['session-policy/managed-changed', managedPolicy(policyOf(deny('iam:ListUsers')))],
  ['token-version/unknown-value', asGiven('iam')],
  ['token-version/empty-value', asGiven('iam')],
  ['token-version/summary-v1', summaryOf()],
  ['token-version/summary-v2', summaryOf('v2Token')],
  ['token-version/v1-global-default-region', tokenOf('sts.amazonaws.com', 'us-east-1', 'ap-northeast-3')],
  ['token-version/v1-regional-optin-region', tokenOf('sts.us-east-1.amazonaws.com', 'ap-east-1')],
])

for (const record of records) {
  const name = record.id.slice('native/sts/'.length)
  test(record.id, { skip }, async (context) => {
    const reason = DIVERGENCES.get(name)
    if (reason !== undefined) return context.diagnostic(`divergence: ${reason}`)
    const probe = PROBES.get(name)
    assert.ok(probe, `no probe for ${name}`)
    const observed = await probe(await openUnion(context), record)
    if (record.answer['message'] !== undefined || record.answer['ok'] === true) return compareRefusal(record, observed)
    assert.equal(observed.answer.code, record.answer['code'])
    if (record.answer['status'] !== undefined) assert.equal(observed.answer.status, record.answer['status'])
  })
}

test('the version may go back, and needs its permission', { skip }, async (context) => {
  const union = await openUnion(context)
  await summaryOf('v2Token', 'v1Token')(union, { id: '', answer: { GlobalEndpointTokenVersion: 1 } })
  const AssumeRolePolicyDocument = JSON.stringify(
    policyOf({ Effect: 'Allow', Principal: { AWS: MANAGER }, Action: 'sts:AssumeRole' }),
  )
  await must(union.iam(union.manager, 'CreateRole', { RoleName: 'Nothing', AssumeRolePolicyDocument }))
  const session = credentialsOf(
    await union.sts(union.manager, 'AssumeRole', {
      RoleArn: `arn:aws:iam::${MANAGER}:role/Nothing`,
      RoleSessionName: 'probe',
    }),
  )
  const refused = await union.iam(session, 'SetSecurityTokenServicePreferences', {
    GlobalEndpointTokenVersion: 'v2Token',
  })
  const recorded = records.find(({ id }) => id.endsWith('/denied'))?.answer
  assert.equal(refused.code, recorded?.['code'])
  assert.equal(refused.status, recorded?.['status'])
  const [sentence = ''] = String(recorded?.['message']).split(' Go to ')
  assert.equal(
    `${refused.message}.`,
    sentence.replace('<session arn>', `arn:aws:sts::${MANAGER}:assumed-role/Nothing/probe`),
  )
})

everyRecord(
  'native/sts/',
  [...PROBES.keys(), ...DIVERGENCES.keys()].map((name) => `native/sts/${name}`),
)
