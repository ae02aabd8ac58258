/** Reading requests and writing answers, over a real socket. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { AwsError } from '../errors/aws-error.ts'
import { answer, bodyStream, exchangeOf, readBody } from './exchange.ts'
import type { Answer, Exchange } from './exchange.ts'

type Serve = (exchange: Exchange) => Promise<Answer>

/** A server that answers as told. */
async function served(context: TestContext, serve: Serve) {
  const errors: unknown[] = []
  const handle = (request: Parameters<typeof exchangeOf>[0], response: Parameters<typeof exchangeOf>[1]): void => {
    const exchange = exchangeOf(request, response, { requestId: 'r', decisionId: 'd' })
    serve(exchange)
      .catch((error: unknown): Answer => {
        errors.push(error)
        return { status: error instanceof AwsError ? error.status : 500, headers: {}, body: String(error) }
      })
      .then((given) => answer(exchange, given))
      .catch((error: unknown) => errors.push(error))
  }
  const server = createServer(handle)
  server.on('checkContinue', handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, errors }
}

/** Sends pieces, waits in front of each until the text before it has come, and reads to the end of the connection. */
async function talk(port: number, pieces: readonly (readonly [send: string, until: string])[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let got = ''
  let ended = false
  socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1')))
  socket.on('close', () => (ended = true))
  socket.on('error', () => (ended = true))
  for (const [send, until] of pieces) {
    socket.write(send)
    for (let tries = 0; !got.includes(until) && !ended; tries++) {
      assert.ok(tries < 400, `\`${until}\` did not come: ${got}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  socket.destroy()
  return got
}
const head = (method: string, target: string, headers: readonly string[] = []): string =>
  [`${method} ${target} HTTP/1.1`, 'Host: a.example', ...headers, '', ''].join('\r\n')
const text = (body: string, status = 200): Answer => ({ status, headers: { 'content-type': 'text/plain' }, body })

test('what is read of a request', async (context) => {
  let seen: Exchange | undefined
  const { port } = await served(context, async (exchange) => {
    seen = exchange
    return text('ok')
  })
  await talk(port, [[head('GET', '/a%2Fb?x=1&y=?', ['X-One: 1', 'x-one: 2']), 'ok']])
  assert.ok(seen)
  assert.deepEqual(seen.signed.headers, [
    ['Host', 'a.example'],
    ['X-One', '1'],
    ['x-one', '2'],
  ])
  const { method, host, path, query } = seen.wire
  assert.deepEqual(
    { method, host, path, query },
    { method: 'GET', host: 'a.example', path: '/a%2Fb', query: 'x=1&y=?' },
  )
  assert.equal(seen.clientIp, '127.0.0.1')
  assert.equal(seen.secure, false)
})

const addresses: readonly (readonly [given: string | undefined, want: string])[] = [
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['::FFFF:198.51.100.7', '198.51.100.7'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:1:2', '::ffff:1:2'],
  [undefined, ''],
]
for (const [given, want] of addresses)
  test(`address ${given}`, () => {
    const request = { method: 'GET', url: '/', headers: {}, rawHeaders: [], socket: { remoteAddress: given } }
    const exchange = exchangeOf(request as never, {} as never, { requestId: 'r', decisionId: 'd' })
    assert.equal(exchange.clientIp, want)
  })

async function* failing(): AsyncIterable<Uint8Array> {
  yield Buffer.from('first part')
  await new Promise((resolve) => setTimeout(resolve, 5))
  throw new Error('the disk is gone')
}
async function* parts(): AsyncIterable<Uint8Array> {
  yield Buffer.from('first ')
  yield Buffer.from('second')
}

const answers: readonly (readonly [name: string, method: string, given: () => Answer, want: RegExp])[] = [
  ['text', 'GET', () => text('grüße'), /^HTTP\/1\.1 200 [^]*content-length: 7\r\n[^]*\r\n\r\ngr/i],
  ['nothing', 'GET', () => ({ status: 200, headers: {} }), /content-length: 0\r\n[^]*\r\n\r\n$/i],
  [
    'bytes',
    'GET',
    () => ({ status: 200, headers: {}, body: Buffer.from('abc') }),
    /content-length: 3\r\n[^]*\r\n\r\nabc$/i,
  ],
  ['HEAD: the head alone', 'HEAD', () => ({ ...LENGTH, body: 'first second' }), /content-length: 12\r\n[^]*\r\n\r\n$/i],
  ['HEAD with a stream', 'HEAD', () => ({ ...LENGTH, body: parts() }), /content-length: 12\r\n[^]*\r\n\r\n$/i],
  ['204', 'GET', () => text('not sent', 204), /^HTTP\/1\.1 204 (?![^]*content-length)[^]*\r\n\r\n$/i],
  ['304', 'GET', () => text('not sent', 304), /^HTTP\/1\.1 304 (?![^]*content-length)[^]*\r\n\r\n$/i],
  ['a stream with its length', 'GET', () => ({ ...LENGTH, body: parts() }), /\r\n\r\nfirst second$/],
]
const LENGTH = { status: 200, headers: { 'content-length': '12' } }
for (const [name, method, given, want] of answers)
  test(`answer: ${name}`, async (context) => {
    const { port } = await served(context, async () => given())
    const got = await talk(port, [[head(method, '/', ['Connection: close']), 'never']])
    assert.match(got, want)
    assert.match(got, /x-understudy-decision-id: d\r\n/i)
    assert.ok((got.match(/content-length/gi)?.length ?? 0) <= 1, 'one length')
  })

test('a stream that fails is cut off, never ended as if it were whole', async (context) => {
  const { port, errors } = await served(context, async () => ({ status: 200, headers: {}, body: failing() }))
  const got = await talk(port, [[head('GET', '/'), 'never']])
  assert.match(got, /first part/)
  assert.ok(!got.endsWith('0\r\n\r\n'), 'no end of the chunks')
  assert.match(String(errors[0]), /the disk is gone/)
})

test('a stream whose reader goes away is let go', async (context) => {
  let released: (() => void) | undefined
  const done = new Promise<void>((resolve) => (released = resolve))
  async function* endless(): AsyncIterable<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(65_536)
    } finally {
      released?.()
    }
  }
  const { port } = await served(context, async () => ({ status: 200, headers: {}, body: endless() }))
  await talk(port, [[head('GET', '/'), '\r\n\r\n']])
  await done
})

test('a body within the limit is read, beyond it refused; a client that waits is told to go on', async (context) => {
  const { port, errors } = await served(context, async (exchange) =>
    text(`got ${(await readBody(exchange, 10)).length}`),
  )
  assert.match(await talk(port, [[`${head('POST', '/', ['Content-Length: 10'])}0123456789`, 'got 10']]), /got 10$/)
  assert.match(
    await talk(port, [[`${head('POST', '/', ['Content-Length: 11'])}0123456789a`, '413']]),
    /^HTTP\/1\.1 413/,
  )
  const waiting = head('POST', '/', ['Content-Length: 3', 'Expect: 100-continue'])
  const got = await talk(port, [
    [waiting, '100 Continue'],
    ['abc', 'got 3'],
  ])
  assert.match(got, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
  assert.equal((errors[0] as AwsError).code, 'RequestEntityTooLarge')
})

test('who waits and is refused is not told to go on, and the connection ends', async (context) => {
  const { port } = await served(context, async () => text('no', 403))
  const got = await talk(port, [[head('PUT', '/', ['Content-Length: 3', 'Expect: 100-continue']), 'never']])
  assert.match(got, /^HTTP\/1\.1 403 [^]*connection: close\r\n[^]*no$/i)
})

test('a small body that nobody read is taken in, a large one ends the connection', async (context) => {
  const { port } = await served(context, async () => text('no', 403))
  const twice = await talk(port, [
    [`${head('PUT', '/', ['Content-Length: 3'])}abc`, 'no'],
    [head('GET', '/next', ['X-Second: yes']), 'noHTTP/1.1 403'],
  ])
  assert.ok(!/connection: close/i.test(twice))
  const large = await talk(port, [[head('PUT', '/', [`Content-Length: ${2 * 1024 * 1024}`]), 'never']])
  assert.match(large, /connection: close/i)
})

test('a body that breaks off is an incomplete one', async (context) => {
  const codes: string[] = []
  const { port, errors } = await served(context, async (exchange) => {
    if (exchange.wire.path === '/memory') await readBody(exchange, 100)
    else for await (const chunk of bodyStream(exchange)) codes.push(String(chunk.length))
    return text('whole')
  })
  for (const path of ['/memory', '/stream']) {
    const socket = connect(port, '127.0.0.1')
    socket.write(`${head('PUT', path, ['Content-Length: 10'])}abc`)
    await new Promise((resolve) => setTimeout(resolve, 30))
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  const refused = errors.filter((error) => error instanceof AwsError)
  assert.deepEqual(
    refused.map((error) => error.code),
    ['IncompleteBody', 'IncompleteBody'],
  )
})
