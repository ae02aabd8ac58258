/** A body is read once: what other requests change meanwhile must not turn a refused upload into an empty object. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EVERYWHERE, accounts } from '../../packages/server/src/entities/iam.ts'
import { dial, outcome, sendSigned, signedHead } from '../faults/socket.ts'
import { openWorld } from '../support/world.ts'
import type { Administrator, World } from '../support/world.ts'

let world: World
let admin: Administrator
before(async () => {
  world = await openWorld()
  admin = await world.account('111122223333')
  await sendSigned(world.endpoint, admin, { service: 's3', method: 'PUT', target: '/once' })
})
after(() => world.close())

/** Any write: the picture moves, so refusals are looked at again. */
const move = () =>
  world.core.store.write([EVERYWHERE], async (writer) => {
    const row = await writer.get(accounts, EVERYWHERE, '111122223333')
    assert.ok(row)
    await writer.put(accounts, EVERYWHERE, { ...row, name: `${row.name}x` })
  })

test('a chunk whose signature is wrong, while the store moves on', async () => {
  const chunk = 'x'.repeat(8192)
  const wrong = '0'.repeat(64)
  const body = `2000;chunk-signature=${wrong}\r\n${chunk}\r\n0;chunk-signature=${wrong}\r\n\r\n`
  const line = await dial(world.endpoint)
  const head = signedHead(world.endpoint, admin, {
    service: 's3',
    method: 'PUT',
    target: '/once/object',
    headers: { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '8192', connection: 'close' },
    body,
    payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  })
  line.socket.write(head + body.slice(0, 5000))
  await new Promise((resolve) => setTimeout(resolve, 150))
  await move()
  line.socket.write(body.slice(5000))
  assert.equal(outcome(await line.ended()), '403 SignatureDoesNotMatch')
  line.socket.destroy()
  const got = await sendSigned(world.endpoint, admin, { service: 's3', method: 'GET', target: '/once/object' })
  assert.equal(outcome(got), '404 NoSuchKey')
})
