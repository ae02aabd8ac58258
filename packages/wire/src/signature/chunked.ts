/**
 * Decodes `aws-chunked` bodies, signed and unsigned, with and without trailers, as they arrive. One piece is held at a
 * time, so a chunk's bytes are given out before its signature, which stands before the chunk but covers all of it, can be
 * compared: **nothing may be committed before the `end` event.**
 * See "Signature calculations for the Authorization header: transferring payload in multiple chunks" (S3 API reference).
 */
import { createHash } from 'node:crypto'
import { byteReader } from './byte-reader.ts'
import type { ByteReader } from './byte-reader.ts'
import { EMPTY_HASH, sha256Hex } from './hash.ts'
import { streamingRules } from './payload-hash.ts'
import type { StreamingMode } from './payload-hash.ts'
import { refuse, signatureMismatch } from './refusals.ts'
import type { ChunkSeed, Refusal } from './types.ts'

/** Only the last chunk may be smaller. */
export const CHUNK_BYTES_MIN = 8192
/** A chunk's head is a size and a signature; 4A's are the longest, with 144 characters. */
const HEAD_BYTES_MAX = 1024
const TRAILER_BYTES_MAX = 16_384

export interface ChunkedInput {
  readonly mode: StreamingMode
  /** Value of `x-amz-decoded-content-length`, where it was sent. */
  readonly decodedLength: string | undefined
  /** Value of `x-amz-trailer`, where it was sent. */
  readonly trailerNames: string | undefined
  /** From the verified head; the unsigned mode does not need it. */
  readonly seed?: ChunkSeed
}

export type ChunkedEvent =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** Everything that was promised has been kept. Trailers have names in lower case, without the trailer's signature. */
  | {
      readonly kind: 'end'
      readonly decodedLength: number
      readonly trailers: readonly (readonly [name: string, value: string])[]
    }
  /** Nothing follows. What was given out before must be thrown away. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }

const refused = (refusal: Refusal): ChunkedEvent => ({ kind: 'refused', refusal })

const incomplete = (): ChunkedEvent =>
  refused(refuse('IncompleteBody', 400, 'The request body terminated unexpectedly', { diagnosis: 'AUTH.CHUNK' }))

const malformedTrailer = (): ChunkedEvent =>
  refused(
    refuse(
      'MalformedTrailerError',
      400,
      'The request contained trailing data that was not well-formed or did not conform to our published schema.',
      { diagnosis: 'AUTH.CHUNK' },
    ),
  )

const lengthMissing = (): ChunkedEvent =>
  refused(
    refuse('MissingContentLength', 411, 'You must provide the Content-Length HTTP header.', {
      diagnosis: 'AUTH.CHUNK',
    }),
  )

/** @param number of the chunk that showed it, from 1 */
const chunkTooSmall = (number: number, bytes: number): ChunkedEvent =>
  refused(
    refuse('InvalidChunkSizeError', 403, 'Only the last chunk is allowed to have a size less than 8192 bytes', {
      diagnosis: 'AUTH.CHUNK',
      fields: [
        ['Chunk', String(number)],
        ['BadChunkSize', String(bytes)],
      ],
    }),
  )

/** Decodes a body. The last event is `end` or `refused`; a failing source throws through. */
export async function* decodeChunked(
  source: AsyncIterable<Uint8Array>,
  input: ChunkedInput,
): AsyncGenerator<ChunkedEvent, void, undefined> {
  const promised = readLength(input.decodedLength)
  if (promised === undefined) {
    yield lengthMissing()
    return
  }
  const { signed } = streamingRules(input.mode)
  if (signed && input.seed === undefined) throw new TypeError(`${input.mode} needs the seed of a verified head`)
  const chain = signed && input.seed ? signatureChain(input.seed) : undefined
  const reader = byteReader(source)
  try {
    const failure = yield* readChunks(reader, promised, chain)
    yield failure ?? (await readEnd(reader, input, { promised, chain }))
  } finally {
    await reader.close()
  }
}

function readLength(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined
  return Number(text)
}

/** Chunk after chunk until the empty one. Returns the refusal that ended it early. */
async function* readChunks(
  reader: ByteReader,
  promised: number,
  chain: SignatureChain | undefined,
): AsyncGenerator<ChunkedEvent, ChunkedEvent | undefined, undefined> {
  let total = 0
  let before = CHUNK_BYTES_MIN
  for (let number = 1; ; number++) {
    const head = readHead(await reader.line(HEAD_BYTES_MAX), chain !== undefined)
    if (!head) return incomplete()
    if (head.bytes > 0 && before < CHUNK_BYTES_MIN) return chunkTooSmall(number, before)
    total += head.bytes
    if (total > promised) return incomplete()
    const hash = createHash('sha256')
    let left = head.bytes
    for await (const bytes of reader.take(head.bytes)) {
      if (chain) hash.update(bytes)
      left -= bytes.length
      yield { kind: 'data', bytes }
    }
    if (left > 0) return incomplete()
    const mismatch = chain?.next('PAYLOAD', `${EMPTY_HASH}\n${hash.digest('hex')}`, head.signature)
    if (mismatch) return refused(mismatch)
    if (head.bytes === 0) return total === promised ? undefined : incomplete()
    const end = await reader.line(HEAD_BYTES_MAX)
    if (end.kind !== 'line' || end.text !== '') return incomplete()
    before = head.bytes
  }
}

const SIGNED_HEAD = /^([0-9a-fA-F]{1,13});chunk-signature=([0-9a-f]+\**)$/
const UNSIGNED_HEAD = /^([0-9a-fA-F]{1,13})$/

function readHead(line: Awaited<ReturnType<ByteReader['line']>>, signed: boolean) {
  const parts = line.kind === 'line' ? (signed ? SIGNED_HEAD : UNSIGNED_HEAD).exec(line.text) : null
  const [, size, signature = ''] = parts ?? []
  return size === undefined ? undefined : { bytes: parseInt(size, 16), signature }
}

/** Each signature covers the one before it. */
interface SignatureChain {
  readonly next: (kind: 'PAYLOAD' | 'TRAILER', hashes: string, signature: string) => Refusal | undefined
}

function signatureChain(seed: ChunkSeed): SignatureChain {
  let previous = seed.signature
  return {
    next: (kind, hashes, signature) => {
      const toSign = `${seed.algorithm}-${kind}\n${seed.timestamp}\n${seed.scope}\n${previous}\n${hashes}`
      if (!seed.fits(toSign, signature)) {
        const { accessKeyId, canonicalRequest } = seed
        return signatureMismatch(true, {
          accessKeyId,
          canonicalRequest,
          stringToSign: toSign,
          signatureProvided: signature,
        })
      }
      previous = signature
      return undefined
    },
  }
}

const TRAILER_SIGNATURE = 'x-amz-trailer-signature'

/** What follows the empty chunk: trailers, where the mode has them, and a blank line. */
async function readEnd(
  reader: ByteReader,
  input: ChunkedInput,
  state: { readonly promised: number; readonly chain: SignatureChain | undefined },
): Promise<ChunkedEvent> {
  const lines = await readLines(reader)
  if (!lines) return incomplete()
  const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const)
  const { trailer } = streamingRules(input.mode)
  if ((!trailer && lines.length > 0) || lines.some((line) => line.indexOf(':') < 1)) return incomplete()
  const all = pairs.map(([name, value]) => [name.trim().toLowerCase(), value.trim()] as const)
  const signed = trailer && state.chain !== undefined
  const last = all.at(-1)
  if (signed && last?.[0] !== TRAILER_SIGNATURE) return malformedTrailer()
  const trailers = signed ? all.slice(0, -1) : all
  if (!namesAgree(trailers, input.trailerNames)) return malformedTrailer()
  if (signed && last) {
    const text = trailers.map(([name, value]) => `${name}:${value}\n`).join('')
    const mismatch = state.chain?.next('TRAILER', sha256Hex(text), last[1])
    if (mismatch) return refused(mismatch)
  }
  return { kind: 'end', decodedLength: state.promised, trailers }
}

/**
 * All lines that are not blank, to the end of the body; the last must be a blank one. Blank lines between trailers are
 * passed over: AWS's examples end a trailer with LF CR LF.
 */
async function readLines(reader: ByteReader): Promise<readonly string[] | undefined> {
  const lines: string[] = []
  let left = TRAILER_BYTES_MAX
  let blank = false
  for (;;) {
    const line = await reader.line(left)
    if (line.kind === 'too-long') return undefined
    if (line.kind === 'end') return blank && line.rest === 0 ? lines : undefined
    left -= line.text.length + 1
    blank = line.text === ''
    if (!blank) lines.push(line.text)
  }
}

/** The trailers that came are those that `x-amz-trailer` announced, each once. */
function namesAgree(trailers: readonly (readonly [string, string])[], announced: string | undefined): boolean {
  const wanted = (announced ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  return (
    trailers.length === wanted.length &&
    new Set(wanted).size === wanted.length &&
    wanted.every((name) => trailers.some((trailer) => trailer[0] === name))
  )
}

/** The Content-Encoding to store with an object: without `aws-chunked`, which is a matter of the transfer. */
export function storedContentEncoding(contentEncoding: string): string | undefined {
  const codings = contentEncoding.split(',').map((coding) => coding.trim())
  if (!codings.some((coding) => coding.toLowerCase() === 'aws-chunked')) return contentEncoding
  const kept = codings.filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked')
  return kept.length > 0 ? kept.join(', ') : undefined
}
