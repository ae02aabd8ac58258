/** An entity has one ARN. Policies compare ARNs as they were sent, so a second spelling would slip past a Deny that names the first. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastDiagnosis } from '../support/diagnosis.ts'
import { MANAGER, STRANGER, allow, deny, must, openUnion, policyOf, userWith } from './organization.ts'
import type { Union } from './organization.ts'
import { credentialsOf } from './signed-query.ts'

const ROLE = `arn:aws:iam::${MANAGER}:role/Vault`
const OIDC = `arn:aws:iam::${MANAGER}:oidc-provider/issuer.example`
/** Other texts in which an ARN of IAM might be said. */
const spellings = (arn: string): readonly string[] => [
  arn.replace('arn:aws:', 'arn:aws-cn:'),
  arn.replace('arn:aws:', 'arn:AWS:'),
  arn.replace('arn:aws:', 'arn:x:'),
  arn.replace(':iam::', ':iam:us-east-1:'),
]

async function vault(union: Union): Promise<void> {
  const trust = { Effect: 'Allow', Principal: { AWS: MANAGER }, Action: 'sts:AssumeRole' }
  await must(
    union.iam(union.manager, 'CreateRole', {
      RoleName: 'Vault',
      AssumeRolePolicyDocument: JSON.stringify(policyOf(trust)),
    }),
  )
}

test('a Deny on a role holds for every way to write its ARN', async (context) => {
  const union = await openUnion(context)
  await vault(union)
  const user = await userWith(union, union.manager, policyOf(allow('*'), deny('sts:AssumeRole', ROLE)))
  for (const RoleArn of [ROLE, ...spellings(ROLE), ROLE.replace('Vault', 'VAULT'), ROLE.replace('Vault', '/Vault')]) {
    const answer = await union.sts(user, 'AssumeRole', { RoleArn, RoleSessionName: 'me' })
    assert.equal(answer.status, 403, RoleArn)
    assert.equal(
      answer.message,
      `User: ${user.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
    )
  }
  assert.equal(await lastDiagnosis(union.world), 'ASSUME.NO_SUCH_ROLE')
})

test('without a Deny the other spellings name no role either', async (context) => {
  const union = await openUnion(context)
  await vault(union)
  for (const RoleArn of spellings(ROLE))
    assert.equal(
      (await union.sts(union.manager, 'AssumeRole', { RoleArn, RoleSessionName: 'me' })).code,
      'AccessDenied',
      RoleArn,
    )
})

test('a Deny on a provider holds for every way to write its ARN', async (context) => {
  const union = await openUnion(context)
  await must(union.iam(union.manager, 'CreateOpenIDConnectProvider', { Url: 'https://issuer.example' }))
  const user = await userWith(union, union.manager, policyOf(allow('*'), deny('iam:*', OIDC)))
  assert.equal(
    (await union.iam(user, 'DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn: OIDC })).code,
    'AccessDenied',
  )
  for (const OpenIDConnectProviderArn of spellings(OIDC)) {
    const answer = await union.iam(user, 'DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn })
    assert.equal(answer.message, `ARN ${OpenIDConnectProviderArn} is not valid.`)
  }
})

test('a Deny on a service-linked role holds for every way to write the task that deleted it', async (context) => {
  const union = await openUnion(context)
  const role = `arn:aws:iam::${MANAGER}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`
  await must(union.iam(union.manager, 'CreateServiceLinkedRole', { AWSServiceName: 'autoscaling.amazonaws.com' }))
  const deleted = await union.iam(union.manager, 'DeleteServiceLinkedRole', {
    RoleName: 'AWSServiceRoleForAutoScaling',
  })
  const [, task = ''] = /<DeletionTaskId>([^<]+)</.exec(deleted.body) ?? []
  const user = await userWith(union, union.manager, policyOf(allow('*'), deny('iam:*', role)))
  const status = (DeletionTaskId: string) => union.iam(user, 'GetServiceLinkedRoleDeletionStatus', { DeletionTaskId })
  assert.equal((await status(task)).code, 'AccessDenied')
  assert.equal((await status(task.replace('AWSServiceRole', 'awsservicerole'))).code, 'NoSuchEntity')
})

test('a session policy is a managed policy of the account or of AWS, and nothing else', async (context) => {
  const union = await openUnion(context)
  await vault(union)
  const everything = JSON.stringify(policyOf(allow('*')))
  await must(union.iam(union.stranger, 'CreatePolicy', { PolicyName: 'theirs', PolicyDocument: everything }))
  await must(union.iam(union.manager, 'CreatePolicy', { PolicyName: 'ours', PolicyDocument: everything }))
  const own = `arn:aws:iam::${MANAGER}:policy/ours`
  const passed = (arn: string) =>
    union.sts(union.manager, 'AssumeRole', { RoleArn: ROLE, RoleSessionName: 'me', PolicyArns: [{ arn }] })
  credentialsOf(await passed(own))
  credentialsOf(await passed('arn:aws:iam::aws:policy/ReadOnlyAccess'))
  for (const arn of [
    ROLE,
    `arn:aws:iam::${STRANGER}:policy/theirs`,
    'arn:aws:s3:::some-bucket/policy/ours',
    ...spellings(own),
  ])
    assert.equal((await passed(arn)).message, `${arn} is invalid`)
})
