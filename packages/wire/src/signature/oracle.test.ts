import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import * as fc from 'fast-check'
import { sha256Hex } from './hash.ts'
import { readPayloadHash } from './payload-hash.ts'
import { NOW, S3_KEY, botocoreVersion, v4Of } from './testing.ts'
import type { RawHeader, SignedRequest } from './types.ts'
import { verifyV4 } from './verify-v4.ts'

/** Other people's signers, over random requests: what they sign must verify here, and a change must not. */
interface Plain {
  readonly method: string
  /** Encoded once, as it goes over the wire. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
/** Plain objects, the signers' own form of a query, cannot hold this one. */
const name = text.filter((word) => word !== '' && word !== '__proto__')
const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const headerText = fc.stringMatching(/^[!-~]([ -~]{0,10}[!-~])?$/)
const segment = fc.oneof(text, fc.constantFrom('', '.', '..', 'a b', "~(g)*'!", 'ü', '%', '+'))
const encode = (part: string): string =>
  encodeURIComponent(part).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
const plain = (dots: boolean): fc.Arbitrary<Plain> =>
  fc.record({
    method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
    path: fc
      .array(dots ? segment : segment.filter((part) => !['.', '..', ''].includes(part)), { maxLength: 4 })
      .map((parts) => `/${parts.map(encode).join('/')}`),
    query: fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true }),
    headers: fc.dictionary(
      token.map((name) => `x-amz-meta-${name}`),
      headerText,
      { maxKeys: 3, noNullPrototype: true },
    ),
    body: text,
  })

const rawQueryOf = (query: Readonly<Record<string, unknown>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(String(value))}`)
    .join('&')

function received(signed: { method: string; path: string; query?: object; headers: Readonly<Record<string, string>> }) {
  return {
    method: signed.method,
    rawPath: signed.path,
    rawQuery: rawQueryOf({ ...signed.query }),
    headers: Object.entries(signed.headers),
  } satisfies SignedRequest
}

function verify(request: SignedRequest, service: 's3' | 'sts', body: string, secret = S3_KEY.secretAccessKey) {
  const credentials = v4Of(request, service)
  const declared = readPayloadHash(request, credentials)
  const payloadHash = service === 's3' && declared.ok ? declared.value : sha256Hex(body)
  return verifyV4({ request, credentials, key: secret, payloadHash, explain: false })
}

const session = { ...S3_KEY, sessionToken: 'the/token+of=a session' }
const smithy = (service: 's3' | 'sts') =>
  new SignatureV4({
    service,
    region: 'eu-central-1',
    credentials: session,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: true,
  })

for (const service of ['s3', 'sts'] as const) {
  for (const form of ['sign', 'presign'] as const) {
    test(`what @smithy/signature-v4 signs verifies: ${form} for ${service}`, async () => {
      await fc.assert(
        fc.asyncProperty(plain(service === 's3'), async (request) => {
          const input = new HttpRequest({
            method: request.method,
            path: request.path,
            query: { ...request.query },
            headers: {
              host: 'bucket.example:4566',
              ...request.headers,
              // As the SDK's S3 presigner does.
              ...(form === 'presign' && service === 's3' ? { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } : {}),
            },
            body: request.body,
          })
          const signer = smithy(service)
          const options = { signingDate: new Date(NOW) }
          const signed = form === 'sign' ? await signer.sign(input, options) : await signer.presign(input, options)
          const here = received(signed as HttpRequest & { query: object })
          const found = verify(here, service, request.body)
          assert.ok(found.ok, found.ok ? '' : found.canonicalRequest)
          assert.ok(!verify({ ...here, method: 'PATCH' }, service, request.body).ok)
          assert.ok(!verify(here, service, request.body, 'another secret').ok)
        }),
        { numRuns: 60 },
      )
    })
  }
}

const SCRIPT = `
import json, sys
import botocore.auth as auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
kinds = {'s3': (auth.S3SigV4Auth, auth.S3SigV4QueryAuth), 'sts': (auth.SigV4Auth, auth.SigV4QueryAuth)}
out = []
for job in json.load(sys.stdin):
    keys = Credentials(job['accessKeyId'], job['secretAccessKey'], job['sessionToken'])
    kind = kinds[job['service']][0 if job['form'] == 'sign' else 1]
    request = AWSRequest(method=job['method'], url='http://bucket.example:4566' + job['target'], headers=dict(job['headers']), data=job['body'].encode() or None)
    request.context['payload_signing_enabled'] = True
    kind(keys, job['service'], 'eu-central-1').add_auth(request)
    prepared = request.prepare()
    out.append({'url': prepared.url, 'headers': [[k, v.decode() if isinstance(v, bytes) else v] for k, v in prepared.headers.items()]})
json.dump(out, sys.stdout)
`

const botocore = botocoreVersion()

test(
  'what botocore signs verifies',
  { skip: botocore === undefined ? 'python3 with botocore is not here' : false },
  () => {
    const jobs = (['s3', 'sts'] as const).flatMap((service) =>
      (['sign', 'presign'] as const).flatMap((form) =>
        fc.sample(plain(service === 's3'), { numRuns: 40, seed: 7 }).map((request) => ({
          ...session,
          ...request,
          service,
          form,
          // botocore takes the body of what it presigns for JSON parameters.
          body: form === 'presign' ? '' : request.body,
          target: `${request.path}${Object.keys(request.query).length > 0 ? `?${rawQueryOf(request.query)}` : ''}`,
        })),
      ),
    )
    const answer = execFileSync('python3', ['-c', SCRIPT], { input: JSON.stringify(jobs), encoding: 'utf8' })
    const signed = JSON.parse(answer) as { url: string; headers: RawHeader[] }[]
    assert.equal(signed.length, jobs.length)
    for (const [at, { url, headers }] of signed.entries()) {
      const job = jobs[at]
      assert.ok(job)
      const target = url.slice('http://bucket.example:4566'.length)
      const cut = target.indexOf('?')
      const request: SignedRequest = {
        method: job.method,
        rawPath: cut < 0 ? target : target.slice(0, cut),
        rawQuery: cut < 0 ? '' : target.slice(cut + 1),
        headers: [['Host', 'bucket.example:4566'], ...headers],
      }
      const found = verify(request, job.service, job.body)
      assert.ok(found.ok, found.ok ? '' : `${job.form} ${job.service} ${url}\n${found.canonicalRequest}`)
      assert.ok(!verify({ ...request, method: 'PATCH' }, job.service, job.body).ok)
    }
  },
)
