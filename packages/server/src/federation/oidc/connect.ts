/**
 * A TLS connection to an issuer: to a checked address, and to a certificate that a public root or the provider's thumbprints
 * vouch for. IAM API Reference, UpdateOpenIDConnectProviderThumbprint.
 */
import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls, getCACertificates } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { addressKind, isFetchable } from './addresses.ts'
import type { AddressKind } from './addresses.ts'

/** Why an issuer was not reached. `code` is that of `why`. */
export class FetchRefused extends Error {
  readonly code: 'OIDC.KEYS_UNREACHABLE' | 'OIDC.THUMBPRINT'
  constructor(message: string, code: FetchRefused['code'] = 'OIDC.KEYS_UNREACHABLE', options?: ErrorOptions) {
    super(message, options)
    this.name = 'FetchRefused'
    this.code = code
  }
}

export interface Trust {
  /** `--private-issuers` is in force. */
  readonly privateAllowed: boolean
  /** SHA-1 of certificates in lower-case hexadecimal digits. */
  readonly thumbprints: readonly string[]
  /** Public roots, PEM. The system's when absent. */
  readonly roots?: readonly string[]
}

export interface Connected {
  readonly socket: TLSSocket
  /** Who vouched for the certificate. */
  readonly vouched: 'root' | 'thumbprint'
}

/** Connects. @param signal ends everything at the deadline. @throws FetchRefused */
export async function connectIssuer(url: URL, trust: Trust, signal: AbortSignal): Promise<Connected> {
  checkUrl(url, trust)
  const address = await checkedAddress(url, trust)
  const first = await handshake(url, address, { trust, signal, rejectUnauthorized: false })
  if (first.authorized) return { socket: first, vouched: 'root' }
  const reason = String(first.authorizationError ?? 'unknown authority')
  const top = vouchedCertificate(first, trust.thumbprints)
  first.destroy()
  if (top === undefined) throw untrusted(url, reason, first.presented, trust)
  // Once more with that certificate as the only authority, so that TLS itself checks the chain up to it, its dates and the
  // host name: a thumbprint alone would vouch for a chain that merely shows the certificate.
  const socket = await handshake(url, address, { trust, signal, rejectUnauthorized: true, authority: top })
  return { socket, vouched: 'thumbprint' }
}

/** @throws FetchRefused for what is no address of a public issuer */
function checkUrl(url: URL, { privateAllowed }: Trust): void {
  if (url.protocol !== 'https:') throw new FetchRefused(`\`${url.href}\` is not https, and plain http is never fetched`)
  const host = bareHost(url)
  const isLocal = isIP(host) !== 0 || host === 'localhost' || host.endsWith('.localhost')
  if (privateAllowed) return
  if (isLocal) throw new FetchRefused(`\`${host}\` is no public host name; --private-issuers would allow it`)
  if (url.port !== '') throw new FetchRefused(`\`${url.host}\` names a port; --private-issuers would allow it`)
}

/**
 * The address to connect to. Resolved once, here: what is checked is what is connected to, whatever the name says a moment
 * later. @throws FetchRefused when there is none that may be fetched
 */
export async function checkedAddress(
  url: URL,
  { privateAllowed }: Trust,
  resolve: (host: string) => Promise<readonly string[]> = resolved,
): Promise<string> {
  const host = bareHost(url)
  const found = isIP(host) === 0 ? await resolve(host) : [host]
  const allowed = found.find((address) => isFetchable(address, privateAllowed))
  if (allowed !== undefined) return allowed
  const shown = found.map((address) => `${address} (${KIND_WORDS[addressKind(address)]})`).join(', ')
  throw new FetchRefused(`\`${host}\` is at ${shown}`)
}

const KIND_WORDS: Readonly<Record<AddressKind, string>> = {
  public: 'public',
  private: 'private: --private-issuers would allow it',
  metadata: 'an address of instance metadata, never fetched',
  special: 'not public',
}

async function resolved(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch (error) {
    throw new FetchRefused(`the name \`${host}\` cannot be resolved`, 'OIDC.KEYS_UNREACHABLE', { cause: error })
  }
}

/** IPv6 literals stand in brackets in a URL. */
const bareHost = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

interface Handshake {
  readonly trust: Trust
  readonly signal: AbortSignal
  readonly rejectUnauthorized: boolean
  /** The only certificate to trust, PEM. */
  readonly authority?: string
}

async function handshake(
  url: URL,
  address: string,
  how: Handshake,
): Promise<TLSSocket & { readonly presented?: readonly string[] }> {
  const port = url.port === '' ? 443 : Number(url.port)
  const raw = await opened(connectTcp({ host: address, port }), 'connect', how.signal, url)
  // The address at the other end, whatever stood between the check and the connection.
  if (raw.remoteAddress === undefined || !isFetchable(raw.remoteAddress, how.trust.privateAllowed)) {
    raw.destroy()
    throw new FetchRefused(`the connection to \`${url.host}\` ended at ${raw.remoteAddress ?? 'no address'}`)
  }
  const host = bareHost(url)
  const options: ConnectionOptions = {
    socket: raw,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    host,
    ca: how.authority === undefined ? [...(how.trust.roots ?? publicRoots())] : [how.authority],
    rejectUnauthorized: how.rejectUnauthorized,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...(how.authority === undefined ? {} : { allowPartialTrustChain: true }),
  }
  return opened(connectTls(options), 'secureConnect', how.signal, url)
}

async function opened<S extends Socket>(socket: S, event: string, signal: AbortSignal, url: URL): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void => {
      socket.destroy()
      reject(new FetchRefused(`\`${url.host}\`: ${message}`, 'OIDC.KEYS_UNREACHABLE', { cause }))
    }
    const onAbort = (): void => fail('no answer in time')
    // Stays: a connection that breaks later must not bring the process down.
    socket.on('error', (error: Error) => fail(error.message, error))
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once(event, () => {
      signal.removeEventListener('abort', onAbort)
      resolve(socket)
    })
    if (signal.aborted) onAbort()
  })
}

let roots: readonly string[] | undefined
/** Read at the first fetch: the bundled public roots, those of NODE_EXTRA_CA_CERTS, and the system's. */
const publicRoots = (): readonly string[] =>
  (roots ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])])

interface Presented {
  readonly print: string
  readonly pem: string
  readonly isSelfSigned: boolean
}

/** The chain as the server showed it, leaf first. */
function presentedChain(socket: TLSSocket): readonly Presented[] {
  const chain: Presented[] = []
  let next = socket.getPeerX509Certificate()
  while (next !== undefined && chain.length < 10) {
    chain.push({
      print: next.fingerprint.replaceAll(':', '').toLowerCase(),
      pem: next.toString(),
      isSelfSigned: next.issuer === next.subject,
    })
    next = next.issuerCertificate
  }
  return chain
}

/** The top intermediate of the chain, or the only certificate, when its thumbprint is one of these. */
function vouchedCertificate(
  socket: TLSSocket & { presented?: readonly string[] },
  thumbprints: readonly string[],
): string | undefined {
  const chain = presentedChain(socket)
  socket.presented = chain.map(({ print }) => print)
  const last = chain.at(-1)
  const tops = last?.isSelfSigned === true && chain.length > 1 ? chain.slice(-2) : chain.slice(-1)
  return tops.find(({ print }) => thumbprints.includes(print))?.pem
}

function untrusted(url: URL, reason: string, presented: readonly string[] | undefined, trust: Trust): FetchRefused {
  const wanted = presented?.at(-1) ?? 'none'
  const has =
    trust.thumbprints.length === 0 ? 'has no thumbprints' : `has the thumbprints ${trust.thumbprints.join(', ')}`
  return new FetchRefused(
    `no public root vouches for \`${url.host}\` (${reason}), and the provider ${has}; the top of the chain is ${wanted}`,
    'OIDC.THUMBPRINT',
  )
}
