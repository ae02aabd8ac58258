/** What trust policies make of a proved web identity, and what `why` tells when they do not take it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { ACCOUNT, openStage, trusting } from './stage.ts'
import type { Stage, StsAnswer } from './stage.ts'
import { jwks, rsaKey, signed } from './tokens.ts'
import type { Members } from './tokens.ts'

const GITHUB = 'token.actions.githubusercontent.com'
const key = rsaKey('one')
const OPERATIONS = 'sts:AssumeRoleWithWebIdentity'

interface Scene {
  readonly stage: Stage
  readonly assume: (claims?: Members, parameters?: Readonly<Record<string, string>>) => Promise<StsAnswer>
}

async function openScene(
  context: TestContext,
  trust: (provider: string) => readonly object[],
  issuer = GITHUB,
): Promise<Scene> {
  const stage = await openStage(context)
  const provider = await stage.provider({
    issuer: `https://${issuer}`,
    clientIds: ['sts.amazonaws.com', 'client'],
    jwks: jwks(key),
  })
  const RoleArn = await stage.role({ name: 'probe', trust: trust(provider) })
  const now = Math.floor(stage.world.core.clock.wire() / 1000)
  const base = {
    iss: `https://${issuer}`,
    sub: 'repo:o/r:ref:refs/heads/main',
    aud: 'sts.amazonaws.com',
    iat: now,
    exp: now + 60,
  }
  return {
    stage,
    assume: (claims = {}, parameters = {}) =>
      stage.call({
        RoleArn,
        WebIdentityToken: signed({ alg: 'RS256', kid: 'one' }, { ...base, ...claims }, key.privateKey),
        ...parameters,
      }),
  }
}

const when = (condition: object) => (provider: string) => [trusting(provider, condition)]
const equals = (claim: string, value: string, issuer = GITHUB) =>
  when({ StringEquals: { [`${issuer}:${claim}`]: value } })

interface Case {
  readonly why: string
  readonly trust: (provider: string) => readonly object[]
  readonly claims?: Members
  readonly code: string
  readonly note: RegExp
}
const refusals: readonly Case[] = [
  {
    why: 'another audience',
    trust: equals('aud', 'other'),
    code: 'OIDC.AUDIENCE',
    note: /claim aud: `sts\.amazonaws\.com`/,
  },
  {
    why: 'azp in place of the audience',
    trust: equals('aud', 'sts.amazonaws.com'),
    claims: { azp: 'client' },
    code: 'OIDC.AUDIENCE',
    note: /holds the token's `azp`; its `aud` is in/,
  },
  {
    why: 'a claim that is no key',
    trust: equals('job_workflow_sha', 'abc'),
    claims: { job_workflow_sha: 'abc' },
    code: 'OIDC.CLAIM_NOT_A_KEY',
    note: /The token has the claim `job_workflow_sha`, but it never becomes a condition key/,
  },
  {
    why: 'a claim that is not there',
    trust: equals('environment', 'prod'),
    code: 'OIDC.CLAIM_ABSENT',
    note: /no such claim/,
  },
  {
    why: 'a claim of another value',
    trust: equals('repository_id', '1'),
    claims: { repository_id: '2' },
    code: 'OIDC.CLAIM_MISMATCH',
    note: /claim repository_id: `2`/,
  },
  {
    why: 'keys of another issuer',
    trust: equals('sub', 'x', 'gitlab.com'),
    code: 'OIDC.CLAIM_NOT_A_KEY',
    note: /begin with `token\.actions/,
  },
  {
    why: 'a star under StringEquals',
    trust: equals('sub', 'repo:o/*'),
    code: 'OIDC.SUB_MISMATCH',
    note: /StringLike takes them as wildcards/,
  },
  {
    why: 'a classic subject for a pinned policy',
    trust: equals('sub', 'repo:o@1/r@2:ref:refs/heads/main'),
    code: 'OIDC.SUB_IMMUTABLE',
    note: /sent the classic subject/,
  },
  {
    why: 'nobody named',
    trust: () => [trusting(`arn:aws:iam::${ACCOUNT}:oidc-provider/gitlab.com`)],
    code: 'OIDC.PROVIDER_NOT_TRUSTED',
    note: /No statement of the trust policy names/,
  },
  {
    why: 'the issuer by its bare name: only built-in providers have one',
    trust: () => [trusting(GITHUB)],
    code: 'OIDC.PROVIDER_NOT_TRUSTED',
    note: /No statement/,
  },
  {
    why: 'everybody, as AWS principals: grants no federation',
    trust: () => [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: OPERATIONS }],
    code: 'OIDC.PROVIDER_NOT_TRUSTED',
    note: /No statement/,
  },
]
for (const { why, trust, claims, code, note } of refusals)
  test(`refused: ${why}`, async (context) => {
    const { stage, assume } = await openScene(context, trust)
    const answer = await assume(claims)
    assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied'])
    assert.equal(answer.message, 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
    const [question] = stage.entry(answer).questions
    assert.equal(question?.diagnosis, code, question?.note ?? '')
    assert.match(question?.note ?? '', note)
    assert.deepEqual((question?.details?.['claims'] as Members | undefined)?.['iss'], `https://${GITHUB}`)
  })

test('a missing role is told as one that does not trust', async (context) => {
  const { stage, assume } = await openScene(context, (provider) => [trusting(provider)])
  const answer = await assume({}, { RoleArn: `arn:aws:iam::${ACCOUNT}:role/Probe` })
  assert.deepEqual([answer.status, answer.message], [403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity'])
  const [question] = stage.entry(answer).questions
  assert.equal(question?.diagnosis, 'ASSUME.NO_SUCH_ROLE')
  assert.match(question?.note ?? '', /Did you mean `arn:aws:iam::111122223333:role\/probe`/)
})

const keys: readonly (readonly [claim: string, value: unknown, key: string, wanted: string])[] = [
  ['actor', 'octocat', 'actor', 'octocat'],
  ['repository_owner_id', '1', 'repository_owner_id', '1'],
  ['enterprise_id', 7, 'enterprise_id', '7'],
  [
    'job_workflow_ref',
    'o/r/.github/workflows/x.yml@refs/heads/main',
    'JOB_WORKFLOW_REF',
    'o/r/.github/workflows/x.yml@refs/heads/main',
  ],
  ['email', 'a@b.example', 'email', 'a@b.example'],
  ['azp', 'client', 'aud', 'client'],
  ['azp', 'client', 'oaud', 'sts.amazonaws.com'],
]
for (const [claim, value, name, wanted] of keys)
  test(`claim ${claim} as ${name}`, async (context) => {
    const { assume } = await openScene(context, equals(name, wanted))
    assert.equal((await assume({ [claim]: value })).status, 200)
    assert.equal((await assume({})).status, 403)
  })

test('amr has several values', async (context) => {
  const condition = { 'ForAnyValue:StringEquals': { [`${GITHUB}:amr`]: 'mfa' } }
  const { assume } = await openScene(context, when(condition))
  assert.equal((await assume({ amr: ['pwd', 'mfa'] })).status, 200)
  assert.equal((await assume({ amr: ['pwd'] })).status, 403)
})

test("another issuer's claims do not become GitHub's keys", async (context) => {
  const { assume } = await openScene(context, equals('actor', 'octocat', 'issuer.example'), 'issuer.example')
  assert.equal((await assume({ actor: 'octocat' })).status, 403)
})

const statement = (provider: string, ...actions: readonly string[]) => [
  { Effect: 'Allow', Principal: { Federated: provider }, Action: actions },
]
const TAGS = { 'https://aws.amazon.com/tags': { principal_tags: { Team: ['blue'] } } }
const SOURCE = { 'https://aws.amazon.com/source_identity': 'alice' }
test('tags and a source identity need their own permission', async (context) => {
  const bare = await openScene(context, (provider) => statement(provider, OPERATIONS))
  assert.equal((await bare.assume()).status, 200)
  assert.equal((await bare.assume(TAGS)).message, 'Not authorized to perform sts:TagSession')
  assert.equal((await bare.assume(SOURCE)).message, 'Not authorized to perform sts:SetSourceIdentity')
})

test('tags are seen by the trust policy, and by policies of the session', async (context) => {
  const { assume, stage } = await openScene(context, (provider) => [
    { ...trusting(provider), Condition: { StringEquals: { 'aws:RequestTag/Team': 'blue' } } },
  ])
  assert.equal((await assume({ 'https://aws.amazon.com/tags': { principal_tags: { Team: ['red'] } } })).status, 403)
  const answer = await assume(TAGS)
  assert.equal(answer.status, 200)
  const facts = await opened(stage, answer)
  assert.deepEqual(facts.tags, [{ key: 'Team', value: 'blue' }])
  assert.deepEqual(facts.proof, {
    kind: 'web-identity',
    provider: `arn:aws:iam::${ACCOUNT}:oidc-provider/${GITHUB}`,
    claims: { [`${GITHUB}:sub`]: 'repo:o/r:ref:refs/heads/main', [`${GITHUB}:aud`]: 'sts.amazonaws.com' },
  })
})

async function opened(stage: Stage, answer: StsAnswer) {
  const { issuer } = stage.world.core.platform
  const found = await issuer.open(answer.element('SessionToken') ?? '', answer.element('AccessKeyId') ?? '')
  assert.ok(found.ok)
  return found.facts
}

const tagFaults: readonly (readonly [why: string, claims: Members, code: string, message: RegExp])[] = [
  [
    'two spellings of a key',
    { 'https://aws.amazon.com/tags': { principal_tags: { Team: ['a'], team: ['b'] } } },
    'InvalidParameterValue',
    /Duplicate tag keys/,
  ],
  [
    'transitive without a tag',
    { 'https://aws.amazon.com/tags': { transitive_tag_keys: ['Team'] } },
    'InvalidParameterValue',
    /must be included/,
  ],
  [
    'a list of two',
    { 'https://aws.amazon.com/tags': { principal_tags: { Team: ['a', 'b'] } } },
    'InvalidIdentityToken',
    /not in correct format/,
  ],
  ['tags that are a text', { 'https://aws.amazon.com/tags': 'Team' }, 'InvalidIdentityToken', /not in correct format/],
  [
    'too much',
    { 'https://aws.amazon.com/tags': { principal_tags: { a: ['x'.repeat(250)], b: ['y'.repeat(250)] } } },
    'PackedPolicyTooLarge',
    /Packed size of session tags consumes \d+%/,
  ],
]
for (const [why, claims, code, message] of tagFaults)
  test(`tags: ${why}`, async (context) => {
    const { assume } = await openScene(context, (provider) => [trusting(provider)])
    const answer = await assume(claims)
    assert.equal(answer.code, code)
    assert.match(answer.message ?? '', message)
  })

test('the roles claim is told to the trust policy', async (context) => {
  const { assume } = await openScene(context, when({ Bool: { 'sts:RoleAuthorizedByIdp': 'true' } }))
  assert.equal((await assume()).status, 403)
  assert.equal((await assume({ 'https://aws.amazon.com/roles': `arn:aws:iam::${ACCOUNT}:role/probe` })).status, 200)
})

const parameters: readonly (readonly [
  why: string,
  parameters: Readonly<Record<string, string>>,
  code: string,
  message: RegExp,
])[] = [
  [
    'an ARN of a user',
    { RoleArn: `arn:aws:iam::${ACCOUNT}:user/somebody` },
    'ValidationError',
    /^Request ARN is invalid$/,
  ],
  [
    'longer than the role allows',
    { DurationSeconds: '3601' },
    'ValidationError',
    /exceeds the MaxSessionDuration set for this role/,
  ],
  ['shorter than any session', { DurationSeconds: '899' }, 'ValidationError', /greater than or equal to 900/],
  ['a session name of one letter', { RoleSessionName: 'x' }, 'ValidationError', /'roleSessionName'/],
  ['a session policy that is none', { Policy: '{' }, 'MalformedPolicyDocument', /./],
]
for (const [why, given, code, message] of parameters)
  test(`parameters: ${why}`, async (context) => {
    const { assume } = await openScene(context, (provider) => [trusting(provider)])
    const answer = await assume({}, given)
    assert.equal(answer.code, code, answer.body)
    assert.match(answer.message ?? '', message)
  })

test('a session whose claims do not fit into a token is refused; an ordinary one is small', async (context) => {
  const { assume } = await openScene(context, (provider) => [trusting(provider)])
  const small = await assume({}, { MinimumSessionTokenSize: '1' })
  assert.ok(Number(small.element('SessionTokenSize')) <= 1000, `it has ${small.element('SessionTokenSize')} characters`)
  const large = await assume({ sub: 'x'.repeat(4000) })
  assert.equal(large.code, 'PackedPolicyTooLarge')
})

test('the session is nobody of before: its role deleted, it ends', async (context) => {
  const { assume, stage } = await openScene(context, (provider) => [trusting(provider)])
  const answer = await assume({}, { MinimumSessionTokenSize: '2000' })
  assert.ok(Number(answer.element('SessionTokenSize')) >= 2000)
  const credentials = {
    accessKeyId: answer.element('AccessKeyId') ?? '',
    secretAccessKey: answer.element('SecretAccessKey') ?? '',
    sessionToken: answer.element('SessionToken') ?? '',
  }
  const sts = new STSClient({ endpoint: stage.world.endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 })
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
  assert.equal(Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/probe/oidc-probe`)
  await stage.role({ name: 'probe', trust: [] })
  await assert.rejects(sts.send(new GetCallerIdentityCommand({})), { name: 'InvalidClientTokenId' })
})
