/** Ownership controls: what every bucket has may be asked for and taken away; what would follow on AWS answers 501. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketOwnershipControlsCommand,
  GetBucketOwnershipControlsCommand,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import type { ObjectOwnership, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { ELSEWHERE, openS3World, outcome, refusal } from './client.ts'
import type { S3World } from './client.ts'

let s3: S3World
const Bucket = 'owned-by-owner'
before(async () => {
  s3 = await openS3World()
  await s3.owner.send(new CreateBucketCommand({ Bucket }))
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: ELSEWHERE },
      Action: 's3:PutObject*',
      Resource: `arn:aws:s3:::${Bucket}/*`,
    },
  })
  await s3.owner.send(new PutBucketPolicyCommand({ Bucket, Policy }))
})
after(async () => s3.close())

const set = (ObjectOwnership: ObjectOwnership, client: S3Client = s3.owner): Promise<string> =>
  outcome(
    client.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } })),
  )
const get = () => s3.owner.send(new GetBucketOwnershipControlsCommand({ Bucket }))
const remove = (client: S3Client = s3.owner) =>
  outcome(client.send(new DeleteBucketOwnershipControlsCommand({ Bucket })))
const put = (client: S3Client, more: Partial<PutObjectCommandInput> = {}) =>
  outcome(client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...more })))
const setList = () => outcome(s3.owner.send(new PutBucketAclCommand({ Bucket, ACL: 'private' })))

test('the owner of the bucket owns every object', async () => {
  assert.equal(await set('BucketOwnerEnforced'), '200')
  assert.equal((await get()).OwnershipControls?.Rules?.[0]?.ObjectOwnership, 'BucketOwnerEnforced')
  assert.equal(await put(s3.stranger), '200')
  assert.equal(await put(s3.owner, { ACL: 'public-read' }), '400 AccessControlListNotSupported')
  assert.equal(await setList(), '400 AccessControlListNotSupported')
})

test('other owners are not built, and change nothing', async () => {
  for (const other of ['ObjectWriter', 'BucketOwnerPreferred'] as const)
    assert.equal(await set(other), '501 NotImplemented')
  assert.equal((await get()).OwnershipControls?.Rules?.length, 1)
})

test('only who may', async () => {
  assert.equal(await remove(s3.stranger), '403 AccessDenied')
  assert.equal(await set('BucketOwnerEnforced', s3.stranger), '403 AccessDenied')
})

test('taken away, twice; then what would be an object of its writer, or a list, is not built', async () => {
  assert.deepEqual([await remove(), await remove()], ['204', '204'])
  const gone = await refusal(get())
  assert.deepEqual([gone.status, gone.code], [404, 'OwnershipControlsNotFoundError'])
  assert.equal(gone.message, 'The bucket ownership controls were not found')
  assert.equal(gone.error['BucketName'], Bucket)
  assert.equal(await put(s3.owner), '200')
  assert.equal(await put(s3.stranger), '501 NotImplemented')
  assert.equal(await put(s3.owner, { ACL: 'public-read' }), '501 NotImplemented')
  const upload = new CreateMultipartUploadCommand({ Bucket, Key: 'm' })
  assert.equal(await outcome(s3.stranger.send(upload)), '501 NotImplemented')
  assert.equal(await setList(), '501 NotImplemented')
})

test('and back', async () => {
  assert.equal(await set('BucketOwnerEnforced'), '200')
  assert.equal(await put(s3.stranger), '200')
  assert.equal((await get()).OwnershipControls?.Rules?.[0]?.ObjectOwnership, 'BucketOwnerEnforced')
})
