import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { HttpResponse } from '@smithy/protocol-http'
import type { HttpRequest } from '@smithy/protocol-http'
import { readPayloadHash } from './payload-hash.ts'
import { S3_KEY, decodeAll, headerOf, requestOf, v4Of } from './testing.ts'
import type { SignedRequest } from './types.ts'
import { verifyV4 } from './verify-v4.ts'

/** What the official client would have put on the wire. */
async function sendWith(send: (client: S3Client) => Promise<unknown>) {
  let request: SignedRequest | undefined
  const pieces: Uint8Array[] = []
  const client = new S3Client({
    endpoint: 'http://127.0.0.1:4566',
    forcePathStyle: true,
    region: 'eu-central-1',
    credentials: { ...S3_KEY, sessionToken: 'a/session+token=' },
    requestHandler: {
      handle: async (sent: HttpRequest) => {
        const query = Object.entries(sent.query).map(
          ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
        )
        request = {
          method: sent.method,
          rawPath: sent.path,
          rawQuery: query.join('&'),
          headers: Object.entries(sent.headers),
        }
        if (sent.body instanceof Readable) for await (const piece of sent.body) pieces.push(Buffer.from(piece))
        else if (sent.body !== undefined) pieces.push(Buffer.from(sent.body))
        return { response: new HttpResponse({ statusCode: 200, headers: {} }) }
      },
    },
  })
  await send(client)
  assert.ok(request)
  return { request, body: Buffer.concat(pieces) }
}

function verified(request: SignedRequest) {
  const credentials = v4Of(request, 's3')
  const declared = readPayloadHash(request, credentials)
  assert.ok(declared.ok)
  const key = S3_KEY.secretAccessKey
  const found = verifyV4({ request, credentials, key, payloadHash: declared.value })
  assert.ok(found.ok, found.ok ? '' : found.canonicalRequest)
  return { seed: found.seed, declared }
}

test("the official client's stream: unsigned chunks with a checksum trailer", async () => {
  const data = Buffer.alloc(200_000, 'stream')
  const input = { Bucket: 'bucket', Key: "a key/with ü (and) '*'", ContentLength: data.length }
  const { request, body } = await sendWith((client) =>
    client.send(
      new PutObjectCommand({ ...input, Body: Readable.from([data.subarray(0, 100_000), data.subarray(100_000)]) }),
    ),
  )
  const { declared } = verified(request)
  assert.ok(declared.kind === 'streaming')
  assert.equal(declared.value, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')
  const decoded = await decodeAll(body, {
    mode: declared.value,
    decodedLength: headerOf(request, 'x-amz-decoded-content-length'),
    trailerNames: headerOf(request, 'x-amz-trailer'),
  })
  assert.equal(decoded.result, 'ok')
  assert.ok(decoded.data.equals(data))
  assert.ok(decoded.last.kind === 'end')
  assert.equal(decoded.last.trailers[0]?.[0], headerOf(request, 'x-amz-trailer'))
})

test("the official client's text body and its presigned URL", async () => {
  const { request } = await sendWith((client) =>
    client.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: 'text', Metadata: { a: 'b  c' } })),
  )
  assert.equal(verified(request).declared.kind, 'hash')
  const client = new S3Client({
    endpoint: 'http://127.0.0.1:4566',
    forcePathStyle: true,
    region: 'eu-central-1',
    credentials: S3_KEY,
  })
  const url = new URL(await getSignedUrl(client, new GetObjectCommand({ Bucket: 'bucket', Key: 'a b+c' })))
  const presigned = requestOf(`GET ${url.pathname}${url.search}`, [['Host', url.host]])
  assert.equal(verified(presigned).declared.value, 'UNSIGNED-PAYLOAD')
})
