/** Every recorded bucket policy: is it stored, is it public, and is it refused while BlockPublicPolicy is on. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import { users } from '../../packages/server/src/entities/iam.ts'
import { openS3World, refusal, HOME } from './client.ts'
import type { S3World } from './client.ts'
import { recorded, WHY_SKIPPED } from './recorded.ts'

let s3: S3World
const Bucket = 'bkt'
before(async () => {
  s3 = await openS3World()
  await s3.owner.send(new CreateBucketCommand({ Bucket }))
  await makeAlice(s3)
})
after(async () => s3.close())

async function makeAlice({ world }: S3World): Promise<void> {
  const alice = { name: 'alice', path: '/', id: 'AIDAQAAAAAAAAAAAALICE', createdAt: world.core.clock.session() }
  const row = { ...alice, attached: [], inline: [], tags: [], groups: [] }
  await world.core.store.write([HOME], async (writer) => writer.put(users, HOME, row))
}

const block = (BlockPublicPolicy: boolean) =>
  s3.owner.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicPolicy } }))

/** What the three calls answer, in the words of the recordings. */
async function tried(statements: unknown): Promise<object> {
  const put = () => {
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements })
    return s3.owner.send(new PutBucketPolicyCommand({ Bucket, Policy }))
  }
  await block(false)
  const first = await put().then(
    () => undefined,
    () => refusal(put()),
  )
  if (first) return { status: first.status, code: first.code }
  const { PolicyStatus } = await s3.owner.send(new GetBucketPolicyStatusCommand({ Bucket }))
  await block(true)
  const second = await put().then(
    () => undefined,
    () => refusal(put()),
  )
  await s3.owner.send(new DeleteBucketPolicyCommand({ Bucket }))
  const putBlocked = second ? { status: second.status, code: second.code } : { status: 204 }
  return { put: 204, isPublic: PolicyStatus?.IsPublic, putBlocked }
}

const AREAS = new Set(['public policy', 'bucket policy validation'])
test('recorded bucket policies', { skip: recorded ? false : WHY_SKIPPED }, async (t) => {
  const records = (recorded ?? []).filter(({ area, given }) => AREAS.has(area) && given['statements'] !== undefined)
  assert.ok(records.length > 40)
  for (const { id, given, answer } of records)
    await t.test(id, async () => assert.deepEqual(await tried(given['statements']), answer))
})
