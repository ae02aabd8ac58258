import assert from 'node:assert/strict'
import test from 'node:test'
import { AwsError } from '../errors/aws-error.ts'
import { once } from './s3-body.ts'

async function* bytes(): AsyncIterable<Uint8Array> {
  yield Buffer.from('some')
  yield Buffer.from('thing')
}
async function read(from: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of from) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('a body is read once; the second time it is not an empty one', async () => {
  const use = { taken: false }
  const body = once(bytes(), use)
  assert.equal(use.taken, false)
  assert.equal(await read(body), 'something')
  assert.equal(use.taken, true)
  await assert.rejects(read(body), (error) => error instanceof AwsError && error.status === 503)
})
