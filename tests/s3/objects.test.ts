import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  DeleteObjectTaggingCommand,
} from '@aws-sdk/client-s3'
import type { ChecksumAlgorithm, ObjectAttributes, PutObjectCommandInput } from '@aws-sdk/client-s3'
import { openS3World, outcome, refusal } from './client.ts'
import type { S3World } from './client.ts'

let s3: S3World
const Bucket = 'objects-of-home'
before(async () => {
  s3 = await openS3World()
  await s3.owner.send(new CreateBucketCommand({ Bucket }))
})
after(async () => s3.close())

const put = (Key: string, Body: string | Uint8Array = 'body', more: Partial<PutObjectCommandInput> = {}) =>
  s3.owner.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
const text = async (Key: string, more: object = {}) =>
  (await s3.owner.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body?.transformToString()

test('what is put comes back: bytes, headers, metadata', async () => {
  const Body = randomBytes(3_000_000)
  const stored = await put('big', Body, {
    ContentType: 'image/png',
    CacheControl: 'no-store',
    ContentDisposition: 'attachment',
    ContentLanguage: 'de',
    ContentEncoding: 'gzip',
    Expires: new Date('2030-01-01T00:00:00Z'),
    Metadata: { colour: 'blue', Size: 'L' },
  })
  assert.equal(stored.ETag, `"${createHash('md5').update(Body).digest('hex')}"`)
  const got = await s3.owner.send(new GetObjectCommand({ Bucket, Key: 'big' }))
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), Body)
  assert.deepEqual(
    [got.ContentType, got.CacheControl, got.ContentDisposition, got.ContentLanguage, got.ContentEncoding, got.Metadata],
    ['image/png', 'no-store', 'attachment', 'de', 'gzip', { colour: 'blue', size: 'L' }],
  )
  assert.equal(got.ExpiresString, 'Tue, 01 Jan 2030 00:00:00 GMT')
  const head = await s3.owner.send(new HeadObjectCommand({ Bucket, Key: 'big', ChecksumMode: 'ENABLED' }))
  assert.equal(head.ContentLength, Body.length)
  assert.equal(head.ChecksumCRC32, stored.ChecksumCRC32)
})

test('an object without a type or a byte', async () => {
  await put('empty', '')
  const got = await s3.owner.send(new GetObjectCommand({ Bucket, Key: 'empty' }))
  assert.equal(await got.Body?.transformToString(), '')
  assert.equal(got.ContentLength, 0)
  assert.equal(
    (await refusal(s3.owner.send(new GetObjectCommand({ Bucket, Key: 'empty', Range: 'bytes=0-1' })))).code,
    'InvalidRange',
  )
})

const algorithms: readonly ChecksumAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']
for (const ChecksumAlgorithm of algorithms)
  test(`a ${ChecksumAlgorithm} is verified and kept`, async () => {
    const stored = await put('checked', 'abcdef', { ChecksumAlgorithm })
    const name = `Checksum${ChecksumAlgorithm}` as const
    const head = await s3.owner.send(new HeadObjectCommand({ Bucket, Key: 'checked', ChecksumMode: 'ENABLED' }))
    assert.ok(stored[name as keyof typeof stored])
    assert.equal(head[name as keyof typeof head], stored[name as keyof typeof stored])
    const wrong = (stored[name as keyof typeof stored] as string).replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
    const refused = await refusal(put('checked', 'abcdef', { [name]: wrong }))
    assert.equal(refused.code, 'BadDigest')
    assert.equal(refused.message, `The ${ChecksumAlgorithm} you specified did not match the calculated checksum.`)
  })

test('what breaks its promise leaves nothing', async () => {
  assert.equal(
    await outcome(put('broken', 'abc', { ContentMD5: createHash('md5').update('x').digest('base64') })),
    '400 BadDigest',
  )
  assert.equal(await outcome(put('broken', 'abc', { ContentMD5: 'x' })), '400 InvalidDigest')
  assert.equal(await outcome(s3.owner.send(new GetObjectCommand({ Bucket, Key: 'broken' }))), '404 NoSuchKey')
})

const ranges: readonly (readonly [range: string, want: string])[] = [
  ['bytes=0-0', 'a'],
  ['bytes=2-3', 'cd'],
  ['bytes=4-', 'ef'],
  ['bytes=-2', 'ef'],
  ['bytes=-99', 'abcdef'],
  ['bytes=3-99', 'def'],
  ['bytes=3-1', 'abcdef'],
  ['apples=1-2', 'abcdef'],
  ['bytes=0-1,3-4', 'abcdef'],
]
for (const [Range, want] of ranges)
  test(`range ${Range}`, async () => {
    await put('letters', 'abcdef')
    assert.equal(await text('letters', { Range }), want)
  })

test('a range beyond the end is told with the size', async () => {
  await put('letters', 'abcdef')
  const refused = await refusal(s3.owner.send(new GetObjectCommand({ Bucket, Key: 'letters', Range: 'bytes=6-' })))
  assert.deepEqual([refused.status, refused.code, refused.error['ActualObjectSize']], [416, 'InvalidRange', '6'])
})

const yesterday = new Date(Date.now() - 86_400_000)
const tomorrow = new Date(Date.now() + 86_400_000)
const ETAG = `"${createHash('md5').update('abcdef').digest('hex')}"`
const conditions: readonly (readonly [name: string, input: object, want: string])[] = [
  ['If-Match fits', { IfMatch: ETAG }, '200'],
  ['If-Match any', { IfMatch: '*' }, '200'],
  ['If-Match fails', { IfMatch: '"other"' }, '412 PreconditionFailed'],
  ['If-None-Match fits', { IfNoneMatch: '"other"' }, '200'],
  ['If-None-Match fails', { IfNoneMatch: ETAG }, '304 304'],
  ['modified since', { IfModifiedSince: yesterday }, '200'],
  ['not modified since', { IfModifiedSince: tomorrow }, '304 304'],
  ['unmodified since', { IfUnmodifiedSince: tomorrow }, '200'],
  ['not unmodified since', { IfUnmodifiedSince: yesterday }, '412 PreconditionFailed'],
  ['If-Match outweighs a date', { IfMatch: ETAG, IfUnmodifiedSince: yesterday }, '200'],
]
for (const [name, input, want] of conditions)
  test(`condition: ${name}`, async () => {
    await put('letters', 'abcdef')
    const got = await outcome(s3.owner.send(new GetObjectCommand({ Bucket, Key: 'letters', ...input })))
    assert.equal(got.slice(0, 3), want.slice(0, 3))
    if (want.startsWith('412')) assert.equal(got, want)
  })

test('writes hold their conditions', async () => {
  await put('conditional', 'one', { IfNoneMatch: '*' })
  assert.equal(await outcome(put('conditional', 'two', { IfNoneMatch: '*' })), '412 PreconditionFailed')
  assert.equal(await outcome(put('conditional', 'two', { IfMatch: '"0"' })), '412 PreconditionFailed')
  assert.equal(await outcome(put('nowhere', 'two', { IfMatch: '"0"' })), '404 NoSuchKey')
  assert.equal(await text('conditional'), 'one')
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, index) => outcome(put('raced', String(index), { IfNoneMatch: '*' }))),
  )
  assert.equal(results.filter((result) => result === '200').length, 1)
})

test('the answer takes the headers that the request asks for', async () => {
  await put('letters', 'abcdef')
  const got = await s3.owner.send(
    new GetObjectCommand({ Bucket, Key: 'letters', ResponseContentType: 'text/x', ResponseCacheControl: 'max-age=1' }),
  )
  assert.deepEqual([got.ContentType, got.CacheControl], ['text/x', 'max-age=1'])
})

test('keys are bytes: nothing is normalized', async () => {
  for (const key of ['//double//', 'a/../b', './dot', 'plus+and space', 'ü/日本', '100%25', "tilde~*'()!"])
    await put(key, key)
  for (const key of ['//double//', 'a/../b', './dot', 'plus+and space', 'ü/日本', '100%25', "tilde~*'()!"])
    assert.equal(await text(key), key)
  assert.equal(await outcome(put('k'.repeat(1025))), '400 KeyTooLongError')
})

test('metadata beyond ASCII and beyond its limit', async () => {
  await put('meta', 'x', { Metadata: { name: '=?UTF-8?B?Z3LDvG4uanBn?=' } })
  const head = await s3.owner.send(new HeadObjectCommand({ Bucket, Key: 'meta' }))
  assert.equal(head.Metadata?.['name'], '=?UTF-8?B?Z3LDvG4uanBn?=')
  assert.equal(await outcome(put('meta', 'x', { Metadata: { name: 'x'.repeat(2045) } })), '400 MetadataTooLarge')
  assert.equal(await outcome(put('meta', 'x', { StorageClass: 'FakeClass' as 'STANDARD' })), '400 InvalidStorageClass')
})

test('copies: whole, with new metadata, on itself, with conditions', async () => {
  const key = 'dir/my file+1%41é.txt'
  await put(key, 'source', { ContentType: 'text/plain', Metadata: { a: '1' }, Tagging: 't=1' })
  const CopySource = `${Bucket}/dir/my%20file%2B1%2541%C3%A9.txt`
  const copied = await s3.owner.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
  assert.equal(copied.CopyObjectResult?.ETag, `"${createHash('md5').update('source').digest('hex')}"`)
  const head = await s3.owner.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))
  assert.deepEqual([head.ContentType, head.Metadata, head.TagCount], ['text/plain', { a: '1' }, 1])
  await s3.owner.send(
    new CopyObjectCommand({
      Bucket,
      Key: 'copy',
      CopySource: `/${Bucket}/copy`,
      MetadataDirective: 'REPLACE',
      Metadata: { b: '2' },
    }),
  )
  assert.deepEqual((await s3.owner.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))).Metadata, { b: '2' })
  const onItself = () => s3.owner.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/copy` }))
  assert.equal(await outcome(onItself()), '400 InvalidRequest')
  const stale = new CopyObjectCommand({ Bucket, Key: 'copy2', CopySource, CopySourceIfMatch: '"x"' })
  assert.equal(await outcome(s3.owner.send(stale)), '412 PreconditionFailed')
  const missing = new CopyObjectCommand({ Bucket, Key: 'copy2', CopySource: `${Bucket}/none` })
  assert.equal(await outcome(s3.owner.send(missing)), '404 NoSuchKey')
})

test('deletes: one, many, quiet, what is not there', async () => {
  await put('gone')
  assert.equal(await outcome(s3.owner.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))), '204')
  assert.equal(await outcome(s3.owner.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }))), '204')
  await Promise.all(['d1', 'd2'].map((key) => put(key)))
  const Objects = ['d1', 'd2', 'd3'].map((Key) => ({ Key }))
  const many = await s3.owner.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
  assert.deepEqual(many.Deleted?.map(({ Key }) => Key).toSorted(), ['d1', 'd2', 'd3'])
  assert.equal(await outcome(s3.owner.send(new GetObjectCommand({ Bucket, Key: 'd1' }))), '404 NoSuchKey')
  const quiet = await s3.owner.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }))
  assert.equal(quiet.Deleted, undefined)
  assert.equal(
    await outcome(s3.owner.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [] } }))),
    '400 MalformedXML',
  )
})

test('attributes of objects', async () => {
  await put('attributed', 'abcdef')
  const of = (ObjectAttributes: readonly ObjectAttributes[]) =>
    s3.owner.send(
      new GetObjectAttributesCommand({ Bucket, Key: 'attributed', ObjectAttributes: [...ObjectAttributes] }),
    )
  const all = await of(['ETag', 'Checksum', 'StorageClass', 'ObjectSize', 'ObjectParts'])
  assert.deepEqual(
    [`"${all.ETag}"`, all.ObjectSize, all.StorageClass, all.ObjectParts],
    [ETAG, 6, 'STANDARD', undefined],
  )
  assert.ok(all.Checksum?.ChecksumCRC32)
  assert.equal((await of(['ObjectSize'])).ETag, undefined)
})

test('tags of objects', async () => {
  await put('tagged', 'x', { Tagging: 'a=1&b=two%20words' })
  const tags = async () => (await s3.owner.send(new GetObjectTaggingCommand({ Bucket, Key: 'tagged' }))).TagSet
  assert.deepEqual(await tags(), [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: 'two words' },
  ])
  const TagSet = [{ Key: 'c', Value: '3' }]
  await s3.owner.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: { TagSet } }))
  assert.deepEqual(await tags(), TagSet)
  assert.equal(await text('tagged'), 'x')
  await s3.owner.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'tagged' }))
  assert.deepEqual(await tags(), [])
  const twice = { TagSet: [...TagSet, ...TagSet] }
  assert.equal(
    await outcome(s3.owner.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: twice }))),
    '400 InvalidTag',
  )
  assert.equal(await outcome(put('tagged', 'x', { Tagging: 'a=1&a=2' })), '400 InvalidArgument')
})

test('listings: pages, delimiters, start-after, encoding', async () => {
  const bucket = 'listed-bucket'
  await s3.owner.send(new CreateBucketCommand({ Bucket: bucket }))
  const keys = ['a', 'b/1', 'b/2', 'b/c/1', 'c', 'd/1', 'e f+g']
  for (const Key of keys) await s3.owner.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }))
  const pages = async (input: object) => {
    const found: string[] = []
    let ContinuationToken: string | undefined
    for (let count = 0; count < 20; count++) {
      const page = await s3.owner.send(
        new ListObjectsV2Command({ Bucket: bucket, ...input, ...(ContinuationToken && { ContinuationToken }) }),
      )
      const names = [
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      ]
      assert.equal(page.KeyCount, names.length)
      found.push(...(names as string[]))
      if (!page.IsTruncated) return found.toSorted()
      ContinuationToken = page.NextContinuationToken
    }
    return assert.fail('the listing does not end')
  }
  for (const MaxKeys of [1, 2, 3, 1000]) {
    assert.deepEqual(await pages({ MaxKeys }), keys)
    assert.deepEqual(await pages({ MaxKeys, Delimiter: '/' }), ['a', 'b/', 'c', 'd/', 'e f+g'])
    assert.deepEqual(await pages({ MaxKeys, Delimiter: '/', Prefix: 'b/' }), ['b/1', 'b/2', 'b/c/'])
    assert.deepEqual(await pages({ MaxKeys, StartAfter: 'b/2' }), ['b/c/1', 'c', 'd/1', 'e f+g'])
  }
  const encoded = await s3.owner.send(new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url', Prefix: 'e ' }))
  assert.deepEqual([encoded.Contents?.[0]?.Key, encoded.Prefix], ['e+f%2Bg', 'e+'])
  const first = await s3.owner.send(new ListObjectsCommand({ Bucket: bucket, Delimiter: '/', MaxKeys: 2 }))
  assert.deepEqual([first.NextMarker, first.IsTruncated, first.Contents?.[0]?.Owner?.ID?.length], ['b/', true, 64])
  const second = await s3.owner.send(
    new ListObjectsCommand({ Bucket: bucket, Delimiter: '/', MaxKeys: 2, Marker: 'b/' }),
  )
  assert.deepEqual([second.Contents?.[0]?.Key, second.CommonPrefixes?.[0]?.Prefix], ['c', 'd/'])
  const versions = await s3.owner.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1 }))
  assert.deepEqual(
    [versions.Versions?.[0]?.Key, versions.Versions?.[0]?.VersionId, versions.NextKeyMarker],
    ['a', 'null', 'a'],
  )
  assert.equal((await s3.owner.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 0 }))).KeyCount, 0)
  assert.equal(
    await outcome(s3.owner.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: 'made up' }))),
    '400 InvalidArgument',
  )
  assert.equal(await outcome(s3.owner.send(new DeleteBucketCommand({ Bucket: bucket }))), '409 BucketNotEmpty')
})
