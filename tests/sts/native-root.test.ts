/**
 * What AWS answered about central root access in September 2026, asked of a server inside this process. Each record has its
 * probe, or stands in DIVERGENCES with its reason; skipped by name where the recordings are not beside this checkout.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { IAM_SERVICE } from '../../packages/server/src/entities/organization.ts'
import type { Organization } from '../../packages/server/src/entities/organization.ts'
import type { Keys } from '../support/world.ts'
import { compareLifetime, compareRefusal, everyRecord, nativeRecords } from './native-records.ts'
import type { NativeRecord, Observed } from './native-records.ts'
import {
  DELEGATE,
  MANAGER,
  MEMBER,
  deny,
  must,
  openUnion,
  policyOf,
  userArnOf,
  userWith,
  allow,
} from './organization.ts'
import type { Union } from './organization.ts'
import { credentialsOf } from './signed-query.ts'

const records = nativeRecords('native/root/')
const skip = records.length === 0 ? 'the recordings are not beside this checkout' : false

const NO_CONSOLE = 'console passwords are not built: 501'
const DIVERGENCES: ReadonlyMap<string, string> = new Map([
  ['features/properties', 'account properties are not built: 501'],
  ['features/properties-denied', 'account properties are not built: 501'],
  ['features/trust-with-delegate', 'Organizations is not built: trusted access comes from the seed'],
  ['session/create-profile', NO_CONSOLE],
  ['session/create-profile-again', NO_CONSOLE],
  ['session/summary', NO_CONSOLE],
  ['revocation/delegate-gone', 'ours is consistent: a delegate that is gone is refused at once'],
  ['organization/already-all', 'Organizations is not built'],
  ['organization/member', 'Organizations is not built'],
])

const AUDIT = 'IAMAuditRootUserCredentials'
const arnOf = (task: string): string => `arn:aws:iam::aws:policy/root-task/${task}`
const TRUSTED: Partial<Organization> = {
  trustedAccess: [IAM_SERVICE],
  delegatedAdministrators: [{ servicePrincipal: IAM_SERVICE, account: DELEGATE }],
}
const CREDENTIALS: Partial<Organization> = { ...TRUSTED, features: ['RootCredentialsManagement'] }
const BOTH: Partial<Organization> = { ...TRUSTED, features: ['RootCredentialsManagement', 'RootSessions'] }

const assumeRoot = (union: Union, keys: Keys, task = AUDIT, input: object = {}, host?: string) =>
  union.sts(keys, 'AssumeRoot', { TargetPrincipal: MEMBER, TaskPolicyArn: { arn: arnOf(task) }, ...input }, host)

type Probe = (union: Union, record: NativeRecord) => Promise<Observed>

/** Of the group `input`: a call for the caller's own account. */
const input =
  (change: object, host?: string): Probe =>
  async (union) => ({
    answer: await assumeRoot(union, union.manager, AUDIT, { TargetPrincipal: MANAGER, ...change }, host),
    names: { '<caller arn>': userArnOf(union.manager), '<account>': MANAGER },
  })

const task =
  (name: string, who: 'manager' | 'delegate' = 'manager'): Probe =>
  async (union) => ({ answer: await assumeRoot(union, union[who], name) })

const feature =
  (who: 'manager' | 'member' | 'delegate', operation: string): Probe =>
  async (union) => ({
    answer: await union.iam(union[who], operation),
    names: { '<account>': union[who].accountId, '<caller arn>': userArnOf(union[who]) },
  })

const document =
  (name: string): Probe =>
  async (union, { answer: expected }) => {
    const answer = await union.iam(union.manager, 'GetPolicyVersion', { PolicyArn: arnOf(name), VersionId: 'v1' })
    assert.deepEqual(JSON.parse(decodeURIComponent(answer.element('Document') ?? '')), expected['Document'])
    return { answer }
  }

const outlives =
  (change: Partial<Organization>, who: 'manager' | 'delegate'): Probe =>
  async (union) => {
    const session = credentialsOf(await assumeRoot(union, union[who]))
    await union.organize(change)
    return { answer: await union.iam(session, 'GetUser') }
  }

interface Case {
  readonly organization?: Partial<Organization>
  readonly probe: Probe
}

const CASES: ReadonlyMap<string, Case> = new Map<string, Case>([
  ['input/own-account-id', { probe: input({}) }],
  ['input/own-root-arn', { probe: input({ TargetPrincipal: `arn:aws:iam::${MANAGER}:root` }) }],
  ['input/explicit-deny', { probe: explicitDeny }],
  ['input/user-arn', { probe: input({ TargetPrincipal: `arn:aws:iam::${MANAGER}:user/x` }) }],
  ['input/duration-0', { probe: input({ DurationSeconds: 0 }) }],
  ['input/duration-901', { probe: input({ DurationSeconds: 901 }) }],
  ['input/other-policy', { probe: input({ TaskPolicyArn: { arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' } }) }],
  ['input/policy-without-arn', { probe: input({ TaskPolicyArn: {} }) }],
  ['input/global-endpoint', { probe: input({}, 'sts.amazonaws.com') }],
  ['features/no-trusted-access', { probe: feature('manager', 'ListOrganizationsFeatures') }],
  ['features/permission-first', { probe: withoutPermission }],
  ['features/empty', { organization: TRUSTED, probe: feature('manager', 'ListOrganizationsFeatures') }],
  ['features/member', { organization: TRUSTED, probe: feature('member', 'ListOrganizationsFeatures') }],
  ['features/delegate-lists', { organization: TRUSTED, probe: feature('delegate', 'ListOrganizationsFeatures') }],
  [
    'features/delegate-enables',
    { organization: TRUSTED, probe: feature('delegate', 'EnableOrganizationsRootCredentialsManagement') },
  ],
  [
    'features/manager-enables',
    { organization: TRUSTED, probe: feature('manager', 'EnableOrganizationsRootCredentialsManagement') },
  ],
  [
    'features/manager-enables-second',
    { organization: CREDENTIALS, probe: feature('manager', 'EnableOrganizationsRootSessions') },
  ],
  [
    'features/delegate-disables',
    { organization: BOTH, probe: feature('delegate', 'DisableOrganizationsRootCredentialsManagement') },
  ],
  [
    'features/disable-again',
    {
      organization: { ...TRUSTED, features: ['RootSessions'] },
      probe: feature('manager', 'DisableOrganizationsRootCredentialsManagement'),
    },
  ],
  ['features/restored', { organization: BOTH, probe: restored }],
  ...[
    AUDIT,
    'IAMDeleteRootUserCredentials',
    'IAMCreateRootUserPassword',
    'S3UnlockBucketPolicy',
    'SQSUnlockQueuePolicy',
  ].map((name): [string, Case] => [`tasks/credentials-only-${name}`, { organization: CREDENTIALS, probe: task(name) }]),
  ['tasks/sessions-only-audit', { organization: { ...TRUSTED, features: ['RootSessions'] }, probe: task(AUDIT) }],
  ['tasks/delegate-assumes', { organization: CREDENTIALS, probe: task(AUDIT, 'delegate') }],
  ['session/get-user', { organization: CREDENTIALS, probe: getUser }],
  ['session/lists', { organization: CREDENTIALS, probe: lists }],
  ['session/no-profile', { organization: CREDENTIALS, probe: noProfile }],
  ['revocation/features-off', { organization: TRUSTED, probe: task(AUDIT) }],
  ['revocation/issued-session-features-off', { organization: BOTH, probe: outlives({ features: [] }, 'manager') }],
  [
    'revocation/issued-session-no-delegate',
    { organization: BOTH, probe: outlives({ trustedAccess: [], delegatedAdministrators: [] }, 'delegate') },
  ],
  ...[AUDIT, 'IAMCreateRootUserPassword', 'IAMDeleteRootUserCredentials', 'S3UnlockBucketPolicy'].map(
    (name): [string, Case] => [`task-policies/${name}`, { probe: document(name) }],
  ),
  ['task-policies/get-policy', { probe: getPolicy }],
])

for (const record of records) {
  const name = record.id.slice('native/root/'.length)
  test(record.id, { skip }, async (context) => {
    const reason = DIVERGENCES.get(name)
    if (reason !== undefined) return context.diagnostic(`divergence: ${reason}`)
    const found = CASES.get(name)
    assert.ok(found, `no probe for ${name}`)
    await replay(record, found, context)
  })
}

everyRecord(
  'native/root/',
  [...CASES.keys(), ...DIVERGENCES.keys()].map((name) => `native/root/${name}`),
)

async function replay(record: NativeRecord, { organization, probe }: Case, context: TestContext): Promise<void> {
  const union = await openUnion(context, organization)
  const now = Date.now()
  const observed = await probe(union, record)
  compareRefusal(record, observed)
  const { EnabledFeatures: features, lifetime } = record.answer
  if (lifetime !== undefined) compareLifetime(record, observed, now)
  if (features !== undefined)
    assert.deepEqual(
      [...observed.answer.body.matchAll(/<member>([^<]*)<\/member>/g)].map(([, name]) => name),
      features,
    )
}

async function explicitDeny(union: Union): Promise<Observed> {
  const user = await userWith(union, union.manager, policyOf(allow('*'), deny('sts:AssumeRoot')))
  return {
    answer: await assumeRoot(union, user, AUDIT, { TargetPrincipal: MANAGER }),
    names: { '<caller arn>': user.arn, '<account>': MANAGER },
  }
}

async function withoutPermission(union: Union): Promise<Observed> {
  const user = await userWith(union, union.manager, undefined)
  return { answer: await union.iam(user, 'ListOrganizationsFeatures'), names: { '<caller arn>': user.arn } }
}

async function restored(union: Union): Promise<Observed> {
  await union.organize({ trustedAccess: [] })
  assert.equal((await union.iam(union.manager, 'ListOrganizationsFeatures')).status, 400)
  await union.organize({ trustedAccess: [IAM_SERVICE] })
  return { answer: await union.iam(union.manager, 'ListOrganizationsFeatures') }
}

async function getUser(union: Union): Promise<Observed> {
  const session = credentialsOf(await must(assumeRoot(union, union.manager)))
  const answer = await union.iam(session, 'GetUser')
  assert.equal(answer.element('UserId'), MEMBER)
  assert.equal(answer.element('Arn'), `arn:aws:iam::${MEMBER}:root`)
  assert.match(answer.element('CreateDate') ?? '', /Z$/)
  assert.doesNotMatch(answer.body, /UserName|Path/)
  return { answer }
}

async function lists(union: Union): Promise<Observed> {
  const session = credentialsOf(await must(assumeRoot(union, union.manager)))
  const answers = []
  for (const operation of ['ListAccessKeys', 'ListSigningCertificates', 'ListMFADevices']) {
    const answer = await union.iam(session, operation)
    assert.doesNotMatch(answer.body, /<member>/)
    answers.push(answer)
  }
  const answer = answers.find(({ status }) => status !== 200) ?? answers[0]
  assert.ok(answer)
  return { answer }
}

async function noProfile(union: Union): Promise<Observed> {
  const session = credentialsOf(await must(assumeRoot(union, union.manager)))
  return { answer: await union.iam(session, 'GetLoginProfile') }
}

/** The id follows from the ARN here (docs/divergences.md, IAM); everything else is AWS's. */
async function getPolicy(union: Union, { answer: expected }: NativeRecord): Promise<Observed> {
  const answer = await union.iam(union.manager, 'GetPolicy', { PolicyArn: arnOf(AUDIT) })
  for (const [name, value] of Object.entries(expected))
    if (!['ok', 'PolicyId', 'Tags'].includes(name)) assert.equal(answer.element(name), String(value), name)
  return { answer }
}
