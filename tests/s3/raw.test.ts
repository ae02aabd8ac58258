/** What clients send that the JavaScript one does not: framed bodies, digests, presigned parameters, forms, broken XML. */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { presignV4 } from '@understudy/wire'
import { HOME, openS3World } from './client.ts'
import type { S3World } from './client.ts'
import { codeOf, elementOf, raw } from './raw.ts'
import type { RawRequest } from './raw.ts'

let s3: S3World
const Bucket = 'raw-of-home'
before(async () => {
  s3 = await openS3World()
  await s3.owner.send(new CreateBucketCommand({ Bucket }))
})
after(async () => s3.close())

const head = async (Key: string) => s3.owner.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))

/** `hello` has this CRC32, in base64. */
const CRC32 = 'NhCmhg=='
const framed = (key: string, trailer: string, more: Partial<RawRequest> = {}) =>
  raw(s3, {
    method: 'PUT',
    target: `/${Bucket}/${key}`,
    payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    body: `5\r\nhello\r\n0\r\n${trailer}\r\n`,
    ...more,
    headers: {
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'x-amz-decoded-content-length': '5',
      'content-encoding': 'aws-chunked',
      ...more.headers,
    },
  })

test('field case W12: the trailer of an unsigned framed body is verified', async () => {
  assert.equal(codeOf(await framed('framed', `x-amz-checksum-crc32:${CRC32}\r\n`)), '200')
  const stored = await head('framed')
  assert.deepEqual([stored.ContentLength, stored.ChecksumCRC32, stored.ContentEncoding], [5, CRC32, undefined])
  const wrong = await framed('wrong', 'x-amz-checksum-crc32:AAAAAA==\r\n')
  assert.deepEqual(
    [codeOf(wrong), elementOf(wrong, 'Message')],
    ['400 BadDigest', 'The CRC32 you specified did not match the calculated checksum.'],
  )
  const missing = await framed('missing', '')
  assert.equal(missing.status, 400)
  for (const key of ['wrong', 'missing'])
    assert.equal(codeOf(await raw(s3, { method: 'GET', target: `/${Bucket}/${key}` })), '404 NoSuchKey')
})

test('field case W10: aws-chunked is never stored', async () => {
  const headers = { 'content-encoding': 'gzip,aws-chunked' }
  assert.equal(codeOf(await framed('zipped', `x-amz-checksum-crc32:${CRC32}\r\n`, { headers })), '200')
  assert.equal((await head('zipped')).ContentEncoding, 'gzip')
})

test('a stream of unknown length from the JavaScript client', async () => {
  const Body = Readable.from([Buffer.from('hello')])
  await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body, ContentLength: 5 }))
  const got = await s3.owner.send(new GetObjectCommand({ Bucket, Key: 'streamed' }))
  assert.equal(await got.Body?.transformToString(), 'hello')
})

const uploads: readonly (readonly [name: string, headers: Readonly<Record<string, string>>, want: string])[] = [
  ['two checksums', { 'x-amz-checksum-crc32': CRC32, 'x-amz-checksum-crc32c': 'AAAAAA==' }, '400 InvalidRequest'],
  ['a checksum that is none', { 'x-amz-checksum-crc32': 'AAAA' }, '400 InvalidRequest'],
  ['an algorithm without its checksum', { 'x-amz-sdk-checksum-algorithm': 'CRC32' }, '400 InvalidRequest'],
  ['an unknown algorithm', { 'x-amz-sdk-checksum-algorithm': 'CRC1' }, '400 InvalidRequest'],
  ['a key of the caller', { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }, '501 NotImplemented'],
  ['a key of KMS', { 'x-amz-server-side-encryption': 'aws:kms' }, '501 NotImplemented'],
  ['a public list', { 'x-amz-acl': 'public-read' }, '400 AccessControlListNotSupported'],
  ['a list that is none', { 'x-amz-acl': 'fake' }, '400 InvalidArgument'],
  ['an expected owner that is none', { 'x-amz-expected-bucket-owner': 'x' }, '400 InvalidBucketOwnerAWSAccountID'],
  ['another owner', { 'x-amz-expected-bucket-owner': '999999999999' }, '403 AccessDenied'],
  ['the right owner', { 'x-amz-expected-bucket-owner': HOME }, '200'],
  ['a condition that S3 does not take', { 'if-none-match': '"etag"' }, '501 NotImplemented'],
]
for (const [name, headers, want] of uploads)
  test(`upload with ${name}: ${want}`, async () => {
    assert.equal(codeOf(await raw(s3, { method: 'PUT', target: `/${Bucket}/upload`, headers, body: 'hello' })), want)
  })

const reads: readonly (readonly [name: string, target: string, want: string])[] = [
  ['the null version', '?versionId=null', '200'],
  ['a version that cannot be', '?versionId=x', '400 InvalidArgument'],
  ['a version that is not there', `?versionId=${'a'.repeat(32)}`, '404 NoSuchVersion'],
  ['the first part', '?partNumber=1', '206'],
  ['a part beyond the end', '?partNumber=2', '416 InvalidPartNumber'],
  ['a header beyond ISO-8859-1', '?response-cache-control=%E2%80%94', '400 InvalidArgument'],
]
for (const [name, query, want] of reads)
  test(`read of ${name}: ${want}`, async () => {
    await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'read', Body: 'hello' }))
    assert.equal(codeOf(await raw(s3, { method: 'GET', target: `/${Bucket}/read${query}` })), want)
  })

test('field case W16: a refused HeadBucket tells the Region, a missing bucket has none', async () => {
  const refused = await raw(s3, { method: 'HEAD', target: `/${Bucket}`, keys: 'none' })
  assert.deepEqual([refused.status, refused.headers['x-amz-bucket-region'], refused.body], [403, 'us-east-1', ''])
  const missing = await raw(s3, { method: 'HEAD', target: '/nowhere-at-all', keys: 'none' })
  assert.deepEqual([missing.status, missing.headers['x-amz-bucket-region']], [404, undefined])
})

test('a bucket of another Region, on a host that names one', async () => {
  const ohio = s3.clientOf(s3.ownerKeys, 'us-east-2')
  const CreateBucketConfiguration = { LocationConstraint: 'us-east-2' as const }
  await ohio.send(new CreateBucketCommand({ Bucket: 'raw-in-ohio', CreateBucketConfiguration }))
  ohio.destroy()
  const on = (host: string, target: string) => raw(s3, { method: 'GET', target, headers: { host } })
  const redirected = await on('s3.us-east-1.amazonaws.com', '/raw-in-ohio/k')
  assert.equal(codeOf(redirected), '301 PermanentRedirect')
  assert.deepEqual(
    [redirected.headers['x-amz-bucket-region'], elementOf(redirected, 'Bucket')],
    ['us-east-2', 'raw-in-ohio'],
  )
  assert.equal(codeOf(await on('s3.us-east-1.amazonaws.com', '/raw-in-ohio?location')), '200')
  assert.equal(codeOf(await on('localhost', '/raw-in-ohio?list-type=2')), '200')
})

const broken = ['<', '<Tagging>', '<Tagging></Other>', '<!DOCTYPE x><Tagging/>', '<Delete/>']
for (const body of broken)
  test(`XML that is none: ${JSON.stringify(body)}`, async () => {
    const md5 = createHash('md5').update(body).digest('base64')
    const request = { method: 'PUT', target: `/${Bucket}?tagging`, body, headers: { 'content-md5': md5 } }
    assert.equal(codeOf(await raw(s3, request)), '400 MalformedXML')
  })

test('who may not tag is not told that his XML is none', async () => {
  const request = { method: 'PUT', target: `/${Bucket}?tagging`, body: '<', keys: 'none' as const }
  assert.equal(codeOf(await raw(s3, request)), '403 AccessDenied')
})

test('field case W09: DeleteObjects wants a digest, and a right one', async () => {
  const body = '<Delete><Object><Key>x</Key></Object></Delete>'
  const send = (headers: Readonly<Record<string, string>>) =>
    raw(s3, { method: 'POST', target: `/${Bucket}?delete`, body, headers })
  const md5 = createHash('md5').update(body).digest('base64')
  assert.equal(codeOf(await send({ 'content-md5': md5 })), '200')
  assert.equal(codeOf(await send({})), '400 InvalidRequest')
  assert.equal(codeOf(await send({ 'content-md5': createHash('md5').digest('base64') })), '400 BadDigest')
  assert.equal(codeOf(await send({ 'x-amz-checksum-crc32': 'AAAAAA==' })), '400 BadDigest')
})

/** A presigned GET; `headers` are sent, and signed with it. */
function presigned(query: string, headers: Readonly<Record<string, string>> = {}) {
  const host = new URL(s3.world.endpoint).host
  const signed = presignV4({
    request: {
      method: 'GET',
      rawPath: `/${Bucket}/read`,
      rawQuery: query,
      headers: Object.entries({ host, ...headers }),
    },
    signer: { ...s3.ownerKeys, region: 'us-east-1', service: 's3' },
    now: Date.now(),
    expiresSeconds: 60,
  })
  return raw(s3, { method: 'GET', target: `${signed.rawPath}?${signed.rawQuery}`, headers, keys: 'none' })
}

test('s3-presigned-01 to 04, 08: parameters of a presigned URL', async () => {
  await s3.owner.send(new PutObjectCommand({ Bucket, Key: 'read', Body: 'hello', ChecksumAlgorithm: 'SHA256' }))
  const owner = 'x-amz-expected-bucket-owner'
  const good = await presigned(`${owner}=${HOME}&x-amz-checksum-mode=ENABLED`)
  assert.deepEqual([good.status, good.headers['x-amz-checksum-sha256']], [200, undefined])
  const other = await presigned(`${owner}=999999999999`)
  assert.deepEqual([codeOf(other), elementOf(other, 'Message')], ['403 AccessDenied', 'Access Denied'])
  for (const value of ['999999999999', HOME])
    assert.equal(codeOf(await presigned(`${owner}=${HOME}`, { [owner]: value })), '400 InvalidBucketOwnerAWSAccountID')
  const mode = await presigned('', { 'x-amz-checksum-mode': 'ENABLED' })
  assert.deepEqual([mode.status, mode.headers['x-amz-checksum-type']], [200, 'FULL_OBJECT'])
})

/** A form signed with version 4. */
function form(fields: Readonly<Record<string, string>>, content: string, conditions: readonly unknown[] = []) {
  const now = new Date()
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const { accessKeyId, secretAccessKey } = s3.ownerKeys
  const scope = `${stamp.slice(0, 8)}/us-east-1/s3/aws4_request`
  const own = {
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${accessKeyId}/${scope}`,
    'x-amz-date': stamp,
  }
  const all = { ...fields, ...own }
  const rules = [...Object.entries(all).map(([name, value]) => ({ [name]: value })), { bucket: Bucket }, ...conditions]
  const expiration = new Date(now.getTime() + 60_000).toISOString()
  const policy = Buffer.from(JSON.stringify({ expiration, conditions: rules })).toString('base64')
  const key = scope
    .split('/')
    .reduce((last: string | Buffer, part) => createHmac('sha256', last).update(part).digest(), `AWS4${secretAccessKey}`)
  const signature = createHmac('sha256', key).update(policy).digest('hex')
  const parts = Object.entries({ ...all, policy, 'x-amz-signature': signature }).map(
    ([name, value]) => `--b0\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const file = `--b0\r\nContent-Disposition: form-data; name="file"; filename="C:\\dir\\up.txt"\r\n\r\n${content}\r\n--b0--\r\n`
  const headers = { 'content-type': 'multipart/form-data; boundary=b0' }
  return raw(s3, { method: 'POST', target: `/${Bucket}`, headers, body: parts.join('') + file, keys: 'none' })
}

test('a header that a presigned URL did not sign is named', async () => {
  const host = new URL(s3.world.endpoint).host
  const signed = presignV4({
    request: { method: 'PUT', rawPath: `/${Bucket}/unsigned`, rawQuery: '', headers: [['host', host]] },
    signer: { ...s3.ownerKeys, region: 'us-east-1', service: 's3' },
    now: Date.now(),
    expiresSeconds: 10,
  })
  const target = `${signed.rawPath}?${signed.rawQuery}`
  const headers = { 'x-amz-expires': '5' }
  const refused = await raw(s3, { method: 'PUT', target, headers, body: 'x', keys: 'none' })
  assert.equal(codeOf(refused), '403 AccessDenied')
  assert.equal(elementOf(refused, 'Message'), 'There were headers present in the request which were not signed')
  assert.equal(elementOf(refused, 'HeadersNotSigned'), 'x-amz-expires')
})

test('browser forms', async () => {
  const stored = await form({ key: 'form/${filename}', 'Content-Type': 'text/plain', 'x-amz-meta-a': '1' }, 'hello')
  assert.equal(stored.status, 204)
  const object = await head('form/up.txt')
  assert.deepEqual([object.ContentType, object.Metadata, object.ContentLength], ['text/plain', { a: '1' }, 5])
  assert.equal(codeOf(await form({ key: 'form/big' }, 'hello', [['content-length-range', 1, 4]])), '400 EntityTooLarge')
  assert.equal(codeOf(await raw(s3, { method: 'GET', target: `/${Bucket}/form/big` })), '404 NoSuchKey')
  const created = await form({ key: 'form/created', success_action_status: '201' }, 'x')
  assert.deepEqual([created.status, elementOf(created, 'Key')], [201, 'form/created'])
  const redirected = await form({ key: 'form/r', success_action_redirect: 'http://site.test/done?a=1' }, 'x')
  assert.equal(redirected.status, 303)
  assert.match(
    String(redirected.headers['location']),
    /^http:\/\/site\.test\/done\?a=1&bucket=raw-of-home&key=form%2Fr&etag=%22/,
  )
})
