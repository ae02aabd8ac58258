import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { sha256Hex } from './hash.ts'
import { readPayloadHash } from './payload-hash.ts'
import { S3_KEY, decodeAll, requestOf, v2Of, v4Of } from './testing.ts'
import { readCredentials } from './credentials.ts'
import { verifyV2 } from './v2.ts'
import { verifyV4 } from './verify-v4.ts'
import type { RawHeader } from './types.ts'

/** Values of "Authenticating Requests (AWS Signature Version 4)" in the S3 API reference. */
const EMPTY = sha256Hex('')
const SCOPE = `${S3_KEY.accessKeyId}/20130524/us-east-1/s3/aws4_request`
const HOST: RawHeader = ['Host', 'examplebucket.s3.amazonaws.com']
const DATE: RawHeader = ['x-amz-date', '20130524T000000Z']

const authorization = (names: string, signature: string): RawHeader => [
  'Authorization',
  `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=${names},Signature=${signature}`,
]
const hashOf = (value: string): RawHeader => ['x-amz-content-sha256', value]

const examples: readonly (readonly [name: string, line: string, headers: readonly RawHeader[]])[] = [
  [
    'GET object',
    'GET /test.txt',
    [
      HOST,
      ['Range', 'bytes=0-9'],
      hashOf(EMPTY),
      DATE,
      authorization(
        'host;range;x-amz-content-sha256;x-amz-date',
        'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
      ),
    ],
  ],
  [
    'PUT object',
    'PUT /test%24file.text',
    [
      HOST,
      ['Date', 'Fri, 24 May 2013 00:00:00 GMT'],
      DATE,
      ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
      hashOf(sha256Hex('Welcome to Amazon S3.')),
      authorization(
        'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      ),
    ],
  ],
  [
    'GET bucket lifecycle',
    'GET /?lifecycle',
    [
      HOST,
      DATE,
      hashOf(EMPTY),
      authorization(
        'host;x-amz-content-sha256;x-amz-date',
        'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
      ),
    ],
  ],
  [
    'GET bucket (list objects)',
    'GET /?max-keys=2&prefix=J',
    [
      HOST,
      DATE,
      hashOf(EMPTY),
      authorization(
        'host;x-amz-content-sha256;x-amz-date',
        '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      ),
    ],
  ],
  [
    'presigned GET',
    `GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(SCOPE)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
    [HOST],
  ],
]

for (const [name, line, headers] of examples) {
  test(`S3's documented example: ${name}`, () => {
    const request = requestOf(line, headers)
    const credentials = v4Of(request, 's3')
    const declared = readPayloadHash(request, credentials)
    assert.ok(declared.ok)
    const verify = (line2: string) =>
      verifyV4({
        request: requestOf(line2, headers),
        credentials,
        key: S3_KEY.secretAccessKey,
        payloadHash: declared.value,
      })
    const verified = verify(line)
    assert.ok(verified.ok, verified.ok ? '' : verified.canonicalRequest)
    const other = verify(line.replace(' /', ' /other/'))
    assert.ok(!other.ok)
    assert.equal(other.code, 'SignatureDoesNotMatch')
  })
}

const DATA = Buffer.alloc(66_560, 'a')
const chunk = (data: Uint8Array, signature: string) => [
  `${data.length.toString(16)};chunk-signature=${signature}\r\n`,
  data,
  '\r\n',
]
const join = (parts: readonly (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)))

function seedOf(mode: string, more: readonly RawHeader[], signature: string) {
  const headers: RawHeader[] = [
    ['Host', 's3.amazonaws.com'],
    DATE,
    ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
    hashOf(mode),
    ['Content-Encoding', 'aws-chunked'],
    ['x-amz-decoded-content-length', '66560'],
    ...more,
  ]
  const names = headers.map(([name]) => name.toLowerCase()).toSorted()
  const request = requestOf('PUT /examplebucket/chunkObject.txt', [
    ...headers,
    authorization(names.join(';'), signature),
  ])
  const credentials = v4Of(request, 's3')
  const verified = verifyV4({ request, credentials, key: S3_KEY.secretAccessKey, payloadHash: mode })
  assert.ok(verified.ok, verified.ok ? '' : verified.canonicalRequest)
  return verified.seed
}

test("S3's documented example: upload in signed chunks", async () => {
  const mode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
  const seed = seedOf(
    mode,
    [['Content-Length', '66824']],
    '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  )
  const body = join([
    ...chunk(DATA.subarray(0, 65_536), 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'),
    ...chunk(DATA.subarray(65_536), '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'),
    ...chunk(DATA.subarray(0, 0), 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'),
  ])
  assert.equal(body.length, 66_824)
  const decoded = await decodeAll(body, { mode, decodedLength: '66560', trailerNames: undefined, seed })
  assert.equal(decoded.result, 'ok')
  assert.ok(decoded.data.equals(DATA))
})

for (const [name, lineEnd] of [
  ['as sent by SDKs', '\r\n'],
  ['as the page prints it', '\n\r\n'],
] as const) {
  test(`S3's documented example: upload in signed chunks with a trailer, ${name}`, async () => {
    const mode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'
    const seed = seedOf(
      mode,
      [['x-amz-trailer', 'x-amz-checksum-crc32c']],
      '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    )
    const body = join([
      ...chunk(DATA.subarray(0, 65_536), 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2'),
      ...chunk(DATA.subarray(65_536), '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7'),
      '0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n',
      `x-amz-checksum-crc32c:sOO8/Q==${lineEnd}`,
      'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
    ])
    const decoded = await decodeAll(body, {
      mode,
      decodedLength: '66560',
      trailerNames: 'x-amz-checksum-crc32c',
      seed,
    })
    assert.equal(decoded.result, 'ok')
    assert.ok(decoded.last.kind === 'end')
    assert.deepEqual(decoded.last.trailers, [['x-amz-checksum-crc32c', 'sOO8/Q==']])
  })
}

test("S3's documented example: version 2 in the query", () => {
  const query = `AWSAccessKeyId=${S3_KEY.accessKeyId}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620`
  const request = requestOf(`GET /photos/puppy.jpg?${query}`, [['Host', 'johnsmith.s3.amazonaws.com']])
  const credentials = v2Of(readCredentials(request, 's3'))
  const { secretAccessKey } = S3_KEY
  assert.ok(verifyV2({ request, credentials, secretAccessKey, hostBucket: 'johnsmith' }).ok)
  assert.ok(!verifyV2({ request, credentials, secretAccessKey }).ok)
})

test("S3's documented example: version 2 in the header", () => {
  const request = requestOf('GET /photos/puppy.jpg', [
    ['Host', 'johnsmith.s3.amazonaws.com'],
    ['Date', 'Tue, 27 Mar 2007 19:36:42 +0000'],
    ['Authorization', `AWS ${S3_KEY.accessKeyId}:bWq2s1WEIj+Ydj0vQ697zp+IXMU=`],
  ])
  const credentials = v2Of(readCredentials(request, 's3'))
  assert.ok(verifyV2({ request, credentials, secretAccessKey: S3_KEY.secretAccessKey, hostBucket: 'johnsmith' }).ok)
})
