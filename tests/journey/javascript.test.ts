/** The story of roles, told by the AWS SDK for JavaScript v3 to a server that was started as users start it. */
import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { after, before, test } from 'node:test'
import {
  CreatePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { fromInstanceMetadata } from '@aws-sdk/credential-providers'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'

const ROLE = 'arn:aws:iam::111122223333:role/apps/Reader'
const OBJECT = { Bucket: 'reports', Key: '2026/q1.csv' }

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}
const company = { accessKeyId: 'AKIAQEXAMPLECOMPANYA', secretAccessKey: 'only-for-tests-company' }
const partner = { accessKeyId: 'AKIAQEXAMPLEPARTNERB', secretAccessKey: 'only-for-tests-partner' }
const bob = { accessKeyId: 'AKIAQEXAMPLEBOBSKEYB', secretAccessKey: 'only-for-tests-bob' }

let server: Started
before(async () => {
  server = await start(['--ephemeral', '--clock', 'movable', '--seed', resolve(ROOT, 'tests/journey/seed.yaml')])
})
after(async () => {
  assert.equal(await server.stop(), 0)
})

const settings = (credentials: Keys) => ({ endpoint: server.aws, region: 'eu-central-1', credentials, maxAttempts: 1 })
const iam = (keys: Keys) => new IAMClient(settings(keys))
const sts = (keys: Keys) => new STSClient(settings(keys))
const s3 = (keys: Keys) => new S3Client({ ...settings(keys), forcePathStyle: true })
const document = (statement: unknown) => JSON.stringify({ Version: '2012-10-17', Statement: statement })

async function assume(keys: Keys, more: Partial<AssumeRoleCommandInput> = {}): Promise<Required<Keys>> {
  const { Credentials } = await sts(keys).send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'q1', ...more }))
  assert.ok(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken)
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  }
}

interface AwsFailure {
  readonly name: string
  readonly message: string
  readonly $metadata: { readonly requestId?: string; readonly httpStatusCode?: number }
}

/** Runs what must be refused, and asks why. */
async function refused(
  work: Promise<unknown>,
  name: string,
): Promise<{ readonly failure: AwsFailure; readonly why: Readonly<Record<string, unknown>> }> {
  let failure: AwsFailure | undefined
  await work.then(
    () => assert.fail('it was allowed'),
    (error: AwsFailure) => (failure = error),
  )
  assert.ok(failure)
  assert.equal(failure.name, name, failure.message)
  const answer = await server.run(['why', failure.$metadata.requestId ?? '', '--json'])
  assert.equal(answer.code, 0, answer.err)
  return { failure, why: JSON.parse(answer.out) as Readonly<Record<string, unknown>> }
}

test('1. a partner assumes a role: both sides must say yes', async () => {
  const first = await refused(assume(bob), 'AccessDenied')
  assert.equal(
    first.failure.message,
    `User: arn:aws:iam::444455556666:user/bob is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
  )
  assert.equal(first.why['code'], 'ASSUME.CALLER_NOT_ALLOWED')
  const allow = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: ROLE }
  await iam(partner).send(
    new PutUserPolicyCommand({ UserName: 'bob', PolicyName: 'assume', PolicyDocument: document(allow) }),
  )
  await assume(bob)
  const trust = (condition: object) => ({
    Effect: 'Allow',
    Principal: { AWS: '444455556666' },
    Action: 'sts:AssumeRole',
    ...condition,
  })
  const external = { Condition: { StringEquals: { 'sts:ExternalId': 'Example987' } } }
  await iam(company).send(
    new UpdateAssumeRolePolicyCommand({ RoleName: 'Reader', PolicyDocument: document(trust(external)) }),
  )
  assert.equal((await refused(assume(bob), 'AccessDenied')).why['code'], 'TRUST.EXTERNAL_ID_MISSING')
  assert.equal(
    (await refused(assume(bob, { ExternalId: 'Example988' }), 'AccessDenied')).why['code'],
    'TRUST.EXTERNAL_ID_MISMATCH',
  )
  await assume(bob, { ExternalId: 'Example987' })
  await iam(company).send(
    new UpdateAssumeRolePolicyCommand({ RoleName: 'Reader', PolicyDocument: document(trust({})) }),
  )
})

test('2. the session reads, cannot write, shows itself, and ends', async () => {
  const session = await assume(bob)
  const identity = await sts(session).send(new GetCallerIdentityCommand({}))
  assert.equal(identity.Arn, 'arn:aws:sts::111122223333:assumed-role/Reader/q1')
  const { Body } = await s3(session).send(new GetObjectCommand(OBJECT))
  assert.equal(await Body?.transformToString(), 'quarter,revenue\n1,42\n')
  assert.equal((await s3(session).send(new ListObjectsV2Command({ Bucket: 'reports' }))).KeyCount, 1)
  const write = await refused(s3(session).send(new PutObjectCommand({ ...OBJECT, Body: 'x' })), 'AccessDenied')
  assert.equal(write.why['code'], 'IDENTITY.NO_ALLOW')
  assert.match(write.failure.message, /because no identity-based policy allows the s3:PutObject action$/)
  assert.equal((await server.run(['clock', 'advance', '61m'])).code, 0)
  assert.equal(
    (await refused(sts(session).send(new GetCallerIdentityCommand({})), 'ExpiredToken')).why['code'],
    'AUTH.EXPIRED',
  )
})

test('3. a program on an instance knows no key, and keeps working over a rotation', async () => {
  const listed = JSON.parse((await server.run(['imds', 'list', '--json'])).out) as readonly {
    readonly address: string
  }[]
  process.env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = listed[0]?.address
  const provider = fromInstanceMetadata({ maxRetries: 0, timeout: 2000 })
  const old = await provider()
  const identity = await sts(old).send(new GetCallerIdentityCommand({}))
  assert.equal(identity.Arn, 'arn:aws:sts::111122223333:assumed-role/Web/i-0123456789abcdef0')
  await s3(old).send(new GetObjectCommand(OBJECT))
  assert.equal((await server.run(['clock', 'advance', '65m'])).code, 0)
  const renewed = await fromInstanceMetadata({ maxRetries: 0, timeout: 2000 })()
  assert.notEqual(renewed.accessKeyId, old.accessKeyId)
  await s3(renewed).send(new GetObjectCommand(OBJECT))
  await s3(old).send(new GetObjectCommand(OBJECT))
})

test('4. a bucket policy names a user of another account: his own account must agree', async () => {
  const grant = {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::444455556666:user/bob' },
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::reports/*',
  }
  await s3(company).send(new PutBucketPolicyCommand({ Bucket: 'reports', Policy: document(grant) }))
  const without = await refused(s3(bob).send(new GetObjectCommand(OBJECT)), 'AccessDenied')
  assert.equal(without.why['code'], 'IDENTITY.NO_ALLOW')
  const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/*' }
  await iam(partner).send(
    new PutUserPolicyCommand({ UserName: 'bob', PolicyName: 'read', PolicyDocument: document(read) }),
  )
  await s3(bob).send(new GetObjectCommand(OBJECT))
  await iam(partner).send(new DeleteUserPolicyCommand({ UserName: 'bob', PolicyName: 'read' }))
})

test('5. a session policy narrows the session, a boundary narrows the role', async () => {
  const listOnly = document({ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' })
  const narrow = await assume(bob, { Policy: listOnly })
  await s3(narrow).send(new ListObjectsV2Command({ Bucket: 'reports' }))
  assert.equal(
    (await refused(s3(narrow).send(new GetObjectCommand(OBJECT)), 'AccessDenied')).why['code'],
    'SESSION.POLICY_FILTERED',
  )
  const wide = await assume(bob)
  await s3(wide).send(new GetObjectCommand(OBJECT))
  const { Policy } = await iam(company).send(
    new CreatePolicyCommand({ PolicyName: 'only-list', PolicyDocument: listOnly }),
  )
  await iam(company).send(
    new PutRolePermissionsBoundaryCommand({ RoleName: 'Reader', PermissionsBoundary: Policy?.Arn }),
  )
  assert.equal(
    (await refused(s3(wide).send(new GetObjectCommand(OBJECT)), 'AccessDenied')).why['code'],
    'BOUNDARY.FILTERED',
  )
})

test('6. a deleted role is dead at once', async () => {
  const session = await assume(bob)
  await iam(company).send(new DeleteRolePolicyCommand({ RoleName: 'Reader', PolicyName: 'read-reports' }))
  await iam(company).send(new DeleteRoleCommand({ RoleName: 'Reader' }))
  const dead = await refused(sts(session).send(new GetCallerIdentityCommand({})), 'InvalidClientTokenId')
  assert.equal(dead.why['code'], 'AUTH.HOLDER_GONE')
})
