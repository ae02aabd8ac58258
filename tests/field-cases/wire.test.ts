/** Cases about requests themselves: signatures, keys, metadata, forms. Ids are those of the collection; see README.md. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { presignV4, signV4 } from '@understudy/wire'
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { say } from '../faults/socket.ts'
import type { Keys } from '../support/world.ts'
import { A, allow, answerOf, openStage } from './stage.ts'
import type { Answer, Stage } from './stage.ts'

const Bucket = 'bkt'
type Context = Parameters<typeof openStage>[0]

async function withBucket(context: Context): Promise<Stage> {
  const stage = await openStage(context)
  await stage.s3(stage.a).send(new CreateBucketCommand({ Bucket }))
  await stage.s3(stage.a).send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'kept' }))
  return stage
}

type Headers = Readonly<Record<string, string>>

/** Bytes that nobody signs on the way. */
async function plain(endpoint: string, line: string, headers: Headers, body = ''): Promise<Answer> {
  const all = { host: new URL(endpoint).host, connection: 'close', 'content-length': String(body.length), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return answerOf(await say(endpoint, `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`))
}

function presigned(endpoint: string, keys: Keys, now: number = Date.now()): string {
  const signed = presignV4({
    request: { method: 'GET', rawPath: '/bkt/k', rawQuery: '', headers: [['host', new URL(endpoint).host]] },
    signer: { ...keys, region: 'us-east-1', service: 's3' },
    now,
    expiresSeconds: 900,
  })
  return `${signed.rawPath}?${signed.rawQuery}`
}

test('W04 a presigned URL and an Authorization header are two proofs: neither is taken', async (context) => {
  const { world, a } = await withBucket(context)
  const target = presigned(world.endpoint, a)
  assert.equal((await plain(world.endpoint, `GET ${target}`, {})).status, 200)
  for (const authorization of ['Bearer abc', 'Basic YTpi']) {
    const both = await plain(world.endpoint, `GET ${target}`, { authorization })
    assert.deepEqual([both.status, both.code], [400, 'InvalidArgument'])
    assert.match(both.message ?? '', /^Only one auth mechanism allowed; /)
    assert.deepEqual([both.element('ArgumentName'), both.element('ArgumentValue')], ['Authorization', authorization])
  }
})

test('W05 blanks in metadata: folded for the signature, and a changed value fails', async (context) => {
  const { world, a, raw } = await withBucket(context)
  const note = 'annual  report \t2026'
  const put = await raw({ method: 'PUT', target: '/bkt/m', headers: { 'x-amz-meta-note': `${note} ` }, body: 'x' })
  assert.equal(put.status, 200)
  const head = await raw({ method: 'HEAD', target: '/bkt/m' })
  assert.equal(head.header('x-amz-meta-note'), note)
  const signed = signV4({
    request: {
      method: 'PUT',
      rawPath: '/bkt/m',
      rawQuery: '',
      headers: [
        ['host', new URL(world.endpoint).host],
        ['x-amz-meta-note', note],
      ],
    },
    signer: { ...a, region: 'us-east-1', service: 's3' },
    now: Date.now(),
    body: '',
  })
  const changed = { ...Object.fromEntries(signed.headers), 'x-amz-meta-note': `${note}!` }
  assert.equal((await plain(world.endpoint, 'PUT /bkt/m', changed)).code, 'SignatureDoesNotMatch')
})

test('W07 slashes at the start and in the middle of a key are part of it', async (context) => {
  const { a, s3, user } = await withBucket(context)
  for (const Key of ['/lead//a', 'lead/a']) await s3(a).send(new PutObjectCommand({ Bucket, Key, Body: Key }))
  const { Contents } = await s3(a).send(new ListObjectsV2Command({ Bucket }))
  assert.deepEqual(Contents?.map(({ Key }) => Key).toSorted(), ['/lead//a', 'k', 'lead/a'])
  const reader = s3(await user(a, 'reader', allow('s3:GetObject', 'arn:aws:s3:::bkt/lead/*')))
  const read = async (Key: string) =>
    (await reader.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()
  assert.equal(await read('lead/a'), 'lead/a')
  await assert.rejects(read('/lead//a'), { name: 'AccessDenied' })
})

test('W11 the source of a copy is decoded once', async (context) => {
  const { a, s3 } = await withBucket(context)
  const Key = 'dir/my file+1%41é.txt'
  await s3(a).send(new PutObjectCommand({ Bucket, Key, Body: 'source' }))
  const encoded = Key.split('/').map(encodeURIComponent).join('/')
  for (const CopySource of [`bkt/${encoded}`, `/bkt/${encoded}`])
    await s3(a).send(new CopyObjectCommand({ Bucket, Key: 'out', CopySource }))
  const out = await s3(a).send(new GetObjectCommand({ Bucket, Key: 'out' }))
  assert.equal(await out.Body?.transformToString(), 'source')
  const twice = s3(a).send(
    new CopyObjectCommand({ Bucket, Key: 'out', CopySource: 'bkt/dir/my%20file%2B1A%C3%A9.txt' }),
  )
  await assert.rejects(twice, { name: 'NoSuchKey' })
})

test('W13 a payload hash that is none, and one that is of other bytes', async (context) => {
  const { raw } = await withBucket(context)
  const put = (payloadHash: string) => raw({ method: 'PUT', target: '/bkt/k', body: 'x', payloadHash })
  const none = await put('tjnVEQ5UTP/DL91eAGOmew==')
  assert.deepEqual([none.status, none.code], [400, 'InvalidArgument'])
  assert.match(none.message ?? '', /^x-amz-content-sha256 must be UNSIGNED-PAYLOAD, /)
  assert.equal(none.element('ArgumentName'), 'x-amz-content-sha256')
  const other = await put('0'.repeat(64))
  assert.deepEqual([other.status, other.code], [400, 'XAmzContentSHA256Mismatch'])
})

test('W14 a clock that is 16 minutes late is told the right time', async (context) => {
  const { world, a } = await withBucket(context)
  const late = (method: string) => {
    const { host } = new URL(world.endpoint)
    const signed = signV4({
      request: { method, rawPath: '/bkt/k', rawQuery: '', headers: [['host', host]] },
      signer: { ...a, region: 'us-east-1', service: 's3' },
      now: Date.now() - 16 * 60_000,
      body: '',
    })
    return plain(world.endpoint, `${method} /bkt/k`, Object.fromEntries(signed.headers))
  }
  const got = await late('GET')
  assert.deepEqual([got.status, got.code], [403, 'RequestTimeTooSkewed'])
  assert.equal(got.message, 'The difference between the request time and the current time is too large.')
  assert.equal(got.element('MaxAllowedSkewMilliseconds'), '900000')
  assert.ok(Math.abs(Date.parse(got.element('ServerTime') ?? '') - Date.now()) < 60_000)
  assert.ok(Math.abs(Date.parse(got.header('date') ?? '') - Date.now()) < 60_000)
  const head = await late('HEAD')
  assert.deepEqual([head.status, head.body], [403, ''])
})

test('W15 version 2 in a query, as boto3 presigns for us-east-1', async (context) => {
  const { world, a } = await withBucket(context)
  const expires = Math.floor(Date.now() / 1000) + 600
  const sign = (path: string) =>
    createHmac('sha1', a.secretAccessKey).update(`GET\n\n\n${expires}\n${path}`).digest('base64')
  const query = (signature: string) =>
    `AWSAccessKeyId=${a.accessKeyId}&Signature=${encodeURIComponent(signature)}&Expires=${expires}`
  assert.equal((await plain(world.endpoint, `GET /bkt/k?${query(sign('/bkt/k'))}`, {})).body, 'kept')
  const wrong = await plain(world.endpoint, `GET /bkt/k?${query(sign('/bkt/other'))}`, {})
  assert.deepEqual([wrong.status, wrong.code], [403, 'SignatureDoesNotMatch'])
})

/** A form of a role session, with version 4. */
function form(stage: Stage, keys: Keys, more: { conditions?: readonly unknown[]; fields?: Headers }): Promise<Answer> {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`
  const signed: Headers = {
    key: 'form',
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${keys.accessKeyId}/${scope}`,
    'x-amz-date': date,
    'x-amz-security-token': keys.sessionToken ?? '',
  }
  const conditions = [...Object.entries(signed).map(([name, value]) => ({ [name]: value })), ...(more.conditions ?? [])]
  const expiration = new Date(Date.now() + 600_000).toISOString()
  const document = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
  let key: Buffer | string = `AWS4${keys.secretAccessKey}`
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  const signature = createHmac('sha256', key).update(document).digest('hex')
  const fields = Object.entries({ ...signed, policy: document, 'x-amz-signature': signature, ...more.fields })
  const parts = fields
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
  const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n--b--\r\n'
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  return plain(stage.world.endpoint, 'POST /bkt', headers, parts.join('') + file)
}

test('W17 a browser form with the keys of a session', async (context) => {
  const stage = await withBucket(context)
  const trust = { Effect: 'Allow', Principal: { AWS: A }, Action: 'sts:AssumeRole' }
  const session = await stage.assume(stage.a, await stage.role('Form', trust, allow('s3:PutObject')))
  const extra = await form(stage, session, { fields: { bucket: Bucket } })
  assert.deepEqual([extra.status, extra.code], [403, 'AccessDenied'])
  assert.equal(extra.message, 'Invalid according to Policy: Extra input fields: bucket')
  const complete = await form(stage, session, { conditions: [{ bucket: Bucket }], fields: { bucket: Bucket } })
  assert.equal(complete.status, 204)
  const tokenless = await form(stage, session, { fields: { 'x-amz-security-token': '' } })
  assert.deepEqual([tokenless.status, tokenless.code], [403, 'InvalidAccessKeyId'])
})

test('W18 metadata beyond ASCII comes back as an encoded word', async (context) => {
  const { raw, a, s3 } = await withBucket(context)
  const headers = { 'x-amz-meta-name': '=?UTF-8?B?Z3Jvw58uanBn?=', 'x-amz-meta-plain': 'ascii' }
  assert.equal((await raw({ method: 'PUT', target: '/bkt/n', headers, body: 'x' })).status, 200)
  const head = await raw({ method: 'HEAD', target: '/bkt/n' })
  assert.match(head.header('x-amz-meta-name') ?? '', /^=\?UTF-8\?[BQ]\?[\x21-\x7e]+\?=$/i)
  assert.equal(head.header('x-amz-meta-plain'), 'ascii')
  const { Metadata } = await s3(a).send(new HeadObjectCommand({ Bucket, Key: 'n' }))
  assert.equal(Metadata?.['plain'], 'ascii')
})

test('W19 a relayed GetCallerIdentity: any header may be signed, and none of them changed', async (context) => {
  const { world, user, a } = await openStage(context)
  const nobody = await user(a, 'nobody')
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  const signed = signV4({
    request: {
      method: 'POST',
      rawPath: '/',
      rawQuery: '',
      headers: [
        ['host', new URL(world.endpoint).host],
        ['content-length', String(body.length)],
        ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
        ['x-vault-aws-iam-server-id', 'vault.example'],
      ],
    },
    signer: { ...nobody, region: 'us-east-1', service: 'sts' },
    now: Date.now(),
    body,
  })
  const headers = Object.fromEntries(signed.headers.map(([name, value]) => [name.toLowerCase(), value]))
  for (const replay of ['first', 'second']) {
    const got = await plain(world.endpoint, 'POST /', headers, body)
    assert.deepEqual([got.status, got.element('Arn')], [200, `arn:aws:iam::${A}:user/nobody`], replay)
  }
  const { 'x-vault-aws-iam-server-id': _, ...without } = headers
  for (const altered of [{ ...headers, 'x-vault-aws-iam-server-id': 'other' }, without]) {
    const got = await plain(world.endpoint, 'POST /', altered, body)
    assert.deepEqual([got.status, got.code], [403, 'SignatureDoesNotMatch'])
  }
})
