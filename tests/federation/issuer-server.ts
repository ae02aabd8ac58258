/** An issuer on loopback over TLS: certificates, discovery, keys, and answers as wrong as a test wants them. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { certificate, pem } from './certificates.ts'
import { thumbprint } from './stage.ts'
import { rsaKey } from './tokens.ts'

export interface IssuerServer {
  readonly issuer: string
  readonly port: number
  /** Of the top of the chain that the server shows. */
  readonly thumbprint: string
  /** Paths asked for, oldest first. */
  readonly asked: readonly string[]
  /** Connections, also those that asked for nothing. */
  readonly connections: () => number
  /** What is answered: path → handler, in front of discovery and keys. */
  readonly answers: Map<string, (request: IncomingMessage, response: ServerResponse) => void>
  /** The key set that is served. */
  keys: string
}

export interface IssuerSetting {
  readonly keys?: string
  /** Names in the certificate; `127.0.0.1` and `localhost` when absent. */
  readonly names?: readonly string[]
  readonly host?: string
  readonly days?: number
  /** Path of the issuer. */
  readonly path?: string
}

const root = rsaKey('root').privateKey
const middle = rsaKey('middle').privateKey
const leaf = rsaKey('leaf').privateKey
export const ROOT = certificate({ subject: 'Root', key: root, authority: true })
export const INTERMEDIATE = certificate({
  subject: 'Intermediate',
  key: middle,
  issuer: { subject: 'Root', key: root },
  authority: true,
})

const LOOPBACK = ['127.0.0.1', 'localhost']

/** Key and chain of a server on loopback; its top intermediate is `INTERMEDIATE`. */
export function tlsOptions(names: readonly string[] = LOOPBACK, days = 30) {
  const own = certificate({
    subject: 'issuer',
    key: leaf,
    issuer: { subject: 'Intermediate', key: middle },
    names,
    days,
  })
  return { key: leaf.export({ format: 'pem', type: 'pkcs8' }), cert: pem(own) + pem(INTERMEDIATE) }
}

export async function issuerServer(context: TestContext, setting: IssuerSetting = {}): Promise<IssuerServer> {
  const { names = LOOPBACK, host = '127.0.0.1', days = 30, path = '' } = setting
  const asked: string[] = []
  let connections = 0
  const answers: IssuerServer['answers'] = new Map()
  const server = createServer(tlsOptions(names, days), (request, response) => {
    const url = request.url ?? ''
    asked.push(url)
    const answer = answers.get(url)
    if (answer) return answer(request, response)
    response.setHeader('content-type', 'application/json')
    if (url === `${path}/.well-known/openid-configuration`)
      return response.end(JSON.stringify({ issuer: result.issuer, jwks_uri: `https://${host}:${result.port}/keys` }))
    response.statusCode = url === '/keys' ? 200 : 404
    response.end(url === '/keys' ? result.keys : '{}')
  })
  server.on('connection', () => (connections += 1))
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const result: IssuerServer = {
    issuer: `https://${host}:${port}${path}`,
    port,
    thumbprint: thumbprint(INTERMEDIATE),
    asked,
    connections: () => connections,
    answers,
    keys: setting.keys ?? '{"keys":[]}',
  }
  return result
}
