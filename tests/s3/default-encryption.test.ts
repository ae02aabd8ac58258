/** Default encryption: what every bucket has may be asked for; anything else is not built, and changes nothing. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateBucketCommand,
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  PutBucketEncryptionCommand,
} from '@aws-sdk/client-s3'
import type { S3Client, ServerSideEncryptionRule } from '@aws-sdk/client-s3'
import { openS3World, outcome } from './client.ts'
import type { S3World } from './client.ts'

let s3: S3World
const Bucket = 'encrypted-by-default'
before(async () => {
  s3 = await openS3World()
  await s3.owner.send(new CreateBucketCommand({ Bucket }))
})
after(async () => s3.close())

const put = (Rules: ServerSideEncryptionRule[], name = Bucket, client: S3Client = s3.owner): Promise<string> =>
  outcome(client.send(new PutBucketEncryptionCommand({ Bucket: name, ServerSideEncryptionConfiguration: { Rules } })))
const current = async (): Promise<unknown> =>
  (await s3.owner.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules

const AES256 = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } } as const
const KMS = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } } as const
const cases: readonly (readonly [name: string, rules: ServerSideEncryptionRule[], want: string])[] = [
  ['SSE-S3', [AES256], '200'],
  ['SSE-S3 without bucket keys', [{ ...AES256, BucketKeyEnabled: false }], '200'],
  ['without customer keys', [{ ...AES256, BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } }], '200'],
  [
    'customer keys allowed',
    [{ ...AES256, BlockedEncryptionTypes: { EncryptionType: ['NONE'] } }],
    '501 NotImplemented',
  ],
  ['a bucket key', [{ ...AES256, BucketKeyEnabled: true }], '501 NotImplemented'],
  ['KMS', [KMS], '501 NotImplemented'],
  ['two rules', [AES256, AES256], '400 MalformedXML'],
  ['no rule', [], '400 MalformedXML'],
]
for (const [name, rules, want] of cases)
  test(name, async () => {
    const before_ = await current()
    assert.equal(await put(rules), want)
    assert.deepEqual(await current(), before_)
  })

test('going back to the default', async () => {
  assert.equal(await outcome(s3.owner.send(new DeleteBucketEncryptionCommand({ Bucket }))), '204')
  assert.equal(((await current()) as readonly unknown[]).length, 1)
})

test('only who may, and only of buckets that are there', async () => {
  assert.equal(await put([AES256], Bucket, s3.stranger), '403 AccessDenied')
  assert.equal(await outcome(s3.stranger.send(new DeleteBucketEncryptionCommand({ Bucket }))), '403 AccessDenied')
  assert.equal(await put([AES256], 'never-made'), '404 NoSuchBucket')
})
