/**
 * What AWS answered about outbound identity in September 2026, asked of a server inside this process. Each record has its
 * probe, or stands in DIVERGENCES with its reason; skipped by name where the recordings are not beside this checkout.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Keys } from '../support/world.ts'
import { compareRefusal, everyRecord, nativeRecords } from './native-records.ts'
import type { NativeRecord, Observed } from './native-records.ts'
import {
  MANAGER,
  ORGANIZATION,
  ROOT_UNIT,
  allow,
  deny,
  must,
  openUnion,
  policyOf,
  userArnOf,
  userWith,
} from './organization.ts'
import type { Union } from './organization.ts'
import { readToken } from './outbound-tokens.ts'
import type { Claims } from './outbound-tokens.ts'
import { credentialsOf } from './signed-query.ts'
import type { QueryAnswer } from './signed-query.ts'

const records = nativeRecords('native/outbound/')
const skip = records.length === 0 ? 'the recordings are not beside this checkout' : false

const DIVERGENCES: ReadonlyMap<string, string> = new Map([
  ['feature/propagation', 'ours is consistent: on and off hold at once'],
  ['permission/info-denied', 'refusals end with their sentence, without the address of authorization details'],
])

const SELF = `arn:aws:sts::${MANAGER}:self`
const STS = 'https://sts.amazonaws.com/'

/** Sends a request that is good but for the change. */
const token = (union: Union, keys: Keys, change: object = {}, host?: string): Promise<QueryAnswer> =>
  union.sts(keys, 'GetWebIdentityToken', { Audience: ['word'], SigningAlgorithm: 'RS256', ...change }, host)

type Probe = (union: Union, record: NativeRecord) => Promise<Observed>

const input =
  (change: object, host?: string): Probe =>
  async (union) => ({ answer: await token(union, union.manager, change, host) })

const iam =
  (operation: string): Probe =>
  async (union) => ({ answer: await union.iam(union.manager, operation), names: { '<account>': MANAGER } })

/** A user with this policy calls. */
const permission =
  (policy: object | undefined, change: object = {}): Probe =>
  async (union) => {
    const user = await userWith(union, union.manager, policy)
    return { answer: await token(union, user, change), names: { '<caller arn>': user.arn, '<account>': MANAGER } }
  }

/** @param hold what the claims must be, beside the recorded ones */
const issued =
  (change: object, hold: (claims: Claims, record: NativeRecord, header: object) => void): Probe =>
  async (union, record) => {
    await union.iam(union.manager, 'TagUser', { UserName: 'caller', Tags: [{ Key: 'Team', Value: 'platform' }] })
    const answer = await token(union, union.manager, change)
    const { header, claims } = readToken(answer.element('WebIdentityToken') ?? '')
    assert.match(answer.element('Expiration') ?? '', /\.\d{3}Z$/)
    hold(claims, record, header)
    return { answer }
  }

const tags = (...words: readonly string[]) => ({
  Tags: words.map((word) => ({ Key: word.split('=')[0], Value: word.split('=')[1] })),
})

const OFF: ReadonlyMap<string, Probe> = new Map<string, Probe>([
  ['feature/info-off', iam('GetOutboundWebIdentityFederationInfo')],
  ['feature/token-off', input({})],
  ['feature/enable', enable],
  ['input/rs384', input({ SigningAlgorithm: 'RS384' })],
  ['input/rs256-small', input({ SigningAlgorithm: 'rs256' })],
  ['input/algorithm-missing', input({ SigningAlgorithm: {} })],
  ['input/algorithm-none', input({ SigningAlgorithm: 'none' })],
  ['input/audience-empty-list', input({ Audience: [] })],
  ['input/audience-empty-word', input({ Audience: [''] })],
  ['input/audience-any-word', anyWord],
  ['input/tags-twice', input(tags('team=one', 'Team=two'))],
  ['input/tags-reserved', input(tags('aws:team=test'))],
  ['input/global-endpoint', input({}, 'sts.amazonaws.com')],
  ['permission/none', permission(undefined)],
  ['permission/explicit-deny', permission(policyOf(allow('sts:*'), deny('sts:GetWebIdentityToken')))],
  ['permission/on-user-arn', permission(policyOf(allow('sts:GetWebIdentityToken', `arn:aws:iam::${MANAGER}:user/*`)))],
  ['permission/on-self', permission(policyOf(allow('sts:GetWebIdentityToken', SELF)))],
  ['permission/tags-without-action', permission(policyOf(allow('sts:GetWebIdentityToken')), tags('a=b'))],
  ['permission/boundary', boundary],
  ['permission/session-policy', sessionPolicy],
  ['caller/session-token', sessionToken],
  ['caller/federated-user', federatedUser],
  ['caller/role-beyond-session', beyondSession],
])

const ON: ReadonlyMap<string, Probe> = new Map<string, Probe>([
  ['feature/enable-again', iam('EnableOutboundWebIdentityFederation')],
  ['feature/info-on', infoOn],
  ['feature/again', again],
  ['token/user-rs256', issued({ DurationSeconds: 60 }, userClaims)],
  [
    'token/user-es384',
    issued({ SigningAlgorithm: 'ES384' }, (_claims, { answer }, header) =>
      assert.deepEqual(header, { ...(answer['header'] as object) }),
    ),
  ],
  ['token/two-audiences', issued({ Audience: ['one', 'two'] }, sameAudience)],
  ['token/same-audience-twice', issued({ Audience: ['one', 'one'] }, sameAudience)],
  ['token/request-tags', issued(tags('Team=request', 'aws:test=reserved'), sameTags)],
  ['token/role', roleClaims],
  ['token/payload-limit', payloadLimit],
  [
    'token/default-duration',
    issued({}, ({ iat, exp }, { answer }) => assert.equal(Number(exp) - Number(iat), answer['lifetime'])),
  ],
])

for (const record of records) {
  const name = record.id.slice('native/outbound/'.length)
  test(record.id, { skip }, async (context) => {
    const reason = DIVERGENCES.get(name)
    if (reason !== undefined) return context.diagnostic(`divergence: ${reason}`)
    await replay(name, record, context)
  })
}

everyRecord(
  'native/outbound/',
  [...OFF.keys(), ...ON.keys(), ...DIVERGENCES.keys()].map((name) => `native/outbound/${name}`),
)

async function replay(name: string, record: NativeRecord, context: TestContext): Promise<void> {
  const union = await openUnion(context)
  const probe = OFF.get(name) ?? ON.get(name)
  assert.ok(probe, `no probe for ${name}`)
  if (ON.has(name)) await must(union.iam(union.manager, 'EnableOutboundWebIdentityFederation'))
  const observed = await probe(union, record)
  if (name !== 'token/payload-limit') compareRefusal(record, observed)
}

const ISSUER = /^https:\/\/[0-9a-f-]{36}\.tokens\.sts\.global\.api\.aws$/

async function enable(union: Union): Promise<Observed> {
  const answer = await union.iam(union.manager, 'EnableOutboundWebIdentityFederation')
  assert.match(answer.element('IssuerIdentifier') ?? '', ISSUER)
  return { answer }
}

async function infoOn(union: Union): Promise<Observed> {
  const answer = await union.iam(union.manager, 'GetOutboundWebIdentityFederationInfo')
  assert.match(answer.element('IssuerIdentifier') ?? '', ISSUER)
  assert.equal(answer.element('JwtVendingEnabled'), 'true')
  return { answer }
}

async function again(union: Union): Promise<Observed> {
  const before = await union.iam(union.manager, 'GetOutboundWebIdentityFederationInfo')
  await must(union.iam(union.manager, 'DisableOutboundWebIdentityFederation'))
  const answer = await union.iam(union.manager, 'EnableOutboundWebIdentityFederation')
  assert.equal(answer.element('IssuerIdentifier'), before.element('IssuerIdentifier'))
  return { answer }
}

async function anyWord(union: Union): Promise<Observed> {
  const answers: QueryAnswer[] = []
  for (const Audience of [['a blank'], ['not-a-url'], ['größe'], ['same', 'same']])
    answers.push(await token(union, union.manager, { Audience }))
  const [first, ...others] = answers
  assert.ok(first)
  for (const other of others) assert.equal(other.code, first.code)
  return { answer: first }
}

async function boundary(union: Union): Promise<Observed> {
  const user = await userWith(union, union.manager, policyOf(allow('sts:*')))
  await must(
    union.iam(union.manager, 'PutUserPermissionsBoundary', {
      UserName: user.arn.split('/')[1],
      PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
    }),
  )
  return { answer: await token(union, user), names: { '<caller arn>': user.arn, '<account>': MANAGER } }
}

/** A session of a role that may everything. */
async function roleSession(union: Union, change: object = {}): Promise<Keys> {
  const trust = { Effect: 'Allow', Principal: { AWS: MANAGER }, Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] }
  await must(
    union.iam(union.manager, 'CreateRole', {
      RoleName: 'Probe',
      Path: '/teams/',
      AssumeRolePolicyDocument: JSON.stringify(policyOf(trust)),
    }),
  )
  await must(
    union.iam(union.manager, 'PutRolePolicy', {
      RoleName: 'Probe',
      PolicyName: 'own',
      PolicyDocument: JSON.stringify(policyOf(allow('*'))),
    }),
  )
  const RoleArn = `arn:aws:iam::${MANAGER}:role/teams/Probe`
  return credentialsOf(await union.sts(union.manager, 'AssumeRole', { RoleArn, RoleSessionName: 'probe', ...change }))
}

async function sessionPolicy(union: Union): Promise<Observed> {
  const Policy = JSON.stringify(policyOf(allow('*'), deny('sts:GetWebIdentityToken')))
  const answer = await token(union, await roleSession(union, { Policy }))
  return {
    answer,
    names: { '<session arn>': `arn:aws:sts::${MANAGER}:assumed-role/Probe/probe`, '<account>': MANAGER },
  }
}

async function sessionToken(union: Union): Promise<Observed> {
  const session = credentialsOf(await union.sts(union.manager, 'GetSessionToken'))
  return { answer: await token(union, session) }
}

async function federatedUser(union: Union): Promise<Observed> {
  const Policy = JSON.stringify(policyOf(allow('*')))
  return {
    answer: await token(
      union,
      credentialsOf(await union.sts(union.manager, 'GetFederationToken', { Name: 'guest', Policy })),
    ),
  }
}

async function beyondSession(union: Union): Promise<Observed> {
  return { answer: await token(union, await roleSession(union, { DurationSeconds: 900 }), { DurationSeconds: 3600 }) }
}

function userClaims(claims: Claims, { answer }: NativeRecord, header: object): void {
  const arn = userArnOf({ accountId: MANAGER, userName: 'caller', accessKeyId: '', secretAccessKey: '' })
  assert.deepEqual(header, { ...(answer['header'] as object) })
  assert.deepEqual(Object.keys(claims), Object.keys(answer['claims'] as object))
  assert.equal(claims['aud'], 'word')
  assert.equal(claims['sub'], arn)
  assert.equal(Number(claims['exp']), Number(claims['iat']) + 60)
  assert.match(String(claims['iss']), ISSUER)
  assert.match(String(claims['jti']), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual(claims[STS], {
    org_id: ORGANIZATION,
    aws_account: MANAGER,
    ou_path: [`${ORGANIZATION}/${ROOT_UNIT}/`],
    source_region: 'us-east-1',
    principal_id: arn,
    principal_tags: { Team: 'platform' },
  })
}

function sameAudience(claims: Claims, { answer }: NativeRecord): void {
  assert.deepEqual(claims['aud'], (answer['claims'] as Claims)['aud'])
}

function sameTags(claims: Claims, { answer }: NativeRecord): void {
  const expected = (answer['claims'] as Readonly<Record<string, Claims>>)[STS] ?? {}
  const own = claims[STS] as Claims
  assert.deepEqual(own['request_tags'], expected['request_tags'])
  assert.deepEqual(own['principal_tags'], expected['principal_tags'])
}

async function roleClaims(union: Union): Promise<Observed> {
  const answer = await token(union, await roleSession(union, { SourceIdentity: 'alice', DurationSeconds: 900 }))
  const { claims } = readToken(answer.element('WebIdentityToken') ?? '')
  const own = claims[STS] as Claims
  assert.equal(claims['sub'], `arn:aws:iam::${MANAGER}:role/teams/Probe`)
  assert.equal(own['principal_id'], claims['sub'])
  assert.equal(own['source_identity'], 'alice')
  assert.match(String(own['original_session_exp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const remaining = Date.parse(String(own['original_session_exp'])) / 1000 - Number(claims['iat'])
  assert.ok(Math.abs(remaining - 900) <= 3, `${remaining} seconds`)
  return { answer }
}

/** The claims may have 14,984 bytes of UTF-8, and not one more. */
async function payloadLimit(union: Union, { answer: expected }: NativeRecord): Promise<Observed> {
  const fixed = tags(...Array.from({ length: 22 }, (_, index) => `tag${index}=${'ü'.repeat(128)}`))
  const sized = (extra: number) => {
    const lengths = Array.from({ length: 10 }, (_, index) => Math.max(0, Math.min(999, extra - index * 999)))
    return token(union, union.manager, { ...fixed, Audience: lengths.map((length) => 'a'.repeat(length + 1)) })
  }
  const bytesOf = (answer: QueryAnswer): number => readToken(answer.element('WebIdentityToken') ?? '').size
  const smallest = bytesOf(await must(sized(0)))
  const most = await must(sized(14_984 - smallest))
  assert.equal(bytesOf(most), 14_984)
  const tooMany = await sized(14_985 - smallest)
  const { code, status } = expected['14985'] as { readonly code: string; readonly status: number }
  assert.equal(tooMany.code, code)
  assert.equal(tooMany.status, status)
  return { answer: most }
}
