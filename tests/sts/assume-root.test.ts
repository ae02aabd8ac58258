/** Who may assume root of whom: refusals as the caller sees them, and what the operator is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVERYWHERE, accessKeySealOwner, accessKeys } from '../../packages/server/src/entities/iam.ts'
import { IAM_SERVICE } from '../../packages/server/src/entities/organization.ts'
import type { Organization } from '../../packages/server/src/entities/organization.ts'
import { FULL_AWS_ACCESS } from '../../packages/server/src/seed/organization.ts'
import { lastDiagnosis } from '../support/diagnosis.ts'
import type { Keys } from '../support/world.ts'
import { DELEGATE, MANAGER, MEMBER, STRANGER, allow, must, openUnion, policyOf, userWith } from './organization.ts'
import type { Union } from './organization.ts'
import { credentialsOf } from './signed-query.ts'

const task = (name: string) => ({ TaskPolicyArn: { arn: `arn:aws:iam::aws:policy/root-task/${name}` } })
const AUDIT = task('IAMAuditRootUserCredentials')
const ON: Partial<Organization> = {
  trustedAccess: [IAM_SERVICE],
  delegatedAdministrators: [{ servicePrincipal: IAM_SERVICE, account: DELEGATE }],
  features: ['RootCredentialsManagement', 'RootSessions'],
}
const assumeRoot = (union: Union, keys: Keys, input: object = {}) =>
  union.sts(keys, 'AssumeRoot', { TargetPrincipal: MEMBER, ...AUDIT, ...input })

type Who = 'manager' | 'member' | 'delegate' | 'stranger'
const REFUSALS: readonly (readonly [string, Partial<Organization>, Who, string, string])[] = [
  ['the management account itself', ON, 'manager', MANAGER, 'ASSUME.ROOT_TARGET'],
  ['the management account by a delegate', ON, 'delegate', MANAGER, 'ASSUME.ROOT_TARGET'],
  ['an account outside', ON, 'manager', STRANGER, 'ASSUME.ROOT_TARGET'],
  ['an account that nobody has', ON, 'manager', '999999999999', 'ASSUME.ROOT_TARGET'],
  ['a member by a member', ON, 'member', DELEGATE, 'ASSUME.ROOT_MANAGER'],
  ['a member by a stranger', ON, 'stranger', MEMBER, 'ASSUME.ROOT_MANAGER'],
  ['a stranger by himself', ON, 'stranger', STRANGER, 'ASSUME.ROOT_MANAGER'],
  ['a member without trusted access', { ...ON, trustedAccess: [] }, 'manager', MEMBER, 'ASSUME.ROOT_MANAGER'],
  [
    'a member by the delegate of another service',
    { ...ON, delegatedAdministrators: [{ servicePrincipal: 'sso.amazonaws.com', account: DELEGATE }] },
    'delegate',
    MEMBER,
    'ASSUME.ROOT_MANAGER',
  ],
]
for (const [name, organization, who, target, diagnosis] of REFUSALS)
  test(`refused: ${name}`, async (context) => {
    const union = await openUnion(context, organization)
    const answer = await assumeRoot(union, union[who], { TargetPrincipal: target })
    assert.deepEqual(
      [answer.status, answer.code, answer.message],
      [
        403,
        'AccessDenied',
        `User: arn:aws:iam::${union[who].accountId}:user/caller is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::${target}:root`,
      ],
    )
    assert.equal(await lastDiagnosis(union.world), diagnosis)
  })

test('a feature that is off has its own diagnosis', async (context) => {
  const union = await openUnion(context, { ...ON, features: [] })
  assert.equal((await assumeRoot(union, union.manager)).status, 403)
  assert.equal(await lastDiagnosis(union.world), 'ASSUME.ROOT_FEATURE')
})

for (const target of ['12345678901', 'arn:aws:iam::22222222222:root', `arn:aws:sts::${MEMBER}:root`, 'everybody here'])
  test(`no target: ${target}`, async (context) => {
    const union = await openUnion(context, ON)
    const answer = await assumeRoot(union, union.manager, { TargetPrincipal: target })
    assert.deepEqual([answer.status, answer.code], [400, 'ValidationError'])
  })

test('sts:TaskPolicyArn chooses the task, the ARN in Resource the account', async (context) => {
  const union = await openUnion(context, ON)
  const statement = {
    ...allow('sts:AssumeRoot', `arn:aws:iam::${MEMBER}:root`),
    Condition: { StringEquals: { 'sts:TaskPolicyArn': AUDIT.TaskPolicyArn.arn } },
  }
  const user = await userWith(union, union.manager, policyOf(statement))
  assert.equal((await assumeRoot(union, user)).status, 200)
  assert.equal((await assumeRoot(union, user, task('S3UnlockBucketPolicy'))).status, 403)
  assert.equal((await assumeRoot(union, user, { TargetPrincipal: DELEGATE })).status, 403)
})

test('credentials of GetSessionToken and of root sessions get no further', async (context) => {
  const union = await openUnion(context, ON)
  const token = credentialsOf(await union.sts(union.manager, 'GetSessionToken'))
  assert.equal((await assumeRoot(union, token)).status, 403)
  const session = credentialsOf(await assumeRoot(union, union.manager))
  for (const [operation, input] of [
    ['AssumeRoot', { TargetPrincipal: DELEGATE, ...AUDIT }],
    ['GetSessionToken', {}],
    ['GetFederationToken', { Name: 'guest' }],
    ['GetScopedCredentials', {}],
    ['GetWebIdentityToken', { Audience: ['word'], SigningAlgorithm: 'RS256' }],
  ] as const)
    assert.equal((await union.sts(session, operation, input)).code, 'AccessDenied', operation)
})

test('a source identity goes with the session', async (context) => {
  const union = await openUnion(context, ON)
  const trust = { Effect: 'Allow', Principal: { AWS: MANAGER }, Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] }
  const AssumeRolePolicyDocument = JSON.stringify(policyOf(trust))
  await must(union.iam(union.manager, 'CreateRole', { RoleName: 'Desk', AssumeRolePolicyDocument }))
  const PolicyDocument = JSON.stringify(policyOf(allow('*')))
  await must(union.iam(union.manager, 'PutRolePolicy', { RoleName: 'Desk', PolicyName: 'own', PolicyDocument }))
  const RoleArn = `arn:aws:iam::${MANAGER}:role/Desk`
  const desk = await union.sts(union.manager, 'AssumeRole', {
    RoleArn,
    RoleSessionName: 'desk',
    SourceIdentity: 'alice',
  })
  const answer = await assumeRoot(union, credentialsOf(desk))
  assert.equal(answer.element('SourceIdentity'), 'alice')
  const facts = union.world.core.sessions.chain(credentialsOf(answer).accessKeyId).at(0)
  assert.deepEqual([facts?.sourceIdentity, facts?.proof.kind, facts?.chain.length], ['alice', 'assume-root', 2])
})

test('a service control policy of the member tells root sessions by aws:AssumedRoot', async (context) => {
  const denies = policyOf({
    Effect: 'Deny',
    Action: 'iam:GetAccountSummary',
    Resource: '*',
    Condition: { Bool: { 'aws:AssumedRoot': 'true' } },
  })
  const scp = { name: 'NoSummary', arn: `arn:aws:organizations::${MANAGER}:policy/o-x/service_control_policy/p-x` }
  const union = await openUnion(context, {
    ...ON,
    accountPolicies: { [MEMBER]: { scp: [FULL_AWS_ACCESS, { ...scp, text: JSON.stringify(denies) }], rcp: [] } },
  })
  assert.equal((await union.iam(await rootKey(union), 'GetAccountSummary')).status, 200)
  const session = credentialsOf(await assumeRoot(union, union.manager))
  assert.equal((await union.iam(session, 'GetUser')).status, 200)
  const refused = await union.iam(session, 'GetAccountSummary')
  assert.match(refused.message ?? '', /with an explicit deny in a service control policy/)
})

/** Long-term keys of the member's root user. */
async function rootKey({ world }: Union): Promise<Keys> {
  const keys = { accessKeyId: 'AKIAQEXAMPLEMEMBERRO', secretAccessKey: 'only-for-tests' }
  const { store, platform } = world.core
  const owner = accessKeySealOwner(MEMBER, keys.accessKeyId, MEMBER)
  await store.write([EVERYWHERE, MEMBER], (writer) =>
    writer.put(accessKeys, MEMBER, {
      id: keys.accessKeyId,
      ownerId: MEMBER,
      status: 'Active',
      createdAt: platform.clock.session(),
      sealedSecret: platform.vault.seal(keys.secretAccessKey, owner),
    }),
  )
  return keys
}
