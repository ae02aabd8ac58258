/** Clients that take their time, with a patience of milliseconds instead of seconds. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { awsServer } from '../../packages/server/src/http/listener.ts'
import { openWorld } from '../support/world.ts'
import type { Administrator, World } from '../support/world.ts'
import { assertNoFault, dial, outcome, sendSigned, signedHead } from './socket.ts'

let world: World
let admin: Administrator
let hurried: ReturnType<typeof awsServer>
let endpoint = ''
before(async () => {
  world = await openWorld()
  admin = await world.account('111122223333')
  hurried = awsServer(world.core.serverParts, world.core.services, { headers: 300, idle: 600, check: 50 })
  hurried.listen(0, '127.0.0.1')
  await once(hurried, 'listening')
  endpoint = `http://127.0.0.1:${(hurried.address() as AddressInfo).port}`
  await sendSigned(endpoint, admin, { service: 's3', method: 'PUT', target: '/slow' })
})
after(async () => {
  assert.equal(outcome(await sendSigned(endpoint, admin, { service: 's3', method: 'GET', target: '/slow' })), '200')
  hurried.closeAllConnections()
  hurried.close()
  await world.close()
  assertNoFault(world)
})

test('headers that never end: 408, whatever trickles in', async () => {
  const line = await dial(endpoint)
  line.socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const trickle = setInterval(() => line.socket.write('a: b\r\n'), 40)
  try {
    assert.match(await line.ended(5000), /^HTTP\/1\.1 408 /)
  } finally {
    clearInterval(trickle)
  }
})

test('a connection that says nothing is closed', async () => {
  const line = await dial(endpoint)
  assert.match(await line.ended(5000), /^(HTTP\/1\.1 408 |$)/)
})

test('a body that stalls is given up, and nothing of it stays', async () => {
  const body = Buffer.alloc(200_000, 'x')
  const line = await dial(endpoint)
  line.socket.write(signedHead(endpoint, admin, { service: 's3', method: 'PUT', target: '/slow/stalled', body }))
  line.socket.write(body.subarray(0, 100_000))
  assert.match(await line.ended(5000), /^(HTTP\/1\.1 400 |$)/)
  const read = await sendSigned(endpoint, admin, { service: 's3', method: 'GET', target: '/slow/stalled' })
  assert.equal(outcome(read), '404 NoSuchKey')
})

test('a form that stalls is given up', async () => {
  const line = await dial(endpoint)
  const type = 'Content-Type: application/x-www-form-urlencoded'
  line.socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 100\r\n\r\nAction=`)
  assert.match(await line.ended(5000), /^(HTTP\/1\.1 400 |$)/)
})

test('a body that comes slowly, but comes, is taken', async () => {
  const body = Buffer.from('twelve bytes')
  const line = await dial(endpoint)
  const headers = { connection: 'close' }
  line.socket.write(
    signedHead(endpoint, admin, { service: 's3', method: 'PUT', target: '/slow/patient', headers, body }),
  )
  for (const byte of body) {
    line.socket.write(Buffer.of(byte))
    await new Promise((resolve) => setTimeout(resolve, 80))
  }
  assert.equal(outcome(await line.ended(5000)), '200')
})

test('a hundred clients that stall do not keep others waiting', async () => {
  const lines = await Promise.all(Array.from({ length: 100 }, () => dial(endpoint)))
  for (const line of lines) line.socket.write('PUT /slow/none HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx')
  const before_ = performance.now()
  const read = await sendSigned(endpoint, admin, { service: 's3', method: 'GET', target: '/slow' })
  assert.equal(outcome(read), '200')
  assert.ok(performance.now() - before_ < 3000)
  for (const line of lines) line.socket.destroy()
})

test('a client that waits for 100 and is refused is never asked for its body', async () => {
  const line = await dial(endpoint)
  line.socket.write('PUT /slow/refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n')
  const got = await line.ended(5000)
  assert.match(got, /^HTTP\/1\.1 403 /)
  assert.doesNotMatch(got, /100 Continue/)
})
