/** Cases about refusals that nobody understands: what the wire says, and what `why` says. Ids: see README.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import { DecodeAuthorizationMessageCommand } from '@aws-sdk/client-sts'
import { say } from '../faults/socket.ts'
import { A, B, allow, answerOf, openStage, outcome, policy } from './stage.ts'
import type { Stage } from './stage.ts'

const Bucket = 'state'
const OBJECTS = 'arn:aws:s3:::state/*'

async function withBucket(context: Parameters<typeof openStage>[0]): Promise<Stage> {
  const stage = await openStage(context)
  await stage.s3(stage.a).send(new CreateBucketCommand({ Bucket }))
  await stage.s3(stage.a).send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'kept' }))
  return stage
}

const putPolicy = ({ s3, a }: Stage, ...statements: readonly object[]) =>
  s3(a).send(new PutBucketPolicyCommand({ Bucket, Policy: policy(...statements) }))

test('Y01 operations and the actions that they need, also where the answer has no body', async (context) => {
  const stage = await withBucket(context)
  const keys = await stage.user(stage.a, 'u', allow('s3:PutObject', OBJECTS))
  for (const [method, target, action, resource] of [
    ['GET', '/state?list-type=2', 's3:ListBucket', 'arn:aws:s3:::state'],
    ['HEAD', '/state/k', 's3:GetObject', 'arn:aws:s3:::state/k'],
    ['GET', '/state?object-lock', 's3:GetBucketObjectLockConfiguration', 'arn:aws:s3:::state'],
  ] as const) {
    const got = await stage.raw({ keys, method, target })
    assert.equal(got.status, 403, target)
    if (method === 'HEAD') assert.equal(got.body, '')
    const why = await stage.why(got)
    assert.deepEqual([why.action, why.resource, why.code], [action, resource, 'IDENTITY.NO_ALLOW'])
  }
})

test('Y02 encoded messages are whole, of their account, and for who may decode', async (context) => {
  const { a, b, sts, user, raw } = await withBucket(context)
  const u = await user(a, 'u')
  const v = await user(a, 'v')
  const denied = await raw({ keys: u, target: '/state/k' })
  const message = denied.header('x-understudy-encoded-message')
  assert.ok(message)
  const decode = (keys: typeof a, EncodedMessage: string) =>
    sts(keys).send(new DecodeAuthorizationMessageCommand({ EncodedMessage }))
  const { DecodedMessage } = await decode(a, message)
  assert.equal(JSON.parse(DecodedMessage ?? '').allowed, false)
  assert.equal(await outcome(decode(v, message)), '403 AccessDenied')
  const changed = `${message.slice(0, 30)}${message[30] === 'A' ? 'B' : 'A'}${message.slice(31)}`
  for (const [keys, text] of [
    [a, message.slice(0, -20)],
    [a, changed],
    [b, message],
  ] as const)
    assert.equal(await outcome(decode(keys, text)), '400 InvalidAuthorizationMessageException')
})

test('Y04 one refusal, four causes', async (context) => {
  const stage = await withBucket(context)
  const { a, b, user, raw, why, s3, world } = stage
  const none = await raw({ keys: await user(a, 'none'), target: '/state/k' })
  assert.match(none.message ?? '', /because no identity-based policy allows the s3:GetObject action/)
  assert.equal((await why(none)).code, 'IDENTITY.NO_ALLOW')

  await putPolicy(stage, { ...allow('s3:GetObject', OBJECTS), Effect: 'Deny', Principal: '*', Sid: 'NotHere' })
  const explicit = await raw({ keys: await user(a, 'some', allow('s3:GetObject')), target: '/state/k' })
  assert.match(explicit.message ?? '', /with an explicit deny in a resource-based policy/)
  assert.match(JSON.stringify(await why(explicit)), /NotHere/)

  await s3(a).send(new DeletePublicAccessBlockCommand({ Bucket }))
  await putPolicy(stage, { ...allow('s3:GetObject', OBJECTS), Principal: '*' })
  const PublicAccessBlockConfiguration = { RestrictPublicBuckets: true }
  await s3(a).send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }))
  const host = new URL(world.endpoint).host
  const anonymous = answerOf(
    await say(world.endpoint, `GET /state/k HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
  )
  assert.deepEqual([anonymous.status, anonymous.message], [403, 'Access Denied'])

  await user(b, 'carol')
  await putPolicy(stage, { ...allow('s3:GetObject', OBJECTS), Principal: { AWS: `arn:aws:iam::${B}:user/carol` } })
  const other = await raw({ keys: await user(b, 'bob', allow('s3:GetObject')), target: '/state/k' })
  assert.deepEqual([other.status, other.message], [403, 'Access Denied'])
  assert.match(JSON.stringify(await why(other)), /"failed":"principal"/)
  // The block is told as a Deny of its own name.
  assert.match(JSON.stringify(await why(anonymous)), /"sid":"RestrictPublicBuckets"/)
  const codes = await Promise.all([none, explicit, anonymous, other].map(async (one) => (await why(one)).code))
  assert.deepEqual(codes, [
    'IDENTITY.NO_ALLOW',
    'RESOURCE.EXPLICIT_DENY',
    'RESOURCE.EXPLICIT_DENY',
    'RESOURCE.NO_ALLOW',
  ])
})

test('Y05 a lock file without its encryption header', async (context) => {
  const stage = await withBucket(context)
  const key = 's3:x-amz-server-side-encryption'
  await putPolicy(stage, {
    ...allow('s3:PutObject', OBJECTS),
    Effect: 'Deny',
    Principal: '*',
    Sid: 'NeedSse',
    Condition: { Null: { [key]: 'true' } },
  })
  const keys = await stage.user(stage.a, 'u', allow('s3:*'))
  const put = (name: string, headers: Readonly<Record<string, string>> = {}) =>
    stage.raw({ keys, method: 'PUT', target: `/state/${name}`, headers, body: '{}' })
  const sse = { 'x-amz-server-side-encryption': 'AES256' }
  assert.equal((await put('state', sse)).status, 200)
  const lock = await put('state.tflock')
  assert.deepEqual([lock.status, lock.code], [403, 'AccessDenied'])
  assert.match(
    lock.message ?? '',
    /s3:PutObject on resource: "arn:aws:s3:::state\/state\.tflock" with an explicit deny in/,
  )
  assert.match(JSON.stringify(await stage.why(lock)), /NeedSse[^]*x-amz-server-side-encryption/)
  const once = { ...sse, 'if-none-match': '*' }
  assert.deepEqual([(await put('once', once)).status, (await put('once', once)).code], [200, 'PreconditionFailed'])
})

test('Y06 identity policies alone do not say who may assume a role', async (context) => {
  const { a, role, assume, user } = await withBucket(context)
  const pay = allow('s3:GetObject', OBJECTS)
  const dev = await user(a, 'dev')
  const roleB = await role('roleB', {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${A}:user/dev` },
    Action: 'sts:AssumeRole',
  })
  const roleA = await role('roleA', { Effect: 'Allow', Principal: { AWS: roleB }, Action: 'sts:AssumeRole' }, pay)
  const trustA = { Effect: 'Allow', Principal: { AWS: A }, Action: 'sts:AssumeRole' }
  const roleC = await role('roleC', trustA, allow('sts:AssumeRole', roleA))
  assert.equal(await outcome(assume(await assume(dev, roleB), roleA)), '200')
  assert.equal(await outcome(assume(await assume(a, roleC), roleA)), '403 AccessDenied')
})

test('Y07 a refusal by the bucket policy says so, with the resource in quotes', async (context) => {
  const stage = await withBucket(context)
  const deny = { Effect: 'Deny', Sid: 'NoList', Principal: { AWS: A }, Action: 's3:ListBucket' }
  await putPolicy(stage, { ...deny, Resource: 'arn:aws:s3:::state' })
  const keys = await stage.user(stage.a, 'u', allow('s3:*'))
  const got = await stage.raw({ keys, target: '/state?list-type=2' })
  assert.equal(
    got.message,
    `User: arn:aws:iam::${A}:user/u is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::state" with an explicit deny in a resource-based policy`,
  )
  assert.match(JSON.stringify(await stage.why(got)), /NoList/)
})
