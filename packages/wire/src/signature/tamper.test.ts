import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readCredentials } from './credentials.ts'
import { sha256Hex, signingKey } from './hash.ts'
import { readPayloadHash } from './payload-hash.ts'
import { checkScope } from './scope.ts'
import { presignV4, signV4 } from './sign.ts'
import { checkSignedHeaders } from './signed-headers.ts'
import { NOW, S3_KEY, requestOf } from './testing.ts'
import { checkTime } from './time.ts'
import type { RawHeader, SignedRequest } from './types.ts'
import { verifyV4 } from './verify-v4.ts'

/** All checks of a request in the order of the README: does it pass? */
function passes(request: SignedRequest, service: 's3' | 'sts', body: string): boolean {
  const read = readCredentials(request, service)
  if (!read.ok || read.kind === 'none' || read.credentials.version !== 'v4') return false
  const { credentials } = read
  if (credentials.accessKeyId !== S3_KEY.accessKeyId) return false
  if (!checkScope({ credentials, dialect: service, service }).ok) return false
  const bodyHash = sha256Hex(body)
  const declared = service === 's3' ? readPayloadHash(request, credentials) : undefined
  if (declared && (!declared.ok || (declared.kind === 'hash' && declared.value !== bodyHash))) return false
  const payloadHash = declared?.ok ? declared.value : bodyHash
  const { date, region } = credentials
  const key = signingKey(S3_KEY.secretAccessKey, date, region, credentials.service)
  if (!verifyV4({ request, credentials, key, payloadHash, explain: false }).ok) return false
  if (!checkSignedHeaders({ request, credentials, dialect: service }).ok) return false
  return checkTime({ credentials, dialect: service, now: NOW }).ok
}

const body = 'Action=GetCallerIdentity&Version=2011-06-15'
const headers: readonly RawHeader[] = [
  ['Host', 'server.example:4566'],
  ['X-Amz-Meta-Color', 'red'],
]
const target = 'PUT /bucket/a%20key?versionId=1&tagging'
const signer = (service: string) => ({ ...S3_KEY, sessionToken: 'the/token', region: 'eu-west-1', service })
const of = (service: 's3' | 'sts', form: 'header' | 'query') => {
  const input = { request: requestOf(target, headers), signer: signer(service), now: NOW }
  return form === 'header' ? signV4({ ...input, body }) : presignV4({ ...input, expiresSeconds: 60, body })
}

const flip = (text: string, at: number, bit: number): string => {
  const index = at % text.length
  return text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << bit)) + text.slice(index + 1)
}

/** Changes that mean the same to HTTP, so that the signature rightly does not see them. */
function sameMeaning(a: SignedRequest, b: SignedRequest): boolean {
  const shape = (request: SignedRequest) =>
    JSON.stringify([
      request.method,
      decodeSafely(request.rawPath),
      request.rawQuery
        .split('&')
        .filter((part) => part !== '')
        .map((part) => (part.includes('=') ? part : `${part}=`))
        .map((part) => part.replace(/^x-amz-signature=/i, 'X-Amz-Signature='))
        .map((part) => decodeSafely(part.replaceAll('+', ' ')))
        .toSorted(),
      request.headers.map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')]),
    ])
  return shape(a) === shape(b)
}
const decodeSafely = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

for (const service of ['s3', 'sts'] as const) {
  for (const form of ['header', 'query'] as const) {
    const request = of(service, form)
    test(`a signed request passes: ${form} for ${service}`, () => {
      assert.ok(passes(request, service, body))
      assert.ok(!passes(request, service, `${body}&X=1`) || (service === 's3' && form === 'query'))
    })
    test(`no flipped bit passes: ${form} for ${service}`, () => {
      const parts = ['method', 'rawPath', 'rawQuery'] as const
      fc.assert(
        fc.property(fc.nat(6), fc.nat(2000), fc.nat(6), (part, at, bit) => {
          const field = parts[part]
          const header = request.headers[part % request.headers.length]
          const changed: SignedRequest =
            field !== undefined && request[field] !== ''
              ? { ...request, [field]: flip(request[field], at, bit) }
              : {
                  ...request,
                  headers: request.headers.map((pair) => (pair === header ? [pair[0], flip(pair[1], at, bit)] : pair)),
                }
          assert.ok(!passes(changed, service, body) || sameMeaning(changed, request), JSON.stringify(changed))
        }),
        { numRuns: 2500 },
      )
    })
  }
}

test('every bit of the signature counts', () => {
  const request = of('s3', 'header')
  const [name, value] = request.headers.at(-1) ?? ['', '']
  for (let at = value.length - 64; at < value.length; at++) {
    for (let bit = 0; bit < 7; bit++) {
      const changed = { ...request, headers: [...request.headers.slice(0, -1), [name, flip(value, at, bit)] as const] }
      assert.ok(!passes(changed, 's3', body), `character ${at} bit ${bit}`)
    }
  }
})
