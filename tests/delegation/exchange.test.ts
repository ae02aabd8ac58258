/** The exchange of a trade-in token through the official client: who the credentials are, what bounds them, what ends them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  GetPolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetScopedCredentialsCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { auditLine } from '../../packages/server/src/authorization/audit-file.ts'
import { EVERYWHERE } from '../../packages/server/src/entities/iam.ts'
import { delegationRequests } from '../../packages/server/src/entities/delegation.ts'
import { revokeRequest } from '../../packages/server/src/services/iam/delegation-steps.ts'
import { lastDiagnosis, lastExplanation } from '../support/diagnosis.ts'
import type { Keys } from '../support/world.ts'
import {
  BOUNDARY,
  CUSTOMER,
  MAKE_ROLE,
  PARTNER,
  admin,
  bob,
  keysOf,
  openStage,
  partner,
  root,
  stranger,
} from './stage.ts'
import type { Stage } from './stage.ts'

const OBJECT = { Bucket: 'customer-data', Key: 'report.csv' }
const read = (stage: Stage, keys: Keys, Key = OBJECT.Key) =>
  stage.s3(keys).send(new GetObjectCommand({ Bucket: OBJECT.Bucket, Key }))
const MINUTE = 60_000
const trust =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'

test('the credentials are those of the approver, below the policy of the request', async (context) => {
  const stage = await openStage(context)
  const { id, token } = await stage.released()
  const keys = await stage.exchange(token)
  assert.equal(keys.principal, `arn:aws:iam::${CUSTOMER}:user/administrator`)
  const who = await stage.sts(keys).send(new GetCallerIdentityCommand({}))
  assert.deepEqual([who.Arn, who.Account], [keys.principal, CUSTOMER])
  await read(stage, keys)
  await stage.s3(keys).send(new ListObjectsV2Command({ Bucket: OBJECT.Bucket }))
  await assert.rejects(read(stage, keys, 'private/plan.txt'), { name: 'AccessDenied' })
  await assert.rejects(stage.s3(keys).send(new PutObjectCommand({ ...OBJECT, Body: 'x' })), { name: 'AccessDenied' })
  const told = await lastExplanation(stage.world)
  assert.equal(told?.code, 'SESSION.POLICY_FILTERED')
  assert.match(JSON.stringify(told), new RegExp(`permissions of delegation request ${id}`))
  await assert.rejects(stage.sts(keys).send(new GetSessionTokenCommand({})), { name: 'AccessDenied' })
})

test('the audit file tells who acts, as CloudTrail does', async (context) => {
  const stage = await openStage(context)
  const { token } = await stage.released()
  await read(stage, await stage.exchange(token))
  await new Promise((resolve) => setImmediate(resolve))
  const [entry] = stage.world.core.platform.journal.recent(1)
  assert.ok(entry)
  for (const each of stage.world.core.platform.journal.recent(20))
    assert.ok(!inspect(each, { depth: 6 }).includes(token))
  const { principal, invokedByDelegate } = auditLine(entry)
  assert.deepEqual(
    [principal, invokedByDelegate],
    [`arn:aws:iam::${CUSTOMER}:user/administrator`, { accountId: PARTNER }],
  )
})

test('what the approver may not do, the partner may not either; its policies are looked at anew each time', async (context) => {
  const stage = await openStage(context)
  const { token } = await stage.released({}, await stage.approver())
  const keys = await stage.exchange(token)
  assert.equal(keys.principal, `arn:aws:sts::${CUSTOMER}:assumed-role/Approver/desk`)
  await read(stage, keys)
  await stage.iam(admin).send(new DeleteRolePolicyCommand({ RoleName: 'Approver', PolicyName: 'approve' }))
  await assert.rejects(read(stage, keys), { name: 'AccessDenied' })
  await assert.rejects(read(stage, await stage.exchange(token)), { name: 'AccessDenied' })
})

test("a session policy of the approver's own session stays in force", async (context) => {
  const stage = await openStage(context)
  const Policy =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","s3:ListBucket"],"Resource":"*"}]}'
  const { token } = await stage.released({}, await stage.approver({ Policy }))
  const keys = await stage.exchange(token)
  await stage.s3(keys).send(new ListObjectsV2Command({ Bucket: OBJECT.Bucket }))
  await assert.rejects(read(stage, keys), { name: 'AccessDenied' })
})

test('root is below the ceiling too', async (context) => {
  const stage = await openStage(context)
  const { token } = await stage.released({}, root)
  const keys = await stage.exchange(token)
  assert.equal(keys.principal, `arn:aws:iam::${CUSTOMER}:root`)
  await read(stage, keys)
  await assert.rejects(read(stage, keys, 'private/plan.txt'), { name: 'AccessDenied' })
  await assert.rejects(stage.iam(keys).send(new DeleteUserCommand({ UserName: 'bob' })), { name: 'AccessDenied' })
})

test('several exchanges, one end for all of them', async (context) => {
  const stage = await openStage(context)
  const { token } = await stage.released()
  const first = await stage.exchange(token)
  stage.later(50 * MINUTE)
  const second = await stage.exchange(token)
  assert.notEqual(first.accessKeyId, second.accessKeyId)
  // Expiration is told by the reader's own clock, which has not moved.
  assert.equal(first.expires.getTime() - second.expires.getTime(), 50 * MINUTE)
  await read(stage, first)
  stage.later(10 * MINUTE)
  await assert.rejects(read(stage, first), { name: 'ExpiredToken' })
  await assert.rejects(read(stage, second), { name: 'ExpiredToken' })
  await assert.rejects(stage.exchange(token), { name: 'ExpiredTradeInTokenException' })
  assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.TOKEN_EXPIRED')
})

test("another account's token is worth nothing, nor is one that was changed", async (context) => {
  const stage = await openStage(context)
  const { token } = await stage.released()
  for (const keys of [stranger, admin]) {
    await assert.rejects(stage.exchange(token, keys), { name: 'ValidationError', message: 'Invalid trade-in token' })
    assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.OTHER_ACCOUNT')
  }
  const middle = Math.floor(token.length / 2)
  const other = token[middle] === 'A' ? 'B' : 'A'
  const longer = `${token}A`
  const changed = token.slice(0, middle) + other + token.slice(middle + 1)
  for (const text of [changed, longer, token.slice(1), ` ${token}`, 'nonsense', 'A'.repeat(20_000)]) {
    await assert.rejects(stage.exchange(text), { name: 'ValidationError', message: 'Invalid trade-in token' })
    assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.TOKEN')
  }
})

test('the exchange needs sts:GetDelegatedAccessToken', async (context) => {
  const stage = await openStage(context)
  const { token } = await stage.released()
  await assert.rejects(stage.exchange(token, bob), { name: 'AccessDenied' })
})

test('an approver who is gone ends it, and a namesake does not bring it back', async (context) => {
  const stage = await openStage(context)
  const { token } = await stage.released({}, await stage.approver())
  const keys = await stage.exchange(token)
  const iam = stage.iam(admin)
  const RoleName = 'Approver'
  await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'approve' }))
  await iam.send(new DeleteRoleCommand({ RoleName }))
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
  const PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument }))
  await assert.rejects(read(stage, keys), { name: 'InvalidAccessKeyId' })
  await assert.rejects(stage.exchange(token), { name: 'AccessDenied' })
  assert.equal(await lastDiagnosis(stage.world), 'DELEGATION.APPROVER_GONE')
})

for (const [name, approver] of [
  ['a user', admin],
  ['root', root],
] as const)
  test(`approved by ${name} and revoked: neither the sessions nor the token work any more`, async (context) => {
    const stage = await openStage(context)
    const { id, token } = await stage.released({}, approver)
    const keys = await stage.exchange(token)
    await read(stage, keys)
    const { store, clock } = stage.world.core
    await store.write([EVERYWHERE], (writer) => revokeRequest(writer, id, clock.session()))
    await assert.rejects(read(stage, keys))
    await assert.rejects(stage.exchange(token), { name: 'ExpiredTradeInTokenException' })
    assert.ok((await store.read((reader) => reader.get(delegationRequests, EVERYWHERE, id)))?.revokedAt)
  })

test('what is delegated with delegated access ends with it', async (context) => {
  const stage = await openStage(context)
  const Permissions = { PolicyTemplateArn: MAKE_ROLE.replace('MakeRole', 'Follow') }
  const outer = await stage.released({ Permissions, SessionDuration: 600 })
  const first = await stage.exchange(outer.token)
  const id = await stage.create({ Permissions, SessionDuration: 43_200 })
  for (const step of ['associate', 'accept', 'send'] as const) await stage.step(step, id, first)
  const token = (await stage.messages()).find(
    (message) => message.RequestId === id && message.ExchangeToken,
  )?.ExchangeToken
  assert.ok(token)
  const second = await stage.exchange(token)
  assert.equal(second.expires.getTime(), first.expires.getTime(), 'twelve hours are not to be had within ten minutes')
  await read(stage, second)
  const { store, clock } = stage.world.core
  await store.write([EVERYWHERE], (writer) => revokeRequest(writer, outer.id, clock.session()))
  await assert.rejects(read(stage, second))
  await assert.rejects(stage.exchange(token), { name: 'ExpiredTradeInTokenException' })
})

test('scoped down further, the ceiling of the delegation stays', async (context) => {
  const stage = await openStage(context)
  const { token } = await stage.released()
  const keys = await stage.exchange(token)
  const Policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
  const made = await stage.sts(keys).send(new GetScopedCredentialsCommand({ Policy }))
  const scoped = keysOf(made.Credentials)
  await read(stage, scoped)
  await assert.rejects(read(stage, scoped, 'private/plan.txt'), { name: 'AccessDenied' })
})

test('roles are made with the registered boundary only, and it bounds them', async (context) => {
  const stage = await openStage(context)
  const Permissions = {
    PolicyTemplateArn: MAKE_ROLE,
    Parameters: [{ Name: 'accountId', Values: [CUSTOMER], Type: 'string' as const }],
  }
  const { token } = await stage.released({ Permissions })
  const iam = stage.iam(await stage.exchange(token))
  const role = { RoleName: 'Reader', Path: '/partner.example/', AssumeRolePolicyDocument: trust }
  await assert.rejects(iam.send(new CreateRoleCommand(role)), { name: 'AccessDenied' })
  const { Role } = await iam.send(new CreateRoleCommand({ ...role, PermissionsBoundary: BOUNDARY }))
  assert.equal(Role?.PermissionsBoundary?.PermissionsBoundaryArn, BOUNDARY)
  const PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
  await iam.send(new PutRolePolicyCommand({ RoleName: 'Reader', PolicyName: 'all', PolicyDocument }))
  const attaching = stage.iam(admin).send(new AttachRolePolicyCommand({ RoleName: 'Reader', PolicyArn: BOUNDARY }))
  await assert.rejects(attaching, { name: 'NoSuchEntityException' })
  await assert.rejects(stage.iam(admin).send(new GetPolicyCommand({ PolicyArn: BOUNDARY })), {
    name: 'NoSuchEntityException',
  })
  const RoleArn = `arn:aws:iam::${CUSTOMER}:role/partner.example/Reader`
  const { Credentials } = await stage.sts(partner).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'ongoing' }))
  const ongoing = keysOf(Credentials)
  await read(stage, ongoing)
  await assert.rejects(stage.s3(ongoing).send(new ListObjectsV2Command({ Bucket: OBJECT.Bucket })), {
    name: 'AccessDenied',
  })
})
