/** What the official client does by itself: pages, waiters, dates, documents, error classes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetAccountAuthorizationDetailsCommand,
  GetAccountSummaryCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetUserCommand,
  ListAttachedRolePoliciesCommand,
  NoSuchEntityException,
  paginateGetAccountAuthorizationDetails,
  paginateListPolicies,
  paginateListUsers,
  waitUntilInstanceProfileExists,
  waitUntilPolicyExists,
  waitUntilRoleExists,
  waitUntilUserExists,
} from '@aws-sdk/client-iam'
import { HOME, openIamWorld, outcome, TRUST_EC2 } from './client.ts'

test('the client turns pages by itself', async (context) => {
  const { admin } = await openIamWorld(context)
  const names = Array.from({ length: 25 }, (_, index) => `user-${String(index).padStart(2, '0')}`)
  for (const UserName of names) await admin.send(new CreateUserCommand({ UserName, Path: '/many/' }))
  const seen: (string | undefined)[] = []
  for await (const page of paginateListUsers({ client: admin, pageSize: 4 }, { PathPrefix: '/many/' }))
    seen.push(...(page.Users ?? []).map((user) => user.UserName))
  assert.deepEqual(seen, names)
  let policies = 0
  for await (const page of paginateListPolicies({ client: admin, pageSize: 1000 }, { Scope: 'AWS' }))
    policies += page.Policies?.length ?? 0
  assert.ok(policies > 1400, `${policies} policies`)
  let details = 0
  for await (const page of paginateGetAccountAuthorizationDetails({ client: admin, pageSize: 7 }, {}))
    details += (page.UserDetailList?.length ?? 0) + (page.Policies?.length ?? 0)
  // The administrator is there as well; its policy is inline.
  assert.equal(details, names.length + 1)
})

test("Terraform's and the client's waiters see at once what was made", async (context) => {
  const { admin: client } = await openIamWorld(context)
  const wait = { client, maxWaitTime: 5 }
  await client.send(new CreateUserCommand({ UserName: 'u' }))
  await client.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: TRUST_EC2 }))
  await client.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'p' }))
  await client.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'p', RoleName: 'r' }))
  const PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
  const { Policy } = await client.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument }))
  const PolicyArn = Policy?.Arn ?? ''
  const results = [
    await waitUntilUserExists(wait, { UserName: 'u' }),
    await waitUntilRoleExists(wait, { RoleName: 'r' }),
    await waitUntilInstanceProfileExists(wait, { InstanceProfileName: 'p' }),
    await waitUntilPolicyExists(wait, { PolicyArn }),
  ]
  assert.deepEqual(
    results.map((result) => result.state),
    ['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS'],
  )
  await client.send(new AttachRolePolicyCommand({ RoleName: 'r', PolicyArn }))
  const attached = await client.send(new ListAttachedRolePoliciesCommand({ RoleName: 'r' }))
  assert.deepEqual(attached.AttachedPolicies, [{ PolicyName: 'p', PolicyArn }])
  const version = await client.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))
  assert.equal(decodeURIComponent(version.PolicyVersion?.Document ?? ''), PolicyDocument)
  const { Role } = await client.send(new GetRoleCommand({ RoleName: 'r' }))
  assert.ok(Role?.CreateDate instanceof Date)
  assert.deepEqual(Role.RoleLastUsed, {})
  const { SummaryMap } = await client.send(new GetAccountSummaryCommand({}))
  assert.deepEqual([SummaryMap?.Users, SummaryMap?.Roles, SummaryMap?.AttachedPoliciesPerRoleQuota], [2, 1, 20])
  const all = await client.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }))
  assert.equal(all.RoleDetailList?.[0]?.InstanceProfileList?.[0]?.Roles?.[0]?.RoleName, 'r')
})

test('a new key works at once, and refusals are classes of the client', async (context) => {
  const { admin, clientOf } = await openIamWorld(context)
  await admin.send(new CreateUserCommand({ UserName: 'alice' }))
  const { AccessKey } = await admin.send(new CreateAccessKeyCommand({ UserName: 'alice' }))
  const alice = clientOf({
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  })
  assert.equal(
    await outcome(alice.send(new CreateGroupCommand({ GroupName: 'g' }))),
    `AccessDenied: User: arn:aws:iam::${HOME}:user/alice is not authorized to perform: iam:CreateGroup on resource: arn:aws:iam::${HOME}:group/g because no identity-based policy allows the iam:CreateGroup action`,
  )
  assert.equal(
    await outcome(alice.send(new GetUserCommand({}))),
    `AccessDenied: User: arn:aws:iam::${HOME}:user/alice is not authorized to perform: iam:GetUser on resource: user alice because no identity-based policy allows the iam:GetUser action`,
  )
  await assert.rejects(admin.send(new GetUserCommand({ UserName: 'nobody' })), NoSuchEntityException)
})
