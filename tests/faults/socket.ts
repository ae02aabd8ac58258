/** Bytes on a socket, for what no HTTP client sends; and signed requests for what only their body is wrong with. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { signV4 } from '@understudy/wire'
import type { Keys, World } from '../support/world.ts'

/** A connection that collects what it is sent. */
export interface Line {
  readonly socket: Socket
  /** Everything that came so far, as Latin-1. */
  readonly got: () => string
  /** Resolves when the server has ended the connection. @throws Error after the time */
  readonly ended: (milliseconds?: number) => Promise<string>
  /** Resolves when the text has come so many times. @throws Error after the time, or when the connection ends first */
  readonly until: (text: string, times?: number, milliseconds?: number) => Promise<string>
}

const PATIENCE_MILLISECONDS = 10_000

/** @param endpoint `http://127.0.0.1:port` */
export async function dial(endpoint: string): Promise<Line> {
  const { hostname, port } = new URL(endpoint)
  const socket = connect(Number(port), hostname)
  let got = ''
  let ended = false
  socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1')))
  socket.on('close', () => (ended = true))
  // A reset is an end like any other here: what counts is what came before it.
  socket.on('error', () => (ended = true))
  await once(socket, 'connect')
  const wait = async (enough: () => boolean, milliseconds: number, what: string): Promise<string> => {
    const end = Date.now() + milliseconds
    while (!enough()) {
      assert.ok(Date.now() < end, `${what} did not come in ${milliseconds} ms; this came: ${got.slice(0, 2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return got
  }
  return {
    socket,
    got: () => got,
    ended: (milliseconds = PATIENCE_MILLISECONDS) => wait(() => ended, milliseconds, 'the end'),
    until: (text, times = 1, milliseconds = PATIENCE_MILLISECONDS) =>
      wait(() => got.split(text).length > times || ended, milliseconds, text),
  }
}

/** Sends the bytes, and reads until the server closes. Requests here should say `Connection: close`. */
export async function say(endpoint: string, bytes: string | Uint8Array): Promise<string> {
  const line = await dial(endpoint)
  line.socket.write(bytes)
  const got = await line.ended()
  line.socket.destroy()
  return got
}

/** No request of the test was our own fault. */
export function assertNoFault(world: Pick<World, 'logged'>): void {
  assert.deepEqual(
    world.logged.filter((event) => event['event'] === 'fault'),
    [],
  )
}

export interface SignedRequest {
  readonly service: 'iam' | 'sts' | 's3'
  readonly method: string
  /** Percent-encoded, with its query. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Instead of the body's hash. */
  readonly payloadHash?: string
}

/** The head of a signed request, up to and with its blank line; the body is for the test to send. */
export function signedHead(endpoint: string, keys: Keys, from: SignedRequest): string {
  const [rawPath = '/', rawQuery = ''] = from.target.split('?')
  const body = Buffer.from(from.body ?? '')
  const headers = { host: new URL(endpoint).host, 'content-length': String(body.length), ...from.headers }
  const signed = signV4({
    request: { method: from.method, rawPath, rawQuery, headers: Object.entries(headers) },
    signer: { ...keys, region: 'us-east-1', service: from.service },
    now: Date.now(),
    body,
    ...(from.payloadHash === undefined ? {} : { payloadHash: from.payloadHash }),
  })
  const lines = signed.headers.map(([name, value]) => `${name}: ${value}`)
  return [`${from.method} ${from.target} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

/** A whole signed request over a connection of its own. */
export async function sendSigned(endpoint: string, keys: Keys, from: SignedRequest): Promise<string> {
  const headers = { connection: 'close', ...from.headers }
  const head = signedHead(endpoint, keys, { ...from, headers })
  return say(endpoint, Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(from.body ?? '')]))
}

/** `403 AccessDenied` of an answer on the wire. */
export function outcome(answer: string): string {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'no answer'
  const code = /<Code>([^<]*)<\/Code>/.exec(answer)?.[1] ?? ''
  return `${status} ${code}`.trim()
}
