/** Requests byte by byte, for what no client library sends: signed by our own signer, written by node:http. */
import { request } from 'node:http'
import { signV4 } from '@understudy/wire'
import type { Keys } from '../support/world.ts'
import type { S3World } from './client.ts'

export interface RawRequest {
  readonly method: string
  /** Percent-encoded, with its query. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Instead of the body's hash. */
  readonly payloadHash?: string
  readonly keys?: Keys | 'none'
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** The code of an S3 error document. */
export const codeOf = (answer: RawAnswer): string =>
  `${answer.status} ${/<Code>(.*?)<\/Code>/.exec(answer.body)?.[1] ?? ''}`.trim()
export const elementOf = (answer: RawAnswer, name: string): string | undefined =>
  new RegExp(`<${name}>(.*?)</${name}>`).exec(answer.body)?.[1]

export async function raw(s3: S3World, from: RawRequest): Promise<RawAnswer> {
  const url = new URL(s3.world.endpoint)
  const [rawPath = '/', rawQuery = ''] = from.target.split('?')
  const body = Buffer.from(from.body ?? '')
  const headers = { host: url.host, 'content-length': String(body.length), ...from.headers }
  const plain = {
    method: from.method,
    rawPath,
    rawQuery,
    headers: Object.entries(headers).map(([name, value]) => [name, value] as const),
  }
  const keys = from.keys ?? s3.ownerKeys
  const ready =
    keys === 'none'
      ? plain
      : signV4({
          request: plain,
          signer: { ...keys, region: 'us-east-1', service: 's3' },
          now: Date.now(),
          body,
          ...(from.payloadHash !== undefined && { payloadHash: from.payloadHash }),
        })
  return send(url, { method: from.method, path: from.target, headers: Object.fromEntries(ready.headers) }, body)
}

function send(url: URL, options: object, body: Uint8Array): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: url.hostname, port: url.port, ...options }, (response) => {
      const chunks: Uint8Array[] = []
      response.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
