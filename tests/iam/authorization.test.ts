/** Which ARN, which condition keys and which words an IAM call is decided by: recorded by AWS in September 2026, and the guide's own examples. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AddRoleToInstanceProfileCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetAccessKeyLastUsedCommand,
  GetPolicyCommand,
  GetRoleCommand,
  GetUserCommand,
  ListPoliciesCommand,
  ListRolesCommand,
  PutUserPolicyCommand,
  TagUserCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-iam'
import type { IAMClient } from '@aws-sdk/client-iam'
import { HOME, openIamWorld, outcome, TRUST_EC2 } from './client.ts'

const AWS = 'arn:aws:iam::aws:policy'
const arn = (resource: string) => `arn:aws:iam::${HOME}:${resource}`

interface Grant {
  readonly action: string | readonly string[]
  readonly resource?: string
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

interface Case {
  readonly name: string
  readonly grants: readonly Grant[]
  readonly call: (client: IAMClient) => Promise<unknown>
  /** `ok`, or what the refusal says after the caller. */
  readonly want: string
}

const lacks = (action: string, shown: string) =>
  `is not authorized to perform: ${action} on resource: ${shown} because no identity-based policy allows the ${action} action`

const getPolicy = (PolicyArn: string) => (client: IAMClient) => client.send(new GetPolicyCommand({ PolicyArn }))
const createUser =
  (UserName: string, more = {}) =>
  (client: IAMClient) =>
    client.send(new CreateUserCommand({ UserName, ...more }))
const onGetPolicy = (condition: Grant['condition']): Grant => ({
  action: 'iam:GetPolicy',
  ...(condition ? { condition } : {}),
})
const administrator = `policy ${AWS}/AdministratorAccess`

const cases: readonly Case[] = [
  {
    name: 'the stored ARN counts, path included, whatever the case of the name',
    grants: [{ action: 'iam:GetUser', resource: arn('user/p/Target') }],
    call: (client) => client.send(new GetUserCommand({ UserName: 'TARGET' })),
    want: 'ok',
  },
  {
    name: 'a grant without the path is none',
    grants: [{ action: 'iam:GetUser', resource: arn('user/Target') }],
    call: (client) => client.send(new GetUserCommand({ UserName: 'target' })),
    want: lacks('iam:GetUser', 'user Target'),
  },
  {
    name: 'without a name it is the caller',
    grants: [{ action: 'iam:GetUser', resource: arn('user/asker') }],
    call: (client) => client.send(new GetUserCommand({})),
    want: 'ok',
  },
  {
    name: 'a role in capitals',
    grants: [{ action: 'iam:GetRole', resource: arn('role/p/Role') }],
    call: (client) => client.send(new GetRoleCommand({ RoleName: 'ROLE' })),
    want: 'ok',
  },
  {
    name: 'a role that is not there is refused as one that is',
    grants: [],
    call: (client) => client.send(new GetRoleCommand({ RoleName: 'missing' })),
    want: lacks('iam:GetRole', 'role missing'),
  },
  {
    name: 'a new user: the requested path',
    grants: [{ action: 'iam:CreateUser', resource: arn('user/made/*') }],
    call: createUser('a', { Path: '/made/' }),
    want: 'ok',
  },
  {
    name: 'a new user: another path',
    grants: [{ action: 'iam:CreateUser', resource: arn('user/made/*') }],
    call: createUser('b', { Path: '/blocked/' }),
    want: lacks('iam:CreateUser', arn('user/blocked/b')),
  },
  {
    name: 'a new user with tags needs iam:TagUser too',
    grants: [{ action: 'iam:CreateUser' }],
    call: createUser('c', { Tags: [{ Key: 'k', Value: 'v' }] }),
    want: lacks('iam:TagUser', arn('user/c')),
  },
  {
    name: 'a new user has to be bounded',
    grants: [
      { action: 'iam:CreateUser', condition: { StringEquals: { 'iam:PermissionsBoundary': `${AWS}/ReadOnlyAccess` } } },
    ],
    call: createUser('d'),
    want: lacks('iam:CreateUser', arn('user/d')),
  },
  {
    name: 'a new user is bounded',
    grants: [
      { action: 'iam:CreateUser', condition: { StringEquals: { 'iam:PermissionsBoundary': `${AWS}/ReadOnlyAccess` } } },
    ],
    call: createUser('e', { PermissionsBoundary: `${AWS}/ReadOnlyAccess` }),
    want: 'ok',
  },
  {
    name: 'only this policy may be attached',
    grants: [
      { action: 'iam:AttachUserPolicy', condition: { ArnEquals: { 'iam:PolicyARN': `${AWS}/ReadOnlyAccess` } } },
    ],
    call: (client) =>
      client.send(new AttachUserPolicyCommand({ UserName: 'target', PolicyArn: `${AWS}/AdministratorAccess` })),
    want: lacks('iam:AttachUserPolicy', 'user Target'),
  },
  {
    name: 'this policy may be attached',
    grants: [
      { action: 'iam:AttachUserPolicy', condition: { ArnEquals: { 'iam:PolicyARN': `${AWS}/ReadOnlyAccess` } } },
    ],
    call: (client) =>
      client.send(new AttachUserPolicyCommand({ UserName: 'target', PolicyArn: `${AWS}/ReadOnlyAccess` })),
    want: 'ok',
  },
  {
    name: 'tags of the user: iam:ResourceTag and aws:ResourceTag',
    grants: [
      {
        action: 'iam:TagUser',
        condition: { StringEquals: { 'iam:ResourceTag/team': 'red', 'aws:ResourceTag/team': 'red' } },
      },
    ],
    call: (client) => client.send(new TagUserCommand({ UserName: 'target', Tags: [{ Key: 'x', Value: 'y' }] })),
    want: 'ok',
  },
  {
    name: 'a role for an instance has to be passed',
    grants: [{ action: 'iam:AddRoleToInstanceProfile' }],
    call: (client) =>
      client.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'profile', RoleName: 'role' })),
    want: lacks('iam:PassRole', arn('role/p/Role')),
  },
  {
    name: 'a role for an instance is passed to EC2',
    grants: [
      { action: 'iam:AddRoleToInstanceProfile' },
      {
        action: 'iam:PassRole',
        resource: arn('role/p/*'),
        condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      },
    ],
    call: (client) =>
      client.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'profile', RoleName: 'role' })),
    want: 'ok',
  },
  {
    name: "an AWS policy's owner is not absent",
    grants: [onGetPolicy({ Null: { 'aws:ResourceAccount': 'true' } })],
    call: getPolicy(`${AWS}/AdministratorAccess`),
    want: lacks('iam:GetPolicy', administrator),
  },
  {
    name: "an AWS policy's owner is there",
    grants: [onGetPolicy({ Null: { 'aws:ResourceAccount': 'false' } })],
    call: getPolicy(`${AWS}/AdministratorAccess`),
    want: 'ok',
  },
  {
    name: "an AWS policy's owner is not the word aws",
    grants: [onGetPolicy({ StringEquals: { 'aws:ResourceAccount': 'aws' } })],
    call: getPolicy(`${AWS}/AdministratorAccess`),
    want: lacks('iam:GetPolicy', administrator),
  },
  {
    name: "an AWS policy's owner is not the caller",
    grants: [onGetPolicy({ StringEquals: { 'aws:ResourceAccount': HOME } })],
    call: getPolicy(`${AWS}/AdministratorAccess`),
    want: lacks('iam:GetPolicy', administrator),
  },
  {
    name: "an AWS policy's owner is an account of AWS",
    grants: [onGetPolicy({ StringEquals: { 'aws:ResourceAccount': '639982225848' } })],
    call: getPolicy(`${AWS}/ReadOnlyAccess`),
    want: 'ok',
  },
  {
    name: 'lists are named by their path',
    grants: [],
    call: (client) => client.send(new ListRolesCommand({ PathPrefix: '/p/' })),
    want: lacks('iam:ListRoles', arn('role/p/')),
  },
  {
    name: 'policies are listed by path, in words',
    grants: [],
    call: (client) => client.send(new ListPoliciesCommand({})),
    want: lacks('iam:ListPolicies', 'policy path /'),
  },
]

for (const { name, grants, call, want } of cases)
  test(name, async (context) => {
    const { admin, clientOf } = await openIamWorld(context)
    const Tags = [{ Key: 'team', Value: 'red' }]
    await admin.send(new CreateUserCommand({ UserName: 'Target', Path: '/p/', Tags }))
    await admin.send(new CreateRoleCommand({ RoleName: 'Role', Path: '/p/', AssumeRolePolicyDocument: TRUST_EC2 }))
    await admin.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'profile' }))
    await admin.send(new CreateUserCommand({ UserName: 'asker' }))
    const caller = clientOf(await keysFor(admin, 'asker'))
    await grant(admin, grants)
    const got = await outcome(call(caller))
    assert.equal(got, want === 'ok' ? 'ok' : `AccessDenied: User: ${arn('user/asker')} ${want}`)
  })

async function grant(admin: IAMClient, grants: readonly Grant[]): Promise<void> {
  if (grants.length === 0) return
  const Statement = grants.map(({ action, resource = '*', condition = {} }) => ({
    Effect: 'Allow',
    Action: action,
    Resource: resource,
    Condition: condition,
  }))
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await admin.send(new PutUserPolicyCommand({ UserName: 'asker', PolicyName: 'grants', PolicyDocument }))
}

async function keysFor(admin: IAMClient, UserName: string) {
  const { AccessKey } = await admin.send(new CreateAccessKeyCommand({ UserName }))
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
}

test('a user moved to another path falls out of grants on the old ARN at once', async (context) => {
  const { admin, clientOf } = await openIamWorld(context)
  await admin.send(new CreateUserCommand({ UserName: 'target', Path: '/p/' }))
  await admin.send(new CreateUserCommand({ UserName: 'asker' }))
  const caller = clientOf(await keysFor(admin, 'asker'))
  await grant(admin, [{ action: 'iam:GetUser', resource: arn('user/p/target') }])
  const get = () => outcome(caller.send(new GetUserCommand({ UserName: 'target' })))
  assert.equal(await get(), 'ok')
  await admin.send(new UpdateUserCommand({ UserName: 'target', NewPath: '/q/' }))
  assert.match(await get(), /^AccessDenied: /)
})

test('the last use of a key is asked about its owner', async (context) => {
  const { admin, clientOf } = await openIamWorld(context)
  await admin.send(new CreateUserCommand({ UserName: 'target', Path: '/p/' }))
  await admin.send(new CreateUserCommand({ UserName: 'asker' }))
  const { accessKeyId } = await keysFor(admin, 'target')
  const caller = clientOf(await keysFor(admin, 'asker'))
  const get = (AccessKeyId: string) => outcome(caller.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })))
  assert.match(await get(accessKeyId), /^AccessDenied: /)
  await grant(admin, [{ action: 'iam:GetAccessKeyLastUsed', resource: arn('user/p/target') }])
  assert.equal(await get(accessKeyId), 'ok')
  assert.equal(
    await get('AKIAIOSFODNN7EXAMPLE'),
    `AccessDenied: User: ${arn('user/asker')} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE`,
  )
})
