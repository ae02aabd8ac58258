import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { CHUNK_BYTES_MIN, decodeChunked, storedContentEncoding } from './chunked.ts'
import type { ChunkedInput } from './chunked.ts'
import { EMPTY_HASH, hmacHex, sameText, sha256Hex, signingKey } from './hash.ts'
import type { StreamingMode } from './payload-hash.ts'
import { S3_KEY, decodeAll, piecesOf } from './testing.ts'
import type { ChunkSeed } from './types.ts'

const SIGNED: StreamingMode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
const TRAILER: StreamingMode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'
const UNSIGNED: StreamingMode = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'

const key = signingKey(S3_KEY.secretAccessKey, '20260301', 'us-east-1', 's3')
const seed: ChunkSeed = {
  algorithm: 'AWS4-HMAC-SHA256',
  signature: 'f'.repeat(64),
  timestamp: '20260301T120000Z',
  scope: '20260301/us-east-1/s3/aws4_request',
  accessKeyId: S3_KEY.accessKeyId,
  canonicalRequest: 'PUT\n…',
  fits: (toSign, signature) => sameText(hmacHex(key, toSign), signature),
}
const sign = (kind: string, previous: string, hashes: string) =>
  hmacHex(key, `AWS4-HMAC-SHA256-${kind}\n${seed.timestamp}\n${seed.scope}\n${previous}\n${hashes}`)

/** Encodes a body as a client does. */
function encode(mode: StreamingMode, data: Uint8Array, chunkBytes: number, trailers: Readonly<Record<string, string>>) {
  const parts: Uint8Array[] = []
  const put = (text: string) => parts.push(Buffer.from(text))
  let previous = seed.signature
  for (let at = 0; ; at += chunkBytes) {
    const piece = data.subarray(at, at + chunkBytes)
    previous = sign('PAYLOAD', previous, `${EMPTY_HASH}\n${sha256Hex(piece)}`)
    put(`${piece.length.toString(16)}${mode === UNSIGNED ? '' : `;chunk-signature=${previous}`}\r\n`)
    if (piece.length === 0) break
    parts.push(piece, Buffer.from('\r\n'))
  }
  const lines = Object.entries(trailers)
  for (const [name, value] of lines) put(`${name}:${value}\r\n`)
  if (mode === TRAILER) {
    const hash = sha256Hex(lines.map(([name, value]) => `${name}:${value}\n`).join(''))
    put(`x-amz-trailer-signature:${sign('TRAILER', previous, hash)}\r\n`)
  }
  put('\r\n')
  return Buffer.concat(parts)
}

const DATA = Buffer.alloc(2 * CHUNK_BYTES_MIN + 100, 'data')
const CRC = { 'x-amz-checksum-crc32': 'AAAAAA==' }
const inputs: Readonly<Record<string, ChunkedInput>> = {
  signed: { mode: SIGNED, decodedLength: String(DATA.length), trailerNames: undefined, seed },
  trailer: { mode: TRAILER, decodedLength: String(DATA.length), trailerNames: 'x-amz-checksum-crc32', seed },
  unsigned: { mode: UNSIGNED, decodedLength: String(DATA.length), trailerNames: 'x-amz-checksum-crc32' },
}
const input = (kind: string): ChunkedInput => {
  const found = inputs[kind]
  assert.ok(found)
  return found
}
const body = (kind: string, chunkBytes = CHUNK_BYTES_MIN) =>
  encode(input(kind).mode, DATA, chunkBytes, kind === 'signed' ? {} : CRC)

const incomplete = '400 IncompleteBody The request body terminated unexpectedly'
const malformed =
  '400 MalformedTrailerError The request contained trailing data that was not well-formed or did not conform to our published schema.'
const mismatch = /^403 SignatureDoesNotMatch The request signature we calculated does not match/
const small = (bytes: number) =>
  `403 InvalidChunkSizeError Only the last chunk is allowed to have a size less than 8192 bytes [Chunk=2] [BadChunkSize=${bytes}]`

/** Replaces a text in the bytes; it must be there. */
function swap(bytes: Buffer, from: string, to: string): Buffer {
  const at = bytes.lastIndexOf(from)
  assert.ok(at >= 0, `no ${from}`)
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + from.length)])
}
const cut = (bytes: Buffer, from: string) => bytes.subarray(0, bytes.lastIndexOf(from))

type Case = readonly [
  name: string,
  kind: string,
  change: (body: Buffer) => Buffer,
  want: string | RegExp,
  Partial<ChunkedInput>?,
]
const cases: readonly Case[] = [
  ['signed chunks', 'signed', (b) => b, 'ok'],
  ['signed chunks and a trailer', 'trailer', (b) => b, 'ok'],
  ['unsigned chunks and a trailer', 'unsigned', (b) => b, 'ok'],
  ['upper-case sizes', 'unsigned', (b) => swap(b, '2000\r\n', '2000\r\n'), 'ok'],
  ['a trailer name in capitals', 'unsigned', (b) => swap(b, 'x-amz-checksum', 'X-Amz-Checksum'), 'ok'],
  [
    'no decoded length',
    'signed',
    (b) => b,
    '411 MissingContentLength You must provide the Content-Length HTTP header.',
    { decodedLength: undefined },
  ],
  [
    'a decoded length that is no number',
    'signed',
    (b) => b,
    '411 MissingContentLength You must provide the Content-Length HTTP header.',
    { decodedLength: '1e3' },
  ],
  ['a decoded length too large', 'unsigned', (b) => b, incomplete, { decodedLength: String(DATA.length + 1) }],
  ['a decoded length too small', 'unsigned', (b) => b, incomplete, { decodedLength: String(DATA.length - 1) }],
  ['no final chunk', 'signed', (b) => cut(b, '0;chunk'), incomplete],
  ['no blank line at the end', 'signed', (b) => b.subarray(0, -2), incomplete],
  ['no line end at the end', 'unsigned', (b) => b.subarray(0, -3), incomplete],
  ['a chunk cut short', 'signed', (b) => b.subarray(0, 5000), incomplete],
  ['a head cut short', 'signed', (b) => b.subarray(0, 40), incomplete],
  ['nothing', 'signed', () => Buffer.alloc(0), incomplete],
  ['a size that is no number', 'unsigned', (b) => swap(b, '2000\r\n', 'x000\r\n'), incomplete],
  ['a size with a sign', 'unsigned', (b) => swap(b, '2000\r\n', '+2000\r\n'), incomplete],
  ['a huge size', 'unsigned', (b) => swap(b, '2000\r\n', 'fffffffffffff\r\n'), incomplete],
  ['an endless head', 'unsigned', () => Buffer.alloc(5000, '0'), incomplete],
  ['a size too small for the data', 'unsigned', (b) => swap(b, '2000\r\n', '1fff\r\n'), incomplete],
  ['no signature in a head', 'signed', (b) => swap(b, ';chunk-signature=', ';'), incomplete],
  [
    'a signature in an unsigned head',
    'unsigned',
    (b) => swap(b, '2000\r\n', '2000;chunk-signature=00\r\n'),
    incomplete,
  ],
  [
    'a trailer where none may be',
    'signed',
    (b) => Buffer.concat([b.subarray(0, -2), Buffer.from('a:b\r\n\r\n')]),
    incomplete,
  ],
  ['a trailer without a colon', 'unsigned', (b) => swap(b, 'x-amz-checksum-crc32:AAAAAA==', 'no-colon'), incomplete],
  ['a trailer that was not announced', 'unsigned', (b) => b, malformed, { trailerNames: undefined }],
  ['another trailer than announced', 'unsigned', (b) => b, malformed, { trailerNames: 'x-amz-checksum-sha256' }],
  [
    'one of two announced trailers',
    'unsigned',
    (b) => b,
    malformed,
    { trailerNames: 'x-amz-checksum-crc32, x-amz-meta' },
  ],
  [
    'an announced trailer that is missing',
    'unsigned',
    (b) => swap(b, 'x-amz-checksum-crc32:AAAAAA==\r\n', ''),
    malformed,
  ],
  [
    'a trailer sent twice',
    'unsigned',
    (b) => swap(b, 'x-amz-checksum-crc32:', 'x-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:'),
    malformed,
  ],
  [
    'trailers without an end',
    'unsigned',
    (b) => Buffer.concat([b, Buffer.alloc(20_000, '\n'), Buffer.from('x')]),
    incomplete,
  ],
  [
    'no trailer signature',
    'trailer',
    (b) => Buffer.concat([cut(b, 'x-amz-trailer-signature'), Buffer.from('\r\n')]),
    malformed,
  ],
  ['another trailer value', 'trailer', (b) => swap(b, 'AAAAAA==', 'BAAAAA=='), mismatch],
  ['another trailer signature', 'trailer', (b) => swap(b, 'trailer-signature:', 'trailer-signature:0'), mismatch],
  ['another chunk signature', 'signed', (b) => swap(b, 'chunk-signature=', 'chunk-signature=0'), mismatch],
  ['other data', 'signed', (b) => swap(b, 'data', 'date'), mismatch],
  ['another seed', 'signed', (b) => b, mismatch, { seed: { ...seed, signature: 'e'.repeat(64) } }],
]
for (const [name, kind, change, want, more] of cases) {
  test(`aws-chunked with ${name}`, async () => {
    const { data, result, last } = await decodeAll(change(body(kind)), { ...input(kind), ...more })
    if (typeof want === 'string') assert.equal(result, want)
    else assert.match(result, want)
    if (result !== 'ok') return
    assert.ok(data.equals(DATA))
    assert.deepEqual(last.kind === 'end' && last.trailers, kind === 'signed' ? [] : Object.entries(CRC))
  })
}

test('only the last chunk may be small', async () => {
  assert.equal((await decodeAll(body('signed', 8191), input('signed'))).result, small(8191))
  assert.equal((await decodeAll(body('unsigned', 100), input('unsigned'))).result, small(100))
})

test('a chunk that does not fit is echoed with its own string to sign', async () => {
  const { last } = await decodeAll(swap(body('signed'), 'data', 'date'), input('signed'))
  assert.ok(last.kind === 'refused')
  const fields = new Map(last.refusal.fields)
  assert.match(fields.get('StringToSign') ?? '', /^AWS4-HMAC-SHA256-PAYLOAD\n20260301T120000Z\n/)
  assert.equal(fields.get('CanonicalRequest'), seed.canonicalRequest)
})

test('an empty object', async () => {
  const none = encode(SIGNED, Buffer.alloc(0), 8192, {})
  const { result, data } = await decodeAll(none, { ...input('signed'), decodedLength: '0' })
  assert.deepEqual([result, data.length], ['ok', 0])
})

test('pieces of any size decode alike', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('signed', 'trailer', 'unsigned'),
      fc.integer({ min: 1, max: 20_000 }),
      fc.integer({ min: CHUNK_BYTES_MIN, max: 20_000 }),
      async (kind, pieceBytes, chunkBytes) => {
        const { result, data } = await decodeAll(body(kind, chunkBytes), input(kind), pieceBytes)
        assert.equal(result, 'ok')
        assert.ok(data.equals(DATA))
      },
    ),
    { numRuns: 40 },
  )
})

test('no flipped bit of a signed body is taken', async () => {
  const whole = body('trailer')
  const lineEnds = new Set([0x0d, 0x0a])
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ (1 << bit)
      // A trailer's name compares without regard to case, and only line ends and case are outside the signature.
      const before = whole[at] ?? 0
      const { result, data } = await decodeAll(changed, input('trailer'), 4096)
      const harmless =
        lineEnds.has(before) || String.fromCharCode(before ^ 0x20) === String.fromCharCode(changed[at] ?? 0)
      assert.ok(result !== 'ok' || (harmless && data.equals(DATA)), `byte ${at} bit ${bit}`)
    }),
    { numRuns: 300 },
  )
})

test('the decoder holds one piece at a time and never the body', async () => {
  const total = 64 * 1024 * 1024
  const piece = Buffer.alloc(65_536, 'x')
  async function* source() {
    for (let sent = 0; sent < total; sent += piece.length) {
      yield Buffer.from(`${piece.length.toString(16)}\r\n`)
      yield piece
      yield Buffer.from('\r\n')
    }
    yield Buffer.from('0\r\n\r\n')
  }
  const before = process.memoryUsage().arrayBuffers
  let [most, bytes] = [0, 0]
  const events = decodeChunked(source(), { mode: UNSIGNED, decodedLength: String(total), trailerNames: undefined })
  for await (const event of events) {
    if (event.kind === 'data') bytes += event.bytes.length
    else assert.equal(event.kind, 'end')
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  assert.equal(bytes, total)
  assert.ok(most < 32 * 1024 * 1024, `${most} bytes`)
})

test('a consumer that leaves closes the source; a source that fails fails the decoder', async () => {
  let closed = false
  async function* source() {
    try {
      yield* piecesOf(body('unsigned'), 100)
    } finally {
      closed = true
    }
  }
  for await (const event of decodeChunked(source(), input('unsigned'))) if (event.kind === 'data') break
  assert.ok(closed)
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield body('unsigned').subarray(0, 100)
    throw new Error('connection lost')
  }
  await assert.rejects(async () => {
    for await (const event of decodeChunked(broken(), input('unsigned'))) assert.equal(event.kind, 'data')
  }, /connection lost/)
})

test('signed chunks without a seed are a mistake of the caller', async () => {
  const { seed: _, ...without } = input('signed')
  await assert.rejects(decodeAll(body('signed'), without), TypeError)
})

const encodings: readonly [sent: string, stored: string | undefined][] = [
  ['aws-chunked', undefined],
  ['aws-chunked,gzip', 'gzip'],
  ['gzip, AWS-Chunked', 'gzip'],
  ['aws-chunked, aws-chunked', undefined],
  ['deflate,  gzip', 'deflate,  gzip'],
]
for (const [sent, stored] of encodings) {
  test(`the Content-Encoding ${sent} is stored as ${stored ?? 'none'}`, () => {
    assert.equal(storedContentEncoding(sent), stored)
  })
}
