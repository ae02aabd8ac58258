/** One document of an issuer over https: five seconds, one MiB, no redirect to another host. */
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connectIssuer, FetchRefused } from './connect.ts'
import type { Trust } from './connect.ts'

const FETCH_MILLISECONDS = 5000
const FETCH_BYTES_MAX = 1024 * 1024
const REDIRECTS_MAX = 3

export interface Fetched {
  readonly text: string
  readonly vouched: 'root' | 'thumbprint'
}

/** @throws FetchRefused whatever stood in the way */
export async function fetchDocument(address: string, trust: Trust): Promise<Fetched> {
  const deadline = AbortSignal.timeout(FETCH_MILLISECONDS)
  let url = parsed(address)
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const { socket, vouched } = await connectIssuer(url, trust, deadline)
    try {
      const answer = await ask(url, socket, deadline)
      const location = redirectOf(answer)
      if (location === undefined) return { text: await bodyOf(answer, url, deadline), vouched }
      url = followed(url, location)
    } finally {
      socket.destroy()
    }
  }
  throw new FetchRefused(`\`${address}\` redirects more than ${REDIRECTS_MAX} times`)
}

function parsed(address: string, base?: URL): URL {
  if (!URL.canParse(address, base)) throw new FetchRefused(`\`${address}\` is no address`)
  return new URL(address, base)
}

/** Plain http over the connection that is already secure: `node:https` would connect by itself. */
function ask(url: URL, socket: NonNullable<IncomingMessage['socket']>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({
      createConnection: () => socket,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, accept: 'application/json', 'user-agent': 'understudy', connection: 'close' },
      signal,
    })
    sent.once('response', resolve)
    sent.once('error', (error) => reject(broken(url, error, signal)))
    sent.end()
  })
}

const broken = (url: URL, error: Error, signal: AbortSignal): FetchRefused =>
  new FetchRefused(
    `\`${url.host}\`: ${signal.aborted ? 'no answer in time' : error.message}`,
    'OIDC.KEYS_UNREACHABLE',
    {
      cause: error,
    },
  )

function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined
}

/** A redirect stays on its host, so that an open redirect of an issuer leads nowhere else. */
function followed(from: URL, location: string): URL {
  const to = parsed(location, from)
  if (to.host === from.host && to.protocol === from.protocol) return to
  throw new FetchRefused(`\`${from.host}\` redirects to another place, \`${to.protocol}//${to.host}\``)
}

async function bodyOf(answer: IncomingMessage, url: URL, signal: AbortSignal): Promise<string> {
  if (answer.statusCode !== 200) throw new FetchRefused(`\`${url.href}\` answered ${answer.statusCode ?? 'nothing'}`)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > FETCH_BYTES_MAX) throw new FetchRefused(`\`${url.href}\` answered more than ${FETCH_BYTES_MAX} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof FetchRefused) throw error
    throw broken(url, error as Error, signal)
  }
  return Buffer.concat(chunks).toString('utf8')
}
