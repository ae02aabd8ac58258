/** GetFederationToken, through the official clients: what the session may, whom refusals name, and what it may not call. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  ListUsersCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetFederationTokenCommand, STSClient } from '@aws-sdk/client-sts'
import type { GetFederationTokenCommandInput } from '@aws-sdk/client-sts'
import { outcome } from '../iam/client.ts'
import { openWorld } from '../support/world.ts'
import type { Keys, World } from '../support/world.ts'

const ACCOUNT = '111122223333'
const FEDERATED = `arn:aws:sts::${ACCOUNT}:federated-user/Bob`
const document = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })

let world: World
let admin: IAMClient
let adminKeys: Keys
let count = 0
before(async () => {
  world = await openWorld()
  adminKeys = await world.account(ACCOUNT)
  admin = new IAMClient(settings(adminKeys))
})
after(() => world.close())
const settings = (credentials: Keys) => ({ endpoint: world.endpoint, region: 'us-east-1', maxAttempts: 1, credentials })
const sts = (keys: Keys) => new STSClient(settings(keys))
const s3 = (keys: Keys) => new S3Client({ ...settings(keys), forcePathStyle: true })

async function user(...statements: readonly object[]): Promise<Keys & { readonly name: string }> {
  const UserName = `broker-${++count}`
  await admin.send(new CreateUserCommand({ UserName }))
  if (statements.length > 0)
    await admin.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument: document(...statements) }))
  const { AccessKey } = await admin.send(new CreateAccessKeyCommand({ UserName }))
  return {
    name: UserName,
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  }
}

async function federate(by: Keys, more: Partial<GetFederationTokenCommandInput> = {}): Promise<Keys> {
  const { Credentials } = await sts(by).send(new GetFederationTokenCommand({ Name: 'Bob', ...more }))
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  }
}

const MAY_FEDERATE = { Effect: 'Allow', Action: ['sts:GetFederationToken', 'sts:TagSession'], Resource: '*' }
const LIST = { Effect: 'Allow', Action: 's3:*', Resource: '*' }

test('the session may what user and session policy both allow', async () => {
  const broker = await user(MAY_FEDERATE, LIST)
  const session = await federate(broker, {
    Policy: document({ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }),
  })
  assert.equal(await outcome(s3(session).send(new ListBucketsCommand({}))), 'ok')
  assert.match(await outcome(s3(session).send(new CreateBucketCommand({ Bucket: 'federated-made' }))), /^AccessDenied/)
  const identity = await sts(session).send(new GetCallerIdentityCommand({}))
  assert.equal(identity.Arn, FEDERATED)
  assert.equal(identity.UserId, `${ACCOUNT}:Bob`)
})

test('without a session policy it may nothing but what a bucket policy gives it by name', async () => {
  const broker = await user(MAY_FEDERATE, LIST)
  const session = await federate(broker)
  assert.match(await outcome(s3(session).send(new ListBucketsCommand({}))), /^AccessDenied/)
  const bucket = { Bucket: 'federated-bucket' }
  await s3(adminKeys).send(new CreateBucketCommand(bucket))
  assert.match(await outcome(s3(session).send(new ListObjectsV2Command(bucket))), /^AccessDenied/)
  const Policy = document({
    Effect: 'Allow',
    Principal: { AWS: FEDERATED },
    Action: 's3:ListBucket',
    Resource: 'arn:aws:s3:::federated-bucket',
  })
  await s3(adminKeys).send(new PutBucketPolicyCommand({ ...bucket, Policy }))
  assert.equal(await outcome(s3(session).send(new ListObjectsV2Command(bucket))), 'ok')
})

test('it calls no IAM, of STS only GetCallerIdentity, and makes no further session', async () => {
  const broker = await user(MAY_FEDERATE, { Effect: 'Allow', Action: '*', Resource: '*' })
  const session = await federate(broker, { Policy: document({ Effect: 'Allow', Action: '*', Resource: '*' }) })
  assert.match(await outcome(new IAMClient(settings(session)).send(new ListUsersCommand({}))), /^AccessDenied/)
  const role = { RoleArn: `arn:aws:iam::${ACCOUNT}:role/any`, RoleSessionName: 'nn' }
  assert.match(await outcome(sts(session).send(new AssumeRoleCommand(role))), /^AccessDenied/)
  assert.equal(
    await outcome(sts(session).send(new GetFederationTokenCommand({ Name: 'Eve' }))),
    'AccessDenied: Cannot call GetFederationToken with session credentials',
  )
})

test('refusals name the federated user, for the call and for its tags', async () => {
  const nobody = await user()
  const refused = await outcome(sts(nobody).send(new GetFederationTokenCommand({ Name: 'Bob' })))
  assert.match(refused, new RegExp(`not authorized to perform: sts:GetFederationToken on resource: ${FEDERATED}`))
  const tagless = await user({ Effect: 'Allow', Action: 'sts:GetFederationToken', Resource: '*' })
  const tagged = new GetFederationTokenCommand({ Name: 'Bob', Tags: [{ Key: 'team', Value: 'blue' }] })
  assert.match(await outcome(sts(tagless).send(tagged)), new RegExp(`sts:TagSession on resource: ${FEDERATED}`))
})

test('tags are the principal’s, packed size is shown, a name has at least two letters', async () => {
  const broker = await user(MAY_FEDERATE, LIST)
  const answer = await sts(broker).send(
    new GetFederationTokenCommand({ Name: 'Bob', Tags: [{ Key: 'team', Value: 'blue' }] }),
  )
  assert.equal(answer.FederatedUser?.FederatedUserId, `${ACCOUNT}:Bob`)
  assert.ok((answer.PackedPolicySize ?? 0) > 0)
  const condition = { StringEquals: { 'aws:PrincipalTag/team': 'blue' } }
  const Policy = document({ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*', Condition: condition })
  const tagged = await federate(broker, { Policy, Tags: [{ Key: 'team', Value: 'blue' }] })
  const plain = await federate(broker, { Policy })
  assert.equal(await outcome(s3(tagged).send(new ListBucketsCommand({}))), 'ok')
  assert.match(await outcome(s3(plain).send(new ListBucketsCommand({}))), /^AccessDenied/)
  assert.match(await outcome(sts(broker).send(new GetFederationTokenCommand({ Name: 'B' }))), /^ValidationError/)
})
