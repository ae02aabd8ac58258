/** Cases from the field that IAM's families decide; the letters are those of the collection they come from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetRoleCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { knownAccountId } from '../../packages/server/src/domain/brands.ts'
import { EVERYWHERE } from '../../packages/server/src/entities/iam.ts'
import { organizations } from '../../packages/server/src/entities/organization.ts'
import { HOME, openIamWorld, outcome, TRUST_EC2 } from './client.ts'

const ALLOW_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'

test('L02: an identity policy of 8 KB pasted into each slot', async (context) => {
  const { admin } = await openIamWorld(context)
  const statement = (index: number) => ({
    Sid: `S${index}`,
    Effect: 'Allow',
    Action: ['ec2:CreateTags', 'elasticloadbalancing:AddTags'],
    Resource: `arn:aws:ec2:*:*:security-group/sg-${String(index).padStart(8, '0')}`,
    Condition: { Null: { 'aws:RequestTag/cluster': 'true', 'aws:ResourceTag/cluster': 'false' } },
  })
  const pasted = (count: number) =>
    JSON.stringify({ Version: '2012-10-17', Statement: Array.from({ length: count }, (_, index) => statement(index)) })
  const big = pasted(36)
  assert.ok(big.length > 6144 && big.length < 10240, String(big.length))
  await admin.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: TRUST_EC2 }))
  const create = (document: string) =>
    outcome(admin.send(new CreateRoleCommand({ RoleName: 'x', AssumeRolePolicyDocument: document })))
  assert.equal(await create(big), 'LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048')
  assert.match(await create(pasted(2)), /^MalformedPolicyDocument: /)
  assert.equal(
    await outcome(admin.send(new CreatePolicyCommand({ PolicyName: 'x', PolicyDocument: big }))),
    'LimitExceeded: Cannot exceed quota for PolicySize: 6144',
  )
  assert.equal(
    await outcome(admin.send(new PutRolePolicyCommand({ RoleName: 'r', PolicyName: 'x', PolicyDocument: big }))),
    'ok',
  )
})

test('L03: a trust policy that grows by one subject at a time', async (context) => {
  const { admin } = await openIamWorld(context)
  await admin.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: TRUST_EC2 }))
  const issuer = `oidc.eks.us-west-2.amazonaws.com/id/${'A'.repeat(32)}`
  const subjects = (count: number) =>
    Array.from(
      { length: count },
      (_, index) => `system:serviceaccount:team-${String(index).padStart(2, '0')}:default-editor`,
    )
  const document = (count: number) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${HOME}:oidc-provider/${issuer}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${issuer}:sub`]: subjects(count) } },
      },
    ],
  })
  const update = (text: string) =>
    outcome(admin.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'r', PolicyDocument: text })))
  let accepted = 0
  for (let count = 20; count < 60; count++) {
    const got = await update(JSON.stringify(document(count), null, 4))
    if (got !== 'ok') {
      assert.equal(got, 'LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048')
      break
    }
    accepted = count
  }
  assert.ok(accepted >= 30 && accepted <= 38, `${accepted} subjects`)
  const { Role } = await admin.send(new GetRoleCommand({ RoleName: 'r' }))
  assert.deepEqual(
    JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).Statement[0].Condition.StringEquals,
    {
      [`${issuer}:sub`]: subjects(accepted),
    },
  )
  assert.equal(await update(JSON.stringify(document(accepted)) + ' '.repeat(3000)), 'ok')
})

test('P05: an action that does not exist is stored, and allows nothing', async (context) => {
  const { admin } = await openIamWorld(context)
  const PolicyDocument = ALLOW_ALL.replace('"*"', '"s3:ListObjects"')
  assert.equal(await outcome(admin.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument }))), 'ok')
})

test('P18: eleven digits are no account', async (context) => {
  const { admin } = await openIamWorld(context)
  const trust = TRUST_EC2.replace('"Service":"ec2.amazonaws.com"', '"AWS":"12345671234"')
  assert.equal(
    await outcome(admin.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: trust }))),
    'MalformedPolicyDocument: Invalid principal in policy: "AWS":"12345671234"',
  )
})

/** The document of the case, as the platform team wrote it. */
const NEED_BOUNDARY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    {
      Effect: 'Deny',
      Sid: 'NeedBoundary',
      Action: ['iam:CreateRole', 'iam:CreateUser'],
      Resource: '*',
      Condition: {
        ArnNotLike: {
          'iam:PermissionsBoundary': 'arn:aws:iam::*:policy/guard',
          'aws:PrincipalArn': [
            'arn:aws:iam::*:role/bootstrap-*',
            'arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*',
          ],
        },
      },
    },
    {
      Effect: 'Deny',
      Sid: 'KeepBoundary',
      Action: ['iam:DeleteRolePermissionsBoundary', 'iam:DeleteUserPermissionsBoundary'],
      Resource: '*',
      Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/bootstrap-*' } },
    },
  ],
})

test('P09: an SCP that demands a permissions boundary', async (context) => {
  const { admin, world } = await openIamWorld(context)
  const account = knownAccountId(HOME)
  const scp = {
    name: 'NeedBoundary',
    arn: 'arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1',
    text: NEED_BOUNDARY,
  }
  const full = {
    name: 'FullAWSAccess',
    arn: 'arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess',
    text: ALLOW_ALL,
  }
  for (const PolicyName of ['guard', 'weak'])
    await admin.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: ALLOW_ALL }))
  await world.core.store.write([EVERYWHERE], (writer) =>
    writer.put(organizations, EVERYWHERE, {
      id: 'o-exampleorgid',
      createdAt: world.core.clock.session(),
      managementAccount: knownAccountId('999999999999'),
      scpEnabled: true,
      rcpEnabled: false,
      units: [
        { id: 'r-root', name: 'Root', accounts: [account], serviceControlPolicies: [scp], resourceControlPolicies: [] },
      ],
      accountPolicies: { [HOME]: { scp: [full], rcp: [] } },
    }),
  )
  const boundary = (name: string) => `arn:aws:iam::${HOME}:policy/${name}`
  const create = (RoleName: string, PermissionsBoundary?: string) =>
    outcome(admin.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST_EC2, PermissionsBoundary })))
  const denied = /^AccessDenied: .* with an explicit deny in a service control policy/
  assert.match(await create('r1'), denied)
  assert.equal(await create('r2', boundary('guard')), 'ok')
  assert.match(await create('r3', boundary('weak')), denied)
  const RoleName = 'r2'
  // The hole in the document: it says nothing of changing the boundary.
  const put = new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary('weak') })
  assert.equal(await outcome(admin.send(put)), 'ok')
  assert.match(await outcome(admin.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }))), denied)
})
