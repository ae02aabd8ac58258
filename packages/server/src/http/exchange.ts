/** One HTTP request as the other files want it, and the one way to answer it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RawHeader, SignedRequest, WireRequest } from '@understudy/wire'
import { AwsError } from '../errors/aws-error.ts'

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly signed: SignedRequest
  readonly wire: WireRequest
  readonly requestId: string
  readonly decisionId: string
  readonly clientIp: string
  readonly secure: boolean
}

/** Reads method, path, query and headers; touches no body. */
export function exchangeOf(
  request: IncomingMessage,
  response: ServerResponse,
  ids: { readonly requestId: string; readonly decisionId: string },
): Exchange {
  const target = request.url ?? '/'
  const mark = target.indexOf('?')
  const rawPath = mark < 0 ? target : target.slice(0, mark)
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1)
  const method = request.method ?? 'GET'
  const headers = request.headers as Readonly<Record<string, string | undefined>>
  return {
    request,
    response,
    ...ids,
    signed: { method, rawPath, rawQuery, headers: rawHeaders(request.rawHeaders) },
    wire: { method, host: request.headers.host ?? '', path: rawPath, query: rawQuery, headers },
    clientIp: plainAddress(request.socket.remoteAddress ?? ''),
    secure: 'encrypted' in request.socket,
  }
}

function rawHeaders(flat: readonly string[]): readonly RawHeader[] {
  const pairs: RawHeader[] = []
  for (let index = 0; index + 1 < flat.length; index += 2) pairs.push([flat[index] ?? '', flat[index + 1] ?? ''])
  return pairs
}

/** As policies write addresses: `::ffff:127.0.0.1` is `127.0.0.1`, and the zone of a link-local one is nobody's business. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '')

/** The body in memory. @throws AwsError RequestEntityTooLarge (413) beyond the limit, IncompleteBody when it breaks off */
export function readBody(exchange: Exchange, bytesMax: number): Promise<Buffer> {
  const { request } = exchange
  goOn(exchange)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const tooLarge = (): AwsError =>
      new AwsError('RequestEntityTooLarge', 413, 'Request is too large.', { diagnosis: 'REQUEST.TOO_LARGE' })
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > bytesMax) {
        request.pause()
        reject(tooLarge())
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', (cause) => reject(incomplete(cause)))
    request.on('aborted', () => reject(incomplete(undefined)))
  })
}

const incomplete = (cause: unknown): AwsError =>
  new AwsError('IncompleteBody', 400, 'The request body terminated unexpectedly', {
    diagnosis: 'REQUEST.INCOMPLETE_BODY',
    cause,
  })

/** A client that waits for 100 is told to go on when the body is first wanted. */
function goOn({ request, response }: Exchange): void {
  if (request.headers.expect?.toLowerCase() === '100-continue' && !response.headersSent) response.writeContinue()
}

/** The body as it comes; a client that waits for 100 is told to go on when the body is first wanted. */
export async function* bodyStream(exchange: Exchange): AsyncIterable<Uint8Array> {
  goOn(exchange)
  try {
    for await (const chunk of exchange.request) yield chunk as Buffer
  } catch (cause) {
    throw incomplete(cause)
  }
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined
}

/** Bytes of an unread body that are still taken in before the connection is closed instead. */
const DRAIN_BYTES_MAX = 1024 * 1024

/** Writes the answer. A request body that nobody read is drained when small; otherwise the connection closes. */
export function answer(exchange: Exchange, from: Answer): Promise<void> | void {
  const { request, response, wire } = exchange
  const unread = !request.readableEnded && hasBody(exchange)
  const small = unread && Number(request.headers['content-length'] ?? Number.NaN) <= DRAIN_BYTES_MAX
  const waiting = unread && request.headers.expect?.toLowerCase() === '100-continue'
  const { body } = from
  const head = ['x-understudy-decision-id', exchange.decisionId]
  if (unread && (!small || waiting)) head.push('connection', 'close')
  for (const [name, value] of Object.entries(from.headers)) head.push(name, value)
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    const bodiless = wire.method === 'HEAD' || from.status === 204 || from.status === 304
    if (!bodiless && from.headers['content-length'] === undefined) head.push('content-length', String(bytesOf(body)))
    response.writeHead(from.status, head)
    if (bodiless || body === undefined) response.end()
    else response.end(body)
    if (small && !waiting) request.resume()
    return
  }
  response.writeHead(from.status, head)
  return writeStream(exchange, body).then(() => {
    if (small && !waiting) request.resume()
  })
}

const bytesOf = (body: string | Uint8Array | undefined): number =>
  body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length

const hasBody = ({ request }: Exchange): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0

/** A stream that fails after its head was sent can only be cut off: the client sees an incomplete body, never a wrong one. */
async function writeStream({ response, wire }: Exchange, body: AsyncIterable<Uint8Array>): Promise<void> {
  if (wire.method === 'HEAD') {
    response.end()
    return
  }
  try {
    for await (const chunk of body) {
      if (response.destroyed) return
      if (!response.write(chunk)) await drained(response)
    }
    response.end()
  } catch (error) {
    response.destroy()
    throw error
  }
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
