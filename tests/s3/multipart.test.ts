import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import type { ChecksumAlgorithm, CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3'
import { openS3World, outcome, refusal } from './client.ts'
import type { S3World } from './client.ts'

let s3: S3World
const Bucket = 'parts-of-home'
const FULL = 5 * 1024 ** 2
const one = randomBytes(FULL)
const two = randomBytes(1000)
before(async () => {
  s3 = await openS3World()
  await s3.owner.send(new CreateBucketCommand({ Bucket }))
})
after(async () => s3.close())

async function begin(Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
  const { UploadId } = await s3.owner.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))
  return UploadId ?? assert.fail('no upload id')
}
const add = (Key: string, UploadId: string, PartNumber: number, Body: Uint8Array, algorithm?: ChecksumAlgorithm) =>
  s3.owner.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm: algorithm }))
const complete = (
  Key: string,
  UploadId: string,
  Parts: readonly { readonly PartNumber: number; readonly ETag: string | undefined }[],
  more: object = {},
) =>
  s3.owner.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: [...Parts] }, ...more }),
  )

for (const [ChecksumAlgorithm, ChecksumType] of [
  [undefined, undefined],
  ['CRC32', 'COMPOSITE'],
  ['CRC32', 'FULL_OBJECT'],
  ['SHA256', undefined],
] as const)
  test(`parts become an object (${ChecksumAlgorithm ?? 'no'} checksum, ${ChecksumType ?? 'default'})`, async () => {
    const UploadId = await begin('joined', { ChecksumAlgorithm, ChecksumType, Metadata: { a: '1' }, Tagging: 't=1' })
    const second = await add('joined', UploadId, 7, two, ChecksumAlgorithm)
    const first = await add('joined', UploadId, 3, one, ChecksumAlgorithm)
    const listed = await s3.owner.send(new ListPartsCommand({ Bucket, Key: 'joined', UploadId }))
    assert.deepEqual(
      listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
      [
        [3, FULL],
        [7, 1000],
      ],
    )
    const done = await complete('joined', UploadId, [
      { PartNumber: 3, ETag: first.ETag },
      { PartNumber: 7, ETag: second.ETag },
    ])
    assert.match(done.ETag ?? '', /^"[0-9a-f]{32}-2"$/)
    const got = await s3.owner.send(new GetObjectCommand({ Bucket, Key: 'joined', ChecksumMode: 'ENABLED' }))
    assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), Buffer.concat([one, two]))
    assert.deepEqual([got.Metadata, got.TagCount], [{ a: '1' }, 1])
    const part = await s3.owner.send(new HeadObjectCommand({ Bucket, Key: 'joined', PartNumber: 2 }))
    assert.deepEqual([part.ContentLength, part.PartsCount], [1000, 2])
    assert.equal(
      await outcome(s3.owner.send(new ListPartsCommand({ Bucket, Key: 'joined', UploadId }))),
      '404 NoSuchUpload',
    )
  })

test('what an upload refuses', async () => {
  const UploadId = await begin('strict')
  const small = await add('strict', UploadId, 1, two)
  const next = await add('strict', UploadId, 2, two)
  const parts = [
    { PartNumber: 1, ETag: small.ETag },
    { PartNumber: 2, ETag: next.ETag },
  ]
  const cases: readonly (readonly [parts: typeof parts, more: object, want: string])[] = [
    [[...parts].reverse(), {}, '400 InvalidPartOrder'],
    [[{ PartNumber: 1, ETag: '"0"' }], {}, '400 InvalidPart'],
    [[{ PartNumber: 9, ETag: small.ETag }], {}, '400 InvalidPart'],
    [parts, {}, '400 EntityTooSmall'],
    [[], {}, '400 MalformedXML'],
    [parts.slice(0, 1), { MpuObjectSize: 1 }, '400 InvalidRequest'],
  ]
  for (const [chosen, more, want] of cases)
    assert.equal(await outcome(complete('strict', UploadId, chosen, more)), want)
  await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'strict', Body: 'x' }))
  const exists = complete('strict', UploadId, parts.slice(0, 1), { IfNoneMatch: '*' })
  assert.equal(await outcome(exists), '412 PreconditionFailed')
  assert.equal(await outcome(add('strict', UploadId, 0, two)), '400 InvalidArgument')
  assert.equal(await outcome(add('other-key', UploadId, 1, two)), '404 NoSuchUpload')
  await complete('strict', UploadId, parts.slice(0, 1))
})

test('uploads are listed, hidden from listings of objects, and given up', async () => {
  const ids = [await begin('up/a-b'), await begin('up/a-b'), await begin('up-c')]
  const listed = await s3.owner.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'up' }))
  assert.deepEqual(
    listed.Uploads?.map(({ Key }) => Key),
    ['up-c', 'up/a-b', 'up/a-b'],
  )
  assert.match(listed.Uploads?.[0]?.Initiator?.ID ?? '', /:user\/caller$/)
  const rolled = await s3.owner.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'up', Delimiter: '-' }))
  assert.deepEqual(
    rolled.CommonPrefixes?.map(({ Prefix }) => Prefix),
    ['up-', 'up/a-'],
  )
  const page = await s3.owner.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'up', MaxUploads: 2 }))
  const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
  const rest = await s3.owner.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'up', KeyMarker, UploadIdMarker }))
  assert.equal(rest.Uploads?.length, 1)
  const objects = await s3.owner.send(new ListObjectsV2Command({ Bucket, Prefix: 'up' }))
  assert.equal(objects.KeyCount, 0)
  for (const [index, UploadId] of ids.entries()) {
    const Key = index < 2 ? 'up/a-b' : 'up-c'
    assert.equal(await outcome(s3.owner.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))), '204')
    assert.equal(
      await outcome(s3.owner.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))),
      '404 NoSuchUpload',
    )
  }
})

test('a part is copied from an object', async () => {
  await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'source', Body: 'abcdef' }))
  const UploadId = await begin('of-copies')
  const from = { Bucket, Key: 'of-copies', UploadId, PartNumber: 1, CopySource: `${Bucket}/source` }
  const copied = await s3.owner.send(new UploadPartCopyCommand({ ...from, CopySourceRange: 'bytes=1-3' }))
  await complete('of-copies', UploadId, [{ PartNumber: 1, ETag: copied.CopyPartResult?.ETag }])
  const got = await s3.owner.send(new GetObjectCommand({ Bucket, Key: 'of-copies' }))
  assert.equal(await got.Body?.transformToString(), 'bcd')
  const beyond = new UploadPartCopyCommand({ ...from, CopySourceRange: 'bytes=1-6' })
  assert.equal(await outcome(s3.owner.send(beyond)), '404 NoSuchUpload')
})

test('a checksum of another kind than the upload was begun with', async () => {
  const UploadId = await begin('mixed', { ChecksumAlgorithm: 'SHA256' })
  const part = new UploadPartCommand({
    Bucket,
    Key: 'mixed',
    UploadId,
    PartNumber: 1,
    Body: two,
    ChecksumAlgorithm: 'SHA1',
  })
  const refused = await refusal(s3.owner.send(part))
  assert.equal(
    refused.message,
    'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: sha1',
  )
  assert.equal((await s3.owner.send(new GetObjectTaggingCommand({ Bucket, Key: 'joined' }))).TagSet?.length, 1)
})
