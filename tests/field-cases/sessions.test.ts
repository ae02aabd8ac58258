/** Cases about sessions that end: at S3, in a presigned URL, in the middle of an upload. Ids: see README.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presignV4 } from '@understudy/wire'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { Keys } from '../support/world.ts'
import { A, allow, openStage, outcome } from './stage.ts'
import type { Stage } from './stage.ts'

const Bucket = 'bkt'
const TRUST = { Effect: 'Allow', Principal: { AWS: A }, Action: 'sts:AssumeRole' }
const MINUTE = 60_000

interface Acting extends Stage {
  /** ARN of a role that may do everything at S3. */
  readonly app: string
  readonly session: (name: string) => Promise<Keys>
  readonly advance: (minutes: number) => void
}

async function acting(context: Parameters<typeof openStage>[0]): Promise<Acting> {
  const stage = await openStage(context)
  await stage.s3(stage.a).send(new CreateBucketCommand({ Bucket }))
  await stage.s3(stage.a).send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'kept' }))
  const app = await stage.role('app', TRUST, allow('s3:*'))
  return {
    ...stage,
    app,
    session: (RoleSessionName) => stage.assume(stage.a, app, { RoleSessionName, DurationSeconds: 900 }),
    advance: (minutes) => stage.world.core.clock.advance(minutes * MINUTE),
  }
}

test('D04 an expired session is 400 at S3, 403 at STS', async (context) => {
  const { raw, sts, session, advance } = await acting(context)
  const keys = await session('short')
  assert.equal((await raw({ keys, target: '/bkt/k' })).status, 200)
  advance(16)
  for (const target of ['/bkt/k', '/bkt?list-type=2']) {
    const got = await raw({ keys, target })
    assert.deepEqual([got.status, got.code, got.message], [400, 'ExpiredToken', 'The provided token has expired.'])
  }
  const head = await raw({ keys, method: 'HEAD', target: '/bkt/k' })
  assert.deepEqual([head.status, head.body], [400, ''])
  assert.equal(await outcome(sts(keys).send(new GetCallerIdentityCommand({}))), '403 ExpiredToken')
})

test('D08 an upload goes on with the next session of the role', async (context) => {
  const { a, s3, session, advance, role, assume } = await acting(context)
  const first = s3(await session('one'))
  const { UploadId } = await first.send(new CreateMultipartUploadCommand({ Bucket, Key: 'm' }))
  const at = { Bucket, Key: 'm', UploadId }
  const part = Buffer.alloc(5 * 1024 * 1024, 'x')
  const one = await first.send(new UploadPartCommand({ ...at, PartNumber: 1, Body: part }))
  advance(16)
  assert.equal(
    await outcome(first.send(new UploadPartCommand({ ...at, PartNumber: 2, Body: 'end' }))),
    '400 ExpiredToken',
  )
  const second = s3(await session('two'))
  const two = await second.send(new UploadPartCommand({ ...at, PartNumber: 2, Body: 'end' }))
  const listed = await second.send(new ListPartsCommand(at))
  assert.equal(listed.Parts?.length, 2)
  assert.match(listed.Initiator?.ID ?? '', /assumed-role\/app\/one$|AROA\w+:one$/)
  const idle = s3(await assume(a, await role('idle', TRUST)))
  assert.equal(await outcome(idle.send(new AbortMultipartUploadCommand(at))), '403 AccessDenied')
  const Parts = [one, two].map(({ ETag }, index) => ({ ETag, PartNumber: index + 1 }))
  await second.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts } }))
  const whole = await second.send(new GetObjectCommand({ Bucket, Key: 'm' }))
  assert.equal((await whole.Body?.transformToByteArray())?.length, part.length + 3)
})

test('D09 the end of a session beats the time of a presigned URL', async (context) => {
  const { world, session, advance } = await acting(context)
  const keys = await session('short')
  const { host } = new URL(world.endpoint)
  const presigned = (service: 'sts' | 's3', rawPath: string, rawQuery: string) => {
    const request = { method: 'GET', rawPath, rawQuery, headers: [['host', host]] as const }
    const signer = { ...keys, region: 'us-east-1', service }
    const signed = presignV4({ request, signer, now: Date.now(), expiresSeconds: 3600 })
    return `${world.endpoint}${signed.rawPath}?${signed.rawQuery}`
  }
  const identity = presigned('sts', '/', 'Action=GetCallerIdentity&Version=2011-06-15')
  const object = presigned('s3', '/bkt/k', '')
  advance(14)
  assert.deepEqual([(await fetch(identity)).status, (await fetch(object)).status], [200, 200])
  advance(2)
  const ended = await fetch(identity)
  assert.equal(ended.status, 403)
  assert.match(await ended.text(), /ExpiredToken[^]*The security token included in the request is expired/)
  const gone = await fetch(object)
  assert.equal(gone.status, 400)
  assert.match(await gone.text(), /<Code>ExpiredToken</)
})
