/** How a request is read: what is refused before anything is looked up, and what the rest asks for. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from './answer.ts'
import { errorPage } from './answer.ts'
import { isAcceptedHost } from './hosts.ts'

/** A request as the listener got it. */
export interface MetadataRequest {
  readonly method: string
  /** The request target as sent. */
  readonly target: string
  readonly httpVersion: string
  /** Node's: names in lower case. */
  readonly headers: IncomingHttpHeaders
  readonly peer: { readonly address: string; readonly port: number }
}

const TARGET_MAX = 4096
export const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds'
export const TOKEN_HEADER = 'x-aws-ec2-metadata-token'

/** The answer for requests that no client of the service would send; `undefined` for the others. */
export function refusal(request: MetadataRequest, hosts: readonly string[]): Answer | undefined {
  const { headers, target } = request
  if (headers.host === undefined && request.httpVersion !== '1.0') return errorPage(400)
  if (!isAcceptedHost(headers.host, hosts)) return misdirected(headers.host, hosts)
  // Programs send neither: this is a page in a browser.
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return errorPage(403)
  if (headers.expect !== undefined) return errorPage(417)
  if (target.length > TARGET_MAX) return errorPage(414)
  return target.startsWith('/') ? undefined : errorPage(400)
}

/** Never 403: on a PUT that means "no version 2 here" to SDKs, which then read without tokens from now on. */
const misdirected = (host: string | undefined, hosts: readonly string[]): Answer => ({
  status: 421,
  contentType: 'text/plain',
  body: `The host name ${JSON.stringify(host)} is not accepted here. Accepted: ${hosts.join(', ')}.\n`,
})

/** Names of the path: repeated slashes are one, a last one is none, a query is ignored. `undefined`: not decodable. */
export function pathSegments(target: string): readonly string[] | undefined {
  const [path = ''] = target.split('?', 1)
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map((segment) => decodeURIComponent(segment))
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** `latest/api/token`, or the same below a date, where no token is made. */
export function tokenPath(segments: readonly string[]): 'latest' | 'dated' | undefined {
  const [version = '', api, token] = segments
  if (segments.length !== 3 || api !== 'api' || token !== 'token') return undefined
  if (version === 'latest') return 'latest'
  return /^(1\.0|\d{4}-\d{2}-\d{2})$/.test(version) ? 'dated' : undefined
}

/** The one value of a header; several are told apart by their comma. */
export const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value
