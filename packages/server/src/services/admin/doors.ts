/**
 * Who may speak to the admin listener: its own host names, no page of another origin, and under `/api/` only who holds the
 * operator's token. There are no cookies, so a browser never speaks in the operator's name by itself.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Why a request is turned away; nothing more is told. */
export interface TurnedAway {
  readonly status: 401 | 403 | 421
  readonly code: string
  readonly message: string
}

/** A name of somebody else that resolves to this machine (DNS rebinding) is turned away, and so is a page of another origin. */
export const checkOrigin = (headers: IncomingHttpHeaders, hosts: readonly string[]): TurnedAway | undefined =>
  checkHost(headers, hosts) ?? checkSite(headers)

export function checkHost({ host }: IncomingHttpHeaders, hosts: readonly string[]): TurnedAway | undefined {
  const name = host === undefined ? undefined : hostName(host)
  return name !== undefined && hosts.includes(name)
    ? undefined
    : { status: 421, code: 'MisdirectedRequest', message: 'This listener does not answer to that host name.' }
}

/** Fetch Metadata Request Headers (W3C), "Sec-Fetch-Site". */
export function checkSite({ host, origin, ...headers }: IncomingHttpHeaders): TurnedAway | undefined {
  const site = headers['sec-fetch-site']
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  return isOwn && (site === undefined || site === 'same-origin' || site === 'none') ? undefined : FOREIGN
}

const FOREIGN: TurnedAway = {
  status: 403,
  code: 'ForeignOrigin',
  message: 'Pages of other origins may not call this listener.',
}

/** For pages that other sites lead people to: a whole page of the browser may be opened, nothing fetched, embedded or framed. */
export function checkNavigation(headers: IncomingHttpHeaders): TurnedAway | undefined {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  if (checkSite(headers) === undefined) return undefined
  // Browsers that send no such headers keep what they get from the page that asked, by the same-origin policy.
  const isPage = (mode ?? 'navigate') === 'navigate' && (destination ?? 'document') === 'document'
  return isPage ? undefined : FOREIGN
}

/** `[::1]:4567` → `[::1]`, in lower case. */
const hostName = (host: string): string | undefined =>
  /^(\[[0-9a-f:.]+\]|[^:/@\s]+)(?::\d+)?$/.exec(host.toLowerCase())?.[1]

/** Checks the bearer token in constant time. RFC 6750, section 2.1. */
export function tokenCheck(token: string): (authorization: string | undefined) => TurnedAway | undefined {
  const wanted = digest(token)
  return (authorization) => {
    const given = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1]
    // Hashes have equal lengths, so that not even the length of the token shows.
    const fits = timingSafeEqual(digest(given ?? ''), wanted)
    return fits && given !== undefined ? undefined : { status: 401, code: 'Unauthorized', message: 'Unauthorized' }
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
