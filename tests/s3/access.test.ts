import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import type { CreateBucketCommandInput, PublicAccessBlockConfiguration } from '@aws-sdk/client-s3'
import { ELSEWHERE, HOME, openS3World, outcome, refusal } from './client.ts'
import type { S3World } from './client.ts'

let s3: S3World
const Bucket = 'access-of-home'
before(async () => {
  s3 = await openS3World()
  await s3.owner.send(new CreateBucketCommand({ Bucket }))
  await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))
})
after(async () => s3.close())

const allow = (
  Principal: unknown,
  Action: unknown = 's3:GetObject',
  Resource: unknown = `arn:aws:s3:::${Bucket}/*`,
) => ({
  Effect: 'Allow',
  Principal,
  Action,
  Resource,
})
const policyOf = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const putPolicy = (Policy: string, client = s3.owner) => client.send(new PutBucketPolicyCommand({ Bucket, Policy }))
const settings = (configuration: PublicAccessBlockConfiguration) =>
  s3.owner.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: configuration }))
const open = () =>
  settings({ BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false, RestrictPublicBuckets: false })
const read = (client: typeof s3.owner, Key = 'k') => outcome(client.send(new GetObjectCommand({ Bucket, Key })))

test('a new bucket', async () => {
  const block = await s3.owner.send(new GetPublicAccessBlockCommand({ Bucket }))
  assert.deepEqual(block.PublicAccessBlockConfiguration, {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  })
  const encryption = await s3.owner.send(new GetBucketEncryptionCommand({ Bucket }))
  const [rule] = encryption.ServerSideEncryptionConfiguration?.Rules ?? []
  assert.equal(rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, 'AES256')
  assert.deepEqual([rule?.BucketKeyEnabled, rule?.BlockedEncryptionTypes?.EncryptionType], [false, ['SSE-C']])
  const ownership = await s3.owner.send(new GetBucketOwnershipControlsCommand({ Bucket }))
  assert.equal(ownership.OwnershipControls?.Rules?.[0]?.ObjectOwnership, 'BucketOwnerEnforced')
  assert.equal((await s3.owner.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined)
  assert.equal((await s3.owner.send(new HeadBucketCommand({ Bucket }))).BucketRegion, 'us-east-1')
  const unset = await refusal(s3.owner.send(new GetBucketCorsCommand({ Bucket })))
  assert.deepEqual([unset.status, unset.code, unset.error['BucketName']], [404, 'NoSuchCORSConfiguration', Bucket])
  const others = [
    [new GetBucketLifecycleConfigurationCommand({ Bucket }), 'NoSuchLifecycleConfiguration'],
    [new GetObjectLockConfigurationCommand({ Bucket }), 'ObjectLockConfigurationNotFoundError'],
    [new GetBucketTaggingCommand({ Bucket }), 'NoSuchTagSet'],
    [new GetBucketPolicyCommand({ Bucket }), 'NoSuchBucketPolicy'],
    [new GetBucketPolicyStatusCommand({ Bucket }), 'NoSuchBucketPolicy'],
  ] as const
  for (const [command, code] of others)
    assert.equal(await outcome(s3.owner.send(command as GetBucketTaggingCommand)), `404 ${code}`)
})

const names: readonly (readonly [name: string, more: Partial<CreateBucketCommandInput>, want: string])[] = [
  ['ab', {}, '400 InvalidBucketName'],
  ['Upper-case', {}, '400 InvalidBucketName'],
  ['under_score', {}, '400 InvalidBucketName'],
  ['192.168.1.1', {}, '400 InvalidBucketName'],
  ['two..dots', {}, '400 InvalidBucketName'],
  ['xn--name', {}, '400 InvalidBucketName'],
  ['name-s3alias', {}, '400 InvalidBucketName'],
  [Bucket, {}, '200'],
  ['in-ohio', { CreateBucketConfiguration: { LocationConstraint: 'us-east-2' } }, '200'],
  ['in-ohio', { CreateBucketConfiguration: { LocationConstraint: 'us-east-2' } }, '409 BucketAlreadyOwnedByYou'],
  [
    'named-home',
    { CreateBucketConfiguration: { LocationConstraint: 'us-east-1' as 'EU' } },
    '400 InvalidLocationConstraint',
  ],
  ['acl-bucket', { ACL: 'public-read' }, '400 InvalidBucketAclWithObjectOwnership'],
  ['acl-private', { ACL: 'private' }, '200'],
  ['wrong-owner', { ObjectOwnership: 'RandomValue' as 'ObjectWriter' }, '400 InvalidArgument'],
]
for (const [name, more, want] of names)
  test(`CreateBucket ${name} ${JSON.stringify(more)}: ${want}`, async () => {
    assert.equal(await outcome(s3.owner.send(new CreateBucketCommand({ Bucket: name, ...more }))), want)
  })

test('a bucket belongs to one account, and to the Region of its endpoint', async () => {
  assert.equal(await outcome(s3.stranger.send(new CreateBucketCommand({ Bucket }))), '409 BucketAlreadyExists')
  const ireland = s3.clientOf(s3.ownerKeys, 'eu-west-1')
  const elsewhere = await refusal(
    ireland.send(
      new CreateBucketCommand({ Bucket: 'in-ireland', CreateBucketConfiguration: { LocationConstraint: 'us-west-1' } }),
    ),
  )
  assert.equal(
    elsewhere.message,
    'The us-west-1 location constraint is incompatible for the region specific endpoint this request was sent to.',
  )
  await ireland.send(
    new CreateBucketCommand({ Bucket: 'in-ireland', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
  )
  assert.equal(
    (await s3.owner.send(new GetBucketLocationCommand({ Bucket: 'in-ireland' }))).LocationConstraint,
    'eu-west-1',
  )
  const listed = await s3.owner.send(new ListBucketsCommand({ BucketRegion: 'eu-west-1' }))
  assert.deepEqual(
    listed.Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion]),
    [['in-ireland', 'eu-west-1']],
  )
  const pages = await s3.owner.send(new ListBucketsCommand({ MaxBuckets: 1 }))
  const next = await s3.owner.send(
    new ListBucketsCommand({ MaxBuckets: 1, ContinuationToken: pages.ContinuationToken }),
  )
  assert.notEqual(pages.Buckets?.[0]?.Name, next.Buckets?.[0]?.Name)
  assert.deepEqual((await s3.stranger.send(new ListBucketsCommand({}))).Buckets ?? [], [])
  ireland.destroy()
})

test('a missing bucket is told to everybody', async () => {
  for (const client of [s3.owner, s3.stranger, s3.anonymous]) {
    const missing = await refusal(client.send(new ListObjectsV2Command({ Bucket: 'nowhere-at-all' })))
    assert.deepEqual(
      [missing.status, missing.code, missing.error['BucketName']],
      [404, 'NoSuchBucket', 'nowhere-at-all'],
    )
  }
  assert.equal((await refusal(s3.anonymous.send(new HeadBucketCommand({ Bucket: 'nowhere-at-all' })))).status, 404)
  assert.equal((await refusal(s3.anonymous.send(new HeadBucketCommand({ Bucket })))).status, 403)
})

test('the expected owner', async () => {
  const as = (ExpectedBucketOwner: string) =>
    outcome(s3.owner.send(new GetBucketPolicyStatusCommand({ Bucket, ExpectedBucketOwner })))
  assert.equal(await as(HOME), '404 NoSuchBucketPolicy')
  assert.equal(await as(ELSEWHERE), '403 AccessDenied')
  assert.equal(await as('0000'), '400 InvalidBucketOwnerAWSAccountID')
  const empty = { Bucket, ExpectedBucketOwner: ELSEWHERE, PublicAccessBlockConfiguration: {} }
  assert.equal(await outcome(s3.owner.send(new PutPublicAccessBlockCommand(empty))), '403 AccessDenied')
})

test('public access block replaces, and is removed twice', async () => {
  assert.equal(await outcome(settings({ IgnorePublicAcls: true })), '200')
  const now = await s3.owner.send(new GetPublicAccessBlockCommand({ Bucket }))
  assert.deepEqual(now.PublicAccessBlockConfiguration, {
    BlockPublicAcls: false,
    IgnorePublicAcls: true,
    BlockPublicPolicy: false,
    RestrictPublicBuckets: false,
  })
  assert.equal(await outcome(settings({})), '400 InvalidRequest')
  const remove = () => outcome(s3.owner.send(new DeletePublicAccessBlockCommand({ Bucket })))
  assert.deepEqual([await remove(), await remove()], ['204', '204'])
  assert.equal(
    await outcome(s3.owner.send(new GetPublicAccessBlockCommand({ Bucket }))),
    '404 NoSuchPublicAccessBlockConfiguration',
  )
})

const refusedPolicies: readonly (readonly [name: string, policy: string, message: string])[] = [
  ['no JSON', 'invalid json', "Policies must be valid JSON and the first byte must be '{'"],
  ['nothing inside', '{}', 'Missing required field Statement'],
  ['star resource', policyOf(allow('*', 's3:GetObject', '*')), 'Policy has invalid resource'],
  ['another bucket', policyOf(allow('*', 's3:GetObject', 'arn:aws:s3:::another/k')), 'Policy has invalid resource'],
  [
    'object action on the bucket',
    policyOf(allow('*', 's3:GetObject', `arn:aws:s3:::${Bucket}`)),
    'Action does not apply to any resource(s) in statement',
  ],
  ['unknown action', policyOf(allow('*', 's3:NotASupportedAction')), 'Policy has invalid action'],
  ['nobody', policyOf(allow({ AWS: `arn:aws:iam::${HOME}:user/nobody` })), 'Invalid principal in policy'],
]
for (const [name, policy, message] of refusedPolicies)
  test(`PutBucketPolicy refuses: ${name}`, async () => {
    await open()
    const refused = await refusal(putPolicy(policy))
    assert.deepEqual([refused.status, refused.code, refused.message], [400, 'MalformedPolicy', message])
  })

test('PutBucketPolicy answers 204', async () => {
  assert.equal(await outcome(putPolicy(policyOf(allow({ AWS: HOME })))), '204')
})

test('a public policy opens the bucket, the settings close it', async () => {
  await open()
  const anyone = policyOf(allow('*'))
  await putPolicy(anyone)
  const status = await s3.owner.send(new GetBucketPolicyStatusCommand({ Bucket }))
  assert.equal(status.PolicyStatus?.IsPublic, true)
  assert.deepEqual([await read(s3.anonymous), await read(s3.stranger)], ['200', '200'])
  await settings({ BlockPublicPolicy: true })
  assert.equal(await read(s3.anonymous), '200')
  const blocked = await refusal(putPolicy(anyone))
  assert.equal(
    blocked.message,
    `User: arn:aws:iam::${HOME}:user/caller is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${Bucket}" because public policies are blocked by the BlockPublicPolicy block public access setting.`,
  )
  await settings({ RestrictPublicBuckets: true })
  assert.deepEqual(
    [await read(s3.anonymous), await read(s3.stranger), await read(s3.owner)],
    ['403 AccessDenied', '403 AccessDenied', '200'],
  )
  await open()
  assert.equal(await read(s3.anonymous), '200')
  await s3.owner.send(new DeleteBucketPolicyCommand({ Bucket }))
  assert.equal(await read(s3.anonymous), '403 AccessDenied')
})

test('who may not list gets 403 for a missing key', async () => {
  await open()
  await putPolicy(policyOf(allow('*')))
  assert.equal(await read(s3.anonymous, 'none'), '403 AccessDenied')
  assert.equal(await read(s3.owner, 'none'), '404 NoSuchKey')
  await putPolicy(policyOf(allow('*'), allow('*', 's3:ListBucket', `arn:aws:s3:::${Bucket}`)))
  assert.equal(await read(s3.anonymous, 'none'), '404 NoSuchKey')
  const head = await refusal(s3.anonymous.send(new HeadObjectCommand({ Bucket, Key: 'none' })))
  assert.equal(head.status, 404)
})

test("another account: both sides have to allow, and the policy is the owner's business", async () => {
  await open()
  await putPolicy(policyOf(allow({ AWS: ELSEWHERE }, ['s3:GetObject', 's3:PutObject'])))
  assert.equal(await read(s3.stranger), '200')
  assert.equal(await outcome(s3.stranger.send(new PutObjectCommand({ Bucket, Key: 'theirs', Body: 'y' }))), '200')
  assert.equal(await read(s3.owner, 'theirs'), '200')
  assert.equal(await outcome(s3.stranger.send(new GetBucketPolicyCommand({ Bucket }))), '403 AccessDenied')
  await putPolicy(policyOf(allow({ AWS: ELSEWHERE }, 's3:GetBucketPolicy', `arn:aws:s3:::${Bucket}`)))
  assert.equal(await outcome(s3.stranger.send(new GetBucketPolicyCommand({ Bucket }))), '405 MethodNotAllowed')
})

test('the policy comes back in its normal form', async () => {
  await putPolicy(
    policyOf({ ...allow({ AWS: [HOME] }, ['s3:GetObject']), Condition: { Bool: { 'aws:SecureTransport': true } } }),
  )
  const { Policy } = await s3.owner.send(new GetBucketPolicyCommand({ Bucket }))
  assert.deepEqual(JSON.parse(Policy ?? ''), {
    Version: '2012-10-17',
    Statement: [
      { ...allow({ AWS: `arn:aws:iam::${HOME}:root` }), Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
    ],
  })
})

test('conditions see what the request says', async () => {
  await open()
  const on = (Condition: object, Action: string) => ({
    ...allow('*', Action, Action === 's3:ListBucket' ? `arn:aws:s3:::${Bucket}` : `arn:aws:s3:::${Bucket}/*`),
    Condition,
  })
  await putPolicy(
    policyOf(
      on({ StringEquals: { 's3:prefix': 'public/' }, NumericLessThanEquals: { 's3:max-keys': '5' } }, 's3:ListBucket'),
      on({ StringEquals: { 's3:ExistingObjectTag/open': 'yes' } }, 's3:GetObject'),
      on({ StringEquals: { 's3:x-amz-storage-class': 'STANDARD_IA' } }, 's3:PutObject'),
    ),
  )
  const list = (input: object) => outcome(s3.anonymous.send(new ListObjectsV2Command({ Bucket, ...input })))
  assert.equal(await list({ Prefix: 'public/', MaxKeys: 5 }), '200')
  assert.equal(await list({ Prefix: 'public/', MaxKeys: 6 }), '403 AccessDenied')
  assert.equal(await list({ Prefix: 'public/' }), '403 AccessDenied')
  assert.equal(await list({ MaxKeys: 5 }), '403 AccessDenied')
  await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'tagged', Body: 'x', Tagging: 'open=yes' }))
  assert.deepEqual([await read(s3.anonymous, 'tagged'), await read(s3.anonymous)], ['200', '403 AccessDenied'])
  const write = (more: object) =>
    outcome(s3.anonymous.send(new PutObjectCommand({ Bucket, Key: 'w', Body: 'x', ...more })))
  assert.equal(await write({ StorageClass: 'STANDARD_IA' }), '200')
  assert.equal(await write({}), '403 AccessDenied')
  assert.equal(await write({ StorageClass: 'STANDARD_IA', Tagging: 'a=b' }), '403 AccessDenied')
})

test('DeleteObjects decides key by key', async () => {
  await open()
  await putPolicy(policyOf(allow('*', 's3:DeleteObject', `arn:aws:s3:::${Bucket}/trash/*`)))
  await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'trash/1', Body: 'x' }))
  const Objects = [{ Key: 'trash/1' }, { Key: 'k' }]
  const deleted = await s3.anonymous.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
  assert.deepEqual(
    [deleted.Deleted, deleted.Errors?.map(({ Key, Code }) => [Key, Code])],
    [[{ Key: 'trash/1' }], [['k', 'AccessDenied']]],
  )
  assert.equal(await read(s3.owner), '200')
})

test('tags of a bucket, and its end', async () => {
  const tagged = 'tagged-bucket'
  await s3.owner.send(new CreateBucketCommand({ Bucket: tagged }))
  const TagSet = [{ Key: 'a', Value: '1' }]
  await s3.owner.send(new PutBucketTaggingCommand({ Bucket: tagged, Tagging: { TagSet } }))
  assert.deepEqual((await s3.owner.send(new GetBucketTaggingCommand({ Bucket: tagged }))).TagSet, TagSet)
  await s3.owner.send(new DeleteBucketTaggingCommand({ Bucket: tagged }))
  assert.equal(await outcome(s3.owner.send(new GetBucketTaggingCommand({ Bucket: tagged }))), '404 NoSuchTagSet')
  assert.equal(await outcome(s3.stranger.send(new DeleteBucketCommand({ Bucket: tagged }))), '403 AccessDenied')
  assert.equal(await outcome(s3.owner.send(new DeleteBucketCommand({ Bucket: tagged }))), '204')
  assert.equal(await outcome(s3.owner.send(new DeleteBucketCommand({ Bucket: tagged }))), '404 NoSuchBucket')
})
