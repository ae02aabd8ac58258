/** Signed calls of the Query protocol as raw parameters, to any host name that the server is asked under. */
import { request } from 'node:http'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import { flatten } from '../iam/query-client.ts'
import type { Keys } from '../support/world.ts'

export interface QueryAnswer {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly body: string
  /** Text of the first element of that name. */
  readonly element: (name: string) => string | undefined
}

export interface QueryCall {
  readonly service: 'sts' | 'iam'
  readonly operation: string
  readonly input?: Readonly<Record<string, unknown>>
  /** `sts.amazonaws.com`; the address itself when absent. */
  readonly host?: string
  /** Of the signing scope; us-east-1 when absent. */
  readonly region?: string
}

const VERSIONS = { sts: '2011-06-15', iam: '2010-05-08' } as const

/** @param endpoint `http://127.0.0.1:port` */
export async function signedQuery(endpoint: string, keys: Keys, call: QueryCall): Promise<QueryAnswer> {
  const { hostname, port, host } = new URL(endpoint)
  const body = new URLSearchParams([
    ['Action', call.operation],
    ['Version', VERSIONS[call.service]],
    ...flatten(call.input ?? {}).map((pair) => [...pair]),
  ]).toString()
  const { service, region = 'us-east-1' } = call
  const signer = new SignatureV4({ service, region, credentials: keys, sha256: Sha256 })
  const headers = {
    host: call.host ?? host,
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
  }
  const signed = await signer.sign(
    new HttpRequest({ method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', headers, body }),
  )
  const { status, text } = await sent(endpoint, 'POST', '/', signed.headers, body)
  return answerOf(status, text)
}

/** Reads a document under a host name of its own. */
export const readUnder = (endpoint: string, host: string, path: string): Promise<{ status: number; text: string }> =>
  sent(endpoint, 'GET', path, { host })

function sent(
  endpoint: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${endpoint}${path}`, { method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function answerOf(status: number, body: string): QueryAnswer {
  const element = (name: string) => decoded(new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1])
  const [code, message] = [element('Code'), element('Message')]
  return {
    status,
    body,
    element,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  }
}

const decoded = (text: string | undefined): string | undefined =>
  text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** Temporary credentials of an answer. @throws Error when the call was refused */
export function credentialsOf(answer: QueryAnswer): Keys {
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map((name) =>
    answer.element(name),
  )
  if (!accessKeyId || !secretAccessKey || !sessionToken) throw new Error(`no credentials: ${answer.body}`)
  return { accessKeyId, secretAccessKey, sessionToken }
}
