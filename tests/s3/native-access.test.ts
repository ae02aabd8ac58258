/** Recorded answers on settings, expected owners, lists and multipart permissions, each by the id of its record. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCorsCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { ELSEWHERE, HOME, openS3World, outcome, refusal } from './client.ts'
import type { S3World } from './client.ts'

let s3: S3World
const Bucket = 'bkt'
const ROLE = `arn:aws:iam::${HOME}:role/R`
before(async () => {
  s3 = await openS3World()
  await s3.owner.send(new CreateBucketCommand({ Bucket }))
  await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))
  await makeRole(s3)
})
after(async () => s3.close())

const statement = (Effect: 'Allow' | 'Deny', Action: unknown, Resource: unknown = '*') => ({ Effect, Action, Resource })
const policyOf = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })

async function makeRole({ world, ownerKeys }: S3World): Promise<void> {
  const iam = new IAMClient({ endpoint: world.endpoint, region: 'us-east-1', credentials: ownerKeys })
  const trust = { Effect: 'Allow', Principal: { AWS: HOME }, Action: 'sts:AssumeRole' }
  await iam.send(new CreateRoleCommand({ RoleName: 'R', AssumeRolePolicyDocument: policyOf(trust) }))
  const PolicyDocument = policyOf(statement('Allow', 's3:*', [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`]))
  await iam.send(new PutRolePolicyCommand({ RoleName: 'R', PolicyName: 's3', PolicyDocument }))
  iam.destroy()
}

/** A session of R: all that R may, without the actions named. */
async function sessionWithout(name: string, ...denied: readonly string[]): Promise<S3Client> {
  const sts = new STSClient({ endpoint: s3.world.endpoint, region: 'us-east-1', credentials: s3.ownerKeys })
  const Policy = policyOf(statement('Allow', '*'), ...denied.map((action) => statement('Deny', action)))
  return assume(sts, name, Policy)
}
async function assume(sts: STSClient, RoleSessionName: string, Policy: string): Promise<S3Client> {
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName, Policy }))
  sts.destroy()
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
  return s3.clientOf({ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken })
}

test('s3-pab-config-07: an empty configuration changes nothing', async () => {
  const put = (PublicAccessBlockConfiguration: object) =>
    outcome(s3.owner.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration })))
  assert.equal(await put({ IgnorePublicAcls: true }), '200')
  assert.equal(await put({}), '400 InvalidRequest')
  const now = await s3.owner.send(new GetPublicAccessBlockCommand({ Bucket }))
  assert.equal(now.PublicAccessBlockConfiguration?.IgnorePublicAcls, true)
})

test('s3-pab-config-08 to 10, s3-expected-owner-01 to 07', async () => {
  const calls = (ExpectedBucketOwner: string) => [
    new GetPublicAccessBlockCommand({ Bucket, ExpectedBucketOwner }),
    new DeletePublicAccessBlockCommand({ Bucket, ExpectedBucketOwner }),
    new PutPublicAccessBlockCommand({ Bucket, ExpectedBucketOwner, PublicAccessBlockConfiguration: {} }),
    new GetBucketOwnershipControlsCommand({ Bucket, ExpectedBucketOwner }),
    new GetBucketAclCommand({ Bucket, ExpectedBucketOwner }),
    new GetObjectAclCommand({ Bucket, Key: 'k', ExpectedBucketOwner }),
  ]
  for (const command of calls('999999999999')) {
    const refused = await refusal(s3.owner.send(command as GetBucketAclCommand))
    assert.deepEqual([refused.status, refused.code, refused.message], [403, 'AccessDenied', 'Access Denied'])
  }
  const right = [calls(HOME)[0], ...calls(HOME).slice(3)]
  for (const command of right) assert.equal(await outcome(s3.owner.send(command as GetBucketAclCommand)), '200')
})

test('s3-pab-policy-01: the refused policy leaves the old one, an account id reads back as root ARN', async () => {
  const Resource = `arn:aws:s3:::${Bucket}/k`
  const allow = (Principal: unknown) => policyOf({ Effect: 'Allow', Principal, Action: 's3:GetObject', Resource })
  const put = (Policy: string) => s3.owner.send(new PutBucketPolicyCommand({ Bucket, Policy }))
  await put(allow({ AWS: HOME }))
  await s3.owner.send(
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicPolicy: true } }),
  )
  assert.equal(await outcome(put(allow('*'))), '403 AccessDenied')
  const { Policy } = await s3.owner.send(new GetBucketPolicyCommand({ Bucket }))
  assert.deepEqual(JSON.parse(Policy ?? ''), JSON.parse(allow({ AWS: `arn:aws:iam::${HOME}:root` })))
  const status = await s3.owner.send(new GetBucketPolicyStatusCommand({ Bucket }))
  assert.equal(status.PolicyStatus?.IsPublic, false)
  await s3.owner.send(new DeleteBucketPolicyCommand({ Bucket }))
})

test('s3-pab-deny-01: authorization precedes the check of the body', async () => {
  const denied = await sessionWithout(
    'denied',
    's3:GetBucketPublicAccessBlock',
    's3:PutBucketPublicAccessBlock',
    's3:GetBucketPolicyStatus',
  )
  const commands = [
    new GetPublicAccessBlockCommand({ Bucket }),
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: {} }),
    new DeletePublicAccessBlockCommand({ Bucket }),
    new GetBucketPolicyStatusCommand({ Bucket }),
  ]
  for (const command of commands)
    assert.equal(await outcome(denied.send(command as GetBucketPolicyStatusCommand)), '403 AccessDenied')
  denied.destroy()
})

test('s3-boe-admission-01 to 04, s3-texts-02', async () => {
  const { Owner, Grants } = await s3.owner.send(new GetBucketAclCommand({ Bucket }))
  const id = `id="${Owner?.ID}"`
  assert.deepEqual([Owner?.DisplayName, Grants?.map(({ Permission }) => Permission)], [undefined, ['FULL_CONTROL']])
  const put = (more: object) => outcome(s3.owner.send(new PutObjectCommand({ Bucket, Key: 'acl', Body: 'x', ...more })))
  assert.equal(await put({ GrantFullControl: id, GrantRead: id }), '400 AccessControlListNotSupported')
  assert.equal(await put({ GrantFullControl: `${id}, ${id}` }), '400 AccessControlListNotSupported')
  for (const ACL of [undefined, 'private', 'bucket-owner-full-control']) assert.equal(await put({ ACL }), '200')
  const list = await refusal(s3.owner.send(new PutObjectAclCommand({ Bucket, Key: 'acl', ACL: 'private' })))
  assert.deepEqual([list.code, list.message], ['AccessControlListNotSupported', 'The bucket does not allow ACLs'])
  const enforced = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' as const }] }
  assert.equal(
    await outcome(s3.owner.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: enforced }))),
    '200',
  )
})

test('s3-bucket-defaults-04', async () => {
  assert.equal(await outcome(s3.owner.send(new DeleteBucketCorsCommand({ Bucket }))), '204')
})

const Body = 'a part'
const create = (client: S3Client, Key: string, more: object = {}) =>
  client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))
const part = (client: S3Client, Key: string, UploadId: string | undefined, PartNumber = 1) =>
  client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))
const parts = (client: S3Client, Key: string, UploadId: string | undefined) =>
  client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
const uploads = (client: S3Client) => client.send(new ListMultipartUploadsCommand({ Bucket }))
const abort = (client: S3Client, Key: string, UploadId: string | undefined) =>
  client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
const complete = (
  client: S3Client,
  Key: string,
  UploadId: string | undefined,
  ETag: string | undefined,
  more: object = {},
) =>
  client.send(
    new CompleteMultipartUploadCommand({
      Bucket,
      Key,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      ...more,
    }),
  )
const REFUSED = '403 AccessDenied'

test('s3-mpu-01 to 04: beginning an upload, with and without tags', async () => {
  const [full, noPut, noTag] = await Promise.all([
    sessionWithout('full'),
    sessionWithout('noPut', 's3:PutObject'),
    sessionWithout('noTag', 's3:PutObjectTagging'),
  ])
  assert.equal(await outcome(create(noPut, 'mpu')), REFUSED)
  assert.equal(await outcome(create(noTag, 'mpu', { Tagging: 'a=b' })), REFUSED)
  assert.equal(await outcome(create(noTag, 'mpu')), '200')
  const { UploadId } = await create(full, 'mpu', { Tagging: 'a=b' })
  const { ETag } = await part(noTag, 'mpu', UploadId)
  await complete(noTag, 'mpu', UploadId, ETag)
  const tags = await s3.owner.send(new GetObjectTaggingCommand({ Bucket, Key: 'mpu' }))
  assert.deepEqual(tags.TagSet, [{ Key: 'a', Value: 'b' }])
})

test('s3-mpu-05 to 11: each step asks, and others of the account may go on', async () => {
  const [full, noPut, noList, noAbort] = await Promise.all([
    sessionWithout('full'),
    sessionWithout('noPut', 's3:PutObject'),
    sessionWithout('noList', 's3:ListMultipartUploadParts', 's3:ListBucketMultipartUploads'),
    sessionWithout('noAbort', 's3:AbortMultipartUpload'),
  ])
  const { UploadId } = await create(full, 'steps')
  const { ETag } = await part(full, 'steps', UploadId)
  assert.equal(await outcome(part(noPut, 'steps', UploadId)), REFUSED)
  assert.equal(await outcome(complete(noPut, 'steps', UploadId, ETag)), REFUSED)
  assert.equal(await outcome(parts(noList, 'steps', UploadId)), REFUSED)
  assert.equal(await outcome(uploads(noList)), REFUSED)
  assert.equal(await outcome(abort(noAbort, 'steps', UploadId)), REFUSED)
  const listed = await parts(full, 'steps', UploadId)
  assert.deepEqual(
    [listed.Initiator, listed.Parts?.length],
    [{ ID: `arn:aws:sts::${HOME}:assumed-role/R/full`, DisplayName: 'R/full' }, 1],
  )
  assert.equal((await parts(s3.owner, 'steps', UploadId)).Parts?.length, 1)
  assert.equal(await outcome(complete(s3.owner, 'steps', UploadId, ETag)), '200')
  const own = await create(s3.owner, 'owners')
  assert.equal(await outcome(part(full, 'owners', own.UploadId)), '200')
  assert.equal(await outcome(abort(full, 'owners', own.UploadId)), '204')
})

test('s3-mpu-12 and 13: parts are authorized on the object, the list of uploads on the bucket', async () => {
  const { UploadId } = await create(s3.owner, 'places')
  const bucket = `arn:aws:s3:::${Bucket}`
  const onParts = ['s3:ListMultipartUploadParts', 's3:AbortMultipartUpload']
  const policy = (object: string, list: string) =>
    policyOf(statement('Allow', onParts, object), statement('Allow', 's3:ListBucketMultipartUploads', list))
  const sts = () => new STSClient({ endpoint: s3.world.endpoint, region: 'us-east-1', credentials: s3.ownerKeys })
  const wrong = await assume(sts(), 'wrong', policy(bucket, `${bucket}/*`))
  const right = await assume(sts(), 'right', policy(`${bucket}/*`, bucket))
  const tried = async (client: S3Client) => [
    await outcome(parts(client, 'places', UploadId)),
    await outcome(uploads(client)),
    await outcome(abort(client, 'places', UploadId)),
  ]
  assert.deepEqual(await tried(wrong), [REFUSED, REFUSED, REFUSED])
  assert.deepEqual(await tried(right), ['200', '200', '204'])
})

test('s3-mpu-14 to 18: the precondition comes last, the bucket policy counts for uploads already begun', async () => {
  const full = await sessionWithout('full')
  const { UploadId } = await create(full, 'k')
  const { ETag } = await part(full, 'k', UploadId)
  const onlyNew = { IfNoneMatch: '*' }
  assert.equal(await outcome(complete(full, 'k', UploadId, ETag, onlyNew)), '412 PreconditionFailed')
  const deny = {
    ...statement('Deny', 's3:PutObject', `arn:aws:s3:::${Bucket}/*`),
    Principal: '*',
    Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE } },
  }
  await s3.owner.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(deny) }))
  assert.equal(await outcome(part(full, 'k', UploadId)), REFUSED)
  assert.equal(await outcome(complete(full, 'k', UploadId, ETag, onlyNew)), REFUSED)
  assert.equal((await parts(full, 'k', UploadId)).Parts?.length, 1)
  await s3.owner.send(new DeleteBucketPolicyCommand({ Bucket }))
  assert.equal(await outcome(complete(full, 'k', UploadId, ETag)), '200')
})

test('an account of the partner reads nothing without a policy here', async () => {
  assert.equal(await outcome(s3.stranger.send(new GetObjectCommand({ Bucket, Key: 'k' }))), REFUSED)
  assert.notEqual(HOME, ELSEWHERE)
})
