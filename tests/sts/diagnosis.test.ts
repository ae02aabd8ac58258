/** Rows 1 to 9, 11 to 14, 17, 18, 20 and 22 of the diagnosis catalogue: each is triggered by a call, and told by its code and in words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastExplanation } from '../support/diagnosis.ts'
import { MANAGER, STRANGER, allow, must, openUnion, policyOf, userWith } from './organization.ts'
import type { Union } from './organization.ts'
import { credentialsOf } from './signed-query.ts'
import type { QueryAnswer } from './signed-query.ts'

const EVERYTHING = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
const arnOf = (name: string) => `arn:aws:iam::${MANAGER}:role/${name}`
const session = (name: string) => `arn:aws:sts::${MANAGER}:assumed-role/${name}/me`
const trusting = (principal: unknown, Action: readonly string[] = EVERYTHING, Condition: object = {}) =>
  policyOf({ Effect: 'Allow', Principal: principal, Action, Condition })

async function role(union: Union, RoleName: string, trust: object, more: object = {}): Promise<void> {
  const AssumeRolePolicyDocument = JSON.stringify(trust)
  await must(union.iam(union.manager, 'CreateRole', { RoleName, AssumeRolePolicyDocument, ...more }))
  const PolicyDocument = JSON.stringify(policyOf(allow('sts:*')))
  await must(union.iam(union.manager, 'PutRolePolicy', { RoleName, PolicyName: 'sts', PolicyDocument }))
}

const assume = (union: Union, keys: Parameters<Union['sts']>[0], name: string, more: object = {}) =>
  union.sts(keys, 'AssumeRole', { RoleArn: arnOf(name), RoleSessionName: 'me', ...more })

/** Code, and all that people are told in words. */
async function told(union: Union, refused: QueryAnswer): Promise<{ readonly code: string; readonly words: string }> {
  assert.notEqual(refused.status, 200, refused.body)
  const explained = await lastExplanation(union.world)
  const words = [explained?.note, explained?.refusal?.explanation].filter(Boolean).join('\n')
  return { code: explained?.code ?? '', words }
}

async function expect(union: Union, call: Promise<QueryAnswer>, code: string, words?: RegExp): Promise<void> {
  const got = await told(union, await call)
  assert.equal(got.code, code)
  if (words !== undefined) assert.match(got.words, words)
}

test('rows 1 and 4: which side says no, within an account and across', async (context) => {
  const union = await openUnion(context)
  await role(union, 'Own', trusting({ AWS: MANAGER }))
  await role(union, 'Far', trusting({ AWS: STRANGER }))
  const silent = await userWith(union, union.manager, undefined)
  const away = await userWith(union, union.stranger, undefined)
  await expect(union, assume(union, silent, 'Own'), 'ASSUME.DELEGATED_TO_CALLER_ACCOUNT')
  await expect(union, assume(union, away, 'Far'), 'ASSUME.CALLER_NOT_ALLOWED')
  await expect(union, assume(union, union.stranger, 'Own'), 'ASSUME.TRUST_NO_MATCH')
})

test('rows 2, 3 and 5: no role, a wrong name, oneself', async (context) => {
  const union = await openUnion(context)
  const user = await userWith(union, union.manager, undefined)
  await role(union, 'Deployer', trusting({ AWS: user.arn }))
  const call = (RoleArn: string) => union.sts(union.manager, 'AssumeRole', { RoleArn, RoleSessionName: 'me' })
  await expect(union, call(user.arn), 'ASSUME.TARGET_NOT_A_ROLE', /names a user, not a role/)
  await expect(
    union,
    call(arnOf('Deploier')),
    'ASSUME.NO_SUCH_ROLE',
    /Did you mean `arn:aws:iam::111111111111:role\/Deployer`/,
  )
  const self = credentialsOf(await assume(union, user, 'Deployer'))
  await expect(union, assume(union, self, 'Deployer'), 'ASSUME.SELF_NOT_TRUSTED')
})

test('row 6: an external id that is absent, and one that is another', async (context) => {
  const union = await openUnion(context)
  await role(
    union,
    'Vendor',
    trusting({ AWS: MANAGER }, EVERYTHING, { StringEquals: { 'sts:ExternalId': 'customer-7' } }),
  )
  await expect(union, assume(union, union.manager, 'Vendor'), 'TRUST.EXTERNAL_ID_MISSING')
  await expect(
    union,
    assume(union, union.manager, 'Vendor', { ExternalId: 'customer-8' }),
    'TRUST.EXTERNAL_ID_MISMATCH',
  )
})

test('rows 7, 8, 9 and 11: an hour in a chain, the maximum of the role, a ceiling, too much to carry', async (context) => {
  const union = await openUnion(context)
  await role(union, 'Long', trusting({ AWS: MANAGER }), { MaxSessionDuration: 7200 })
  const first = credentialsOf(await assume(union, union.manager, 'Long'))
  await expect(
    union,
    assume(union, first, 'Long', { DurationSeconds: 3601 }),
    'SESSION.CHAIN_LIMIT',
    /The chain: arn:aws:iam::111111111111:user\/caller → arn:aws:sts::111111111111:assumed-role\/Long\/me\./,
  )
  await expect(
    union,
    assume(union, union.manager, 'Long', { DurationSeconds: 7201 }),
    'SESSION.DURATION_TOO_LONG',
    /7201 seconds were requested, the role allows 7200/,
  )
  const Policy = JSON.stringify(policyOf(allow('s3:GetObject')))
  const narrow = credentialsOf(await assume(union, union.manager, 'Long', { Policy }))
  await expect(union, assume(union, narrow, 'Long'), 'SESSION.POLICY_FILTERED')
  const Tags = Array.from({ length: 9 }, (_, index) => ({ Key: `tag-${index}`, Value: 'v'.repeat(250) }))
  await expect(
    union,
    assume(union, union.manager, 'Long', { Tags }),
    'SESSION.PACKED_TOO_LARGE',
    /the tag `tag-0` 56 %.*not public/,
  )
})

test('rows 12 and 14: tags of the call, and tags that the session brings', async (context) => {
  const union = await openUnion(context)
  await role(union, 'Open', trusting({ AWS: MANAGER }))
  await role(union, 'Plain', trusting({ AWS: MANAGER }, ['sts:AssumeRole']))
  const Tags = [{ Key: 'Project', Value: 'x' }]
  await expect(
    union,
    assume(union, union.manager, 'Plain', { Tags }),
    'TRUST.TAGSESSION_MISSING',
    /passes tags with this call: `Project`\. Either allow sts:TagSession .* or tell the client not to pass tags/,
  )
  const tagged = credentialsOf(await assume(union, union.manager, 'Open', { Tags, TransitiveTagKeys: ['Project'] }))
  await expect(
    union,
    assume(union, tagged, 'Plain'),
    'TRUST.TRANSITIVE_TAGS',
    /carries transitive ones \(`Project`\).*user\/caller → arn:aws:sts::111111111111:assumed-role\/Open\/me/,
  )
  assert.deepEqual((await lastExplanation(union.world))?.details, { inheritedTags: { Project: 'x' } })
  await expect(
    union,
    assume(union, tagged, 'Plain', { Tags: [{ Key: 'Other', Value: 'y' }] }),
    'TRUST.TAGSESSION_MISSING',
    /with this call: `Other`\. The session brings `Project` besides/,
  )
})

test('row 13: a source identity that came along', async (context) => {
  const union = await openUnion(context)
  await role(union, 'Open', trusting({ AWS: MANAGER }))
  await role(union, 'Plain', trusting({ AWS: MANAGER }, ['sts:AssumeRole']))
  await expect(
    union,
    assume(union, union.manager, 'Plain', { SourceIdentity: 'alice' }),
    'TRUST.SOURCEIDENTITY_MISSING',
    /came with this call/,
  )
  const alice = credentialsOf(await assume(union, union.manager, 'Open', { SourceIdentity: 'alice' }))
  await expect(
    union,
    assume(union, alice, 'Plain'),
    'TRUST.SOURCEIDENTITY_MISSING',
    /`alice` was set at an earlier hop.*user\/caller → .*assumed-role\/Open\/me/,
  )
  await expect(union, assume(union, alice, 'Open', { SourceIdentity: 'bob' }), 'TRUST.SOURCEIDENTITY_SET', /`alice`/)
})

test('row 18: whom the policy was written for is gone, and a namesake calls', async (context) => {
  const union = await openUnion(context)
  const user = await userWith(union, union.manager, policyOf(allow('sts:*')))
  const UserName = user.arn.split('/')[1]
  await role(union, 'Bound', trusting({ AWS: user.arn }))
  await role(union, 'Middle', trusting({ AWS: MANAGER }))
  await role(union, 'ByRole', trusting({ AWS: arnOf('Middle') }))
  credentialsOf(await assume(union, user, 'Bound'))
  await must(union.iam(union.manager, 'DeleteAccessKey', { UserName, AccessKeyId: user.accessKeyId }))
  await must(union.iam(union.manager, 'DeleteUserPolicy', { UserName, PolicyName: 'own' }))
  await must(union.iam(union.manager, 'DeleteUser', { UserName }))
  await must(union.iam(union.manager, 'CreateUser', { UserName }))
  const key = await must(union.iam(union.manager, 'CreateAccessKey', { UserName }))
  const again = {
    accessKeyId: key.element('AccessKeyId') ?? '',
    secretAccessKey: key.element('SecretAccessKey') ?? '',
  }
  await expect(
    union,
    assume(union, again, 'Bound'),
    'TRUST.STALE_PRINCIPAL_ID',
    /another `arn:aws:iam::111111111111:user\/probe-\d+`, of the unique id AIDA\w+, which is gone.*Save the trust policy again/,
  )
  await must(union.iam(union.manager, 'DeleteRolePolicy', { RoleName: 'Middle', PolicyName: 'sts' }))
  await must(union.iam(union.manager, 'DeleteRole', { RoleName: 'Middle' }))
  await role(union, 'Middle', trusting({ AWS: MANAGER }))
  const middle = credentialsOf(await assume(union, union.manager, 'Middle'))
  await expect(
    union,
    assume(union, middle, 'ByRole'),
    'TRUST.STALE_PRINCIPAL_ID',
    /another `arn:aws:iam::111111111111:role\/Middle`/,
  )
  const PolicyDocument = JSON.stringify(trusting({ AWS: arnOf('Middle') }))
  await must(union.iam(union.manager, 'UpdateAssumeRolePolicy', { RoleName: 'ByRole', PolicyDocument }))
  credentialsOf(await assume(union, middle, 'ByRole'))
})

test('row 22: a session’s ARN in a trust policy is that session only', async (context) => {
  const union = await openUnion(context)
  await role(union, 'First', trusting({ AWS: MANAGER }))
  await role(union, 'Next', trusting({ AWS: session('First') }))
  const me = credentialsOf(await assume(union, union.manager, 'First'))
  credentialsOf(await assume(union, me, 'Next'))
  const other = credentialsOf(await assume(union, union.manager, 'First', { RoleSessionName: 'other' }))
  await expect(union, assume(union, other, 'Next'), 'ASSUME.TRUST_NO_MATCH')
})

test('rows 17 and 20: a principal that is not there, and one that is a pattern', async (context) => {
  const union = await openUnion(context)
  const user = await userWith(union, union.manager, undefined)
  await role(union, 'Deployer', trusting({ AWS: user.arn }))
  const create = (principal: string) =>
    union.iam(union.manager, 'CreateRole', {
      RoleName: 'New',
      AssumeRolePolicyDocument: JSON.stringify(trusting({ AWS: principal })),
    })
  const near = (name: string) => new RegExp(`There is no user or role .* Did you mean \`${name}\``)
  await expect(union, create(arnOf('Deploier')), 'POLICY.PRINCIPAL_UNKNOWN', near(arnOf('Deployer')))
  const mistyped = user.arn.replace('probe', 'prove')
  const answer = await create(mistyped)
  assert.equal(answer.message, `Invalid principal in policy: "AWS":"${mistyped}"`)
  assert.match((await told(union, answer)).words, near(user.arn))
  await expect(union, create(arnOf('Deploy*')), 'POLICY.WILDCARD_IN_PRINCIPAL', /test `aws:PrincipalArn` with ArnLike/)
})
