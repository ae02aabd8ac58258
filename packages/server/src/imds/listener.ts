/** The HTTP listener of one instance: sockets, limits, and nothing of what is answered. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { instant } from '../domain/brands.ts'
import { errorPage, headersOf, writeAnswer } from './answer.ts'
import { handle } from './handle.ts'
import { readAddress } from './hosts.ts'
import type { ListenAddress } from './hosts.ts'
import type { Machine } from './machine.ts'

const HEADERS_BYTES_MAX = 8 * 1024
const IDLE_MILLISECONDS = 5000

export interface Listener {
  /** `http://127.0.0.1:1338`, with the real port. */
  readonly address: string
  readonly close: () => Promise<void>
}

/** Rejects with the system's error when the address cannot be bound. */
export async function listen(machine: Machine, at: ListenAddress): Promise<Listener> {
  const server = createServer({
    maxHeaderSize: HEADERS_BYTES_MAX,
    // HTTP/1.0 has no Host; `refusal` asks the others for it.
    requireHostHeader: false,
    headersTimeout: IDLE_MILLISECONDS,
    requestTimeout: IDLE_MILLISECONDS,
    connectionsCheckingInterval: 1000,
  })
  server.maxConnections = machine.settings.connectionsMax
  server.setTimeout(IDLE_MILLISECONDS)
  const serve = (request: IncomingMessage, response: ServerResponse) => void answer(machine, request, response)
  server.on('request', serve)
  // Without these Node would answer 100 Continue, or 417 in its own form.
  server.on('checkContinue', serve)
  server.on('checkExpectation', serve)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseUnread(machine, error, socket))
  await bind(server, at)
  return { address: urlOf(server.address() as AddressInfo), close: () => closeNow(server) }
}

/** `http://127.0.0.1:1338` for what a row asks for; the text itself when it is no address. */
export function wantedAddress(listenAt: string): string {
  const at = readAddress(listenAt)
  return at === undefined ? listenAt : urlOf({ address: at.host, port: at.port })
}

const urlOf = ({ address, port }: Pick<AddressInfo, 'address' | 'port'>): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}`

async function answer(machine: Machine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: target = '', httpVersion, headers, socket } = request
  const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
  // The body of a PUT is ignored, but must be read for the answer to arrive.
  request.resume()
  const result = await handle(machine, { method, target, httpVersion, headers, peer })
  writeAnswer(response, result, machine.parts.clock.wire())
}

const STATUS_OF_FAULT: ReadonlyMap<string, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
])

/** What Node could not read as a request is answered by hand. */
function refuseUnread(machine: Machine, error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const page = errorPage(STATUS_OF_FAULT.get(error.code ?? '') ?? 400)
  const lines = headersOf(page, instant(machine.parts.clock.wire()))
  const head = lines.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
  const title = /<title>(\d+) - ([^<]*)</.exec(page.body)
  socket.end(`HTTP/1.1 ${page.status} ${title?.[2] ?? ''}\r\n${head}\r\n${page.body}`)
}

function bind(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Answers take milliseconds: open connections are not waited for. */
function closeNow(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)))
    server.closeAllConnections()
  })
}
