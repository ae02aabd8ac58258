/** GetScopedCredentials through the official client: ceilings that only go down. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  GetCallerIdentityCommand,
  GetScopedCredentialsCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import type { Credentials, GetScopedCredentialsCommandInput } from '@aws-sdk/client-sts'
import { openWorld } from '../support/world.ts'
import type { Administrator, Keys, World } from '../support/world.ts'

let world: World
let admin: Administrator
let session: Keys
before(async () => {
  world = await openWorld()
  admin = await world.account('111122223333')
  await s3(admin).send(new CreateBucketCommand({ Bucket: 'scoped' }))
  await s3(admin).send(new PutObjectCommand({ Bucket: 'scoped', Key: 'a', Body: 'x' }))
  session = keysOf((await sts(admin).send(new GetSessionTokenCommand({ DurationSeconds: 3600 }))).Credentials)
})
after(() => world.close())

const settings = (credentials: Keys) => ({ endpoint: world.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
const sts = (keys: Keys) => new STSClient(settings(keys))
const s3 = (keys: Keys) => new S3Client({ ...settings(keys), forcePathStyle: true })
const policy = (...actions: string[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] })
const scope = (keys: Keys, input: GetScopedCredentialsCommandInput = {}) =>
  sts(keys).send(new GetScopedCredentialsCommand(input))
const read = (keys: Keys) => s3(keys).send(new GetObjectCommand({ Bucket: 'scoped', Key: 'a' }))
const list = (keys: Keys) => s3(keys).send(new ListObjectsV2Command({ Bucket: 'scoped' }))

function keysOf(credentials: Credentials | undefined): Keys {
  assert.ok(credentials?.AccessKeyId && credentials.SecretAccessKey && credentials.SessionToken)
  return {
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretAccessKey,
    sessionToken: credentials.SessionToken,
  }
}

test('each layer is a ceiling of its own, and identity and name stay', async () => {
  const first = await scope(session, { Policy: policy('s3:GetObject', 's3:ListBucket', 'sts:GetScopedCredentials') })
  assert.equal(first.ScopedPoliciesCount, 1)
  const once = keysOf(first.Credentials)
  await read(once)
  await list(once)
  const twice = keysOf((await scope(once, { Policy: policy('s3:GetObject', 'iam:*') })).Credentials)
  await read(twice)
  await assert.rejects(list(twice), { name: 'AccessDenied' })
  const who = await sts(twice).send(new GetCallerIdentityCommand({}))
  assert.equal(who.Arn, (await sts(session).send(new GetCallerIdentityCommand({}))).Arn)
})

test('a resource policy that names the caller does not lift a ceiling', async () => {
  const grant = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::111122223333:user/${admin.userName}` },
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::scoped/*',
  }
  await s3(admin).send(
    new PutBucketPolicyCommand({
      Bucket: 'scoped',
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: grant }),
    }),
  )
  await assert.rejects(read(keysOf((await scope(session, { Policy: policy('s3:ListBucket') })).Credentials)), {
    name: 'AccessDenied',
  })
})

test('a fourth layer is refused', async () => {
  let keys = session
  for (let layer = 0; layer < 3; layer++) keys = keysOf((await scope(keys, { Policy: policy('*') })).Credentials)
  await assert.rejects(scope(keys, { Policy: policy('*') }), { name: 'ValidationError' })
  await read(keys)
})

test('no longer than the session, and the session’s remainder by default', async () => {
  const whole = await scope(session)
  assert.ok(Math.abs((whole.Credentials?.Expiration?.getTime() ?? 0) - Date.now() - 3600_000) < 120_000)
  await assert.rejects(scope(session, { DurationSeconds: 3700 }), { name: 'ValidationError' })
  await assert.rejects(scope(session, { DurationSeconds: 0 }), { name: 'ValidationError' })
  const short = await scope(session, { DurationSeconds: 1 })
  assert.ok((short.Credentials?.Expiration?.getTime() ?? 0) <= Date.now() + 1000)
})

test('long-term credentials have nothing to scope down', async () => {
  await assert.rejects(scope(admin), { name: 'AccessDenied' })
})
