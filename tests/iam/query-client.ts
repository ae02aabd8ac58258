/** Sends raw parameters of the Query protocol, signed, to a server inside the test process; answers are read as AWS wrote them. */
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Keys } from '../support/world.ts'

export interface Answer {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly body: string
}

export type Parameters = readonly (readonly [name: string, value: string])[]

/** @param endpoint `http://127.0.0.1:port` */
export async function query(endpoint: string, keys: Keys, operation: string, parameters: Parameters): Promise<Answer> {
  const { hostname, port, host } = new URL(endpoint)
  const body = new URLSearchParams([
    ['Action', operation],
    ['Version', '2010-05-08'],
    ...parameters.map((pair) => [...pair]),
  ]).toString()
  const signer = new SignatureV4({
    service: 'iam',
    region: 'us-east-1',
    credentials: keys,
    sha256: Sha256,
  })
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: '/',
      headers: { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body,
    }),
  )
  const response = await fetch(`${endpoint}/`, { method: 'POST', headers: signed.headers, body })
  const text = await response.text()
  const code = elementOf(text, 'Code')
  const message = elementOf(text, 'Message')
  return {
    status: response.status,
    body: text,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  }
}

/** `{ Tags: [{ Key: 'a' }] }` as `Tags.member.1.Key=a`; an empty list is sent as an empty value. */
export function flatten(value: unknown, name = ''): Parameters {
  if (Array.isArray(value)) {
    if (value.length === 0) return [[name, '']]
    return value.flatMap((item, index) => flatten(item, `${name}.member.${index + 1}`))
  }
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, item]) => flatten(item, name === '' ? key : `${name}.${key}`))
  return [[name, String(value)]]
}

const elementOf = (xml: string, name: string): string | undefined => {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return found
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#xA;', '\n')
    .replaceAll('&amp;', '&')
}
