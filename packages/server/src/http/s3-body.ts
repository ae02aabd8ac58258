/** The body of an S3 request: unwrapped from its chunks, checked against what was signed, read as the operation wants it. */
import { createHash } from 'node:crypto'
import { bodyKind, checkBodyHash, decodeChunked } from '@understudy/wire'
import type { ChunkSeed, OperationModel, PayloadHash, RestBody } from '@understudy/wire'
import { AwsError } from '../errors/aws-error.ts'
import { serviceUnavailable } from '../errors/catalogue.ts'
import { checkBodyDigests } from '../services/s3/index.ts'
import { bodyStream } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { authenticationError } from './wire-errors.ts'
import { parseXml } from './xml.ts'

/** S3 refuses documents beyond this. Bytes. */
const DOCUMENT_BYTES_MAX = 2 * 1024 * 1024

export interface PayloadSource {
  readonly exchange: Exchange
  /** Absent for anonymous requests and version 2, which promise nothing about the body. */
  readonly payload: Extract<PayloadHash, { ok: true }> | undefined
  readonly seed: ChunkSeed | undefined
  /** Filled once a chunked body has ended. */
  readonly trailers: Map<string, string>
  readonly use: BodyUse
}

/** Whether a handler has begun to read the body. */
export interface BodyUse {
  taken: boolean
}

/**
 * A body that comes once. A request that is tried again after its body was read would see an empty one, and store that.
 * @throws AwsError ServiceUnavailable at the second reading
 */
export function once(stream: AsyncIterable<Uint8Array>, use: BodyUse): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      if (use.taken)
        throw serviceUnavailable({ explanation: 'The store moved on while the body was read: send the request again.' })
      use.taken = true
      return stream[Symbol.asyncIterator]()
    },
  }
}

/** The bytes of the object; what does not keep its promise ends in an error before anything was stored. @throws AwsError */
export function payloadStream(source: PayloadSource): AsyncIterable<Uint8Array> {
  const raw = bodyStream(source.exchange)
  if (source.payload?.kind === 'hash') return hashChecked(raw, source.payload.value)
  if (source.payload?.kind === 'streaming') return unchunked(raw, source, source.payload.value)
  return raw
}

async function* hashChecked(raw: AsyncIterable<Uint8Array>, declared: string): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of raw) {
    hash.update(chunk)
    yield chunk
  }
  const kept = checkBodyHash(declared, hash.digest('hex'))
  if (!kept.ok) throw authenticationError(kept)
}

async function* unchunked(
  raw: AsyncIterable<Uint8Array>,
  source: PayloadSource,
  mode: Extract<PayloadHash, { kind: 'streaming' }>['value'],
): AsyncIterable<Uint8Array> {
  const { headers } = source.exchange.wire
  const events = decodeChunked(raw, {
    mode,
    decodedLength: headers['x-amz-decoded-content-length'],
    trailerNames: headers['x-amz-trailer'],
    ...(source.seed === undefined ? {} : { seed: source.seed }),
  })
  for await (const event of events) {
    if (event.kind === 'data') yield event.bytes
    else if (event.kind === 'refused') throw authenticationError(event.refusal)
    else for (const [name, value] of event.trailers) source.trailers.set(name, value)
  }
}

/** @throws AwsError MalformedXML, MaxMessageLengthExceeded, and what the payload's promises bring */
export async function restBody(operation: OperationModel, source: PayloadSource): Promise<RestBody> {
  const kind = bodyKind(operation)
  const stream = payloadStream(source)
  if (kind === 'stream') return { kind, stream: once(stream, source.use) }
  const bytes = await collected(stream)
  const { headers } = source.exchange.wire
  const trailer = headers['x-amz-trailer']
  await checkBodyDigests(operation.name, headers, bytes, {
    ...(trailer !== undefined && { trailer }),
    trailers: () => source.trailers,
  })
  const text = bytes.toString('utf8')
  if (kind === 'none') return { kind }
  if (kind === 'text') return { kind, text }
  if (text === '') return { kind: 'none' }
  const root = parseXml(text)
  if (root === undefined) throw malformedXml()
  return { kind, root }
}

const malformedXml = () =>
  new AwsError(
    'MalformedXML',
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
    {
      diagnosis: 'REQUEST.INVALID',
    },
  )

async function collected(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > DOCUMENT_BYTES_MAX)
      throw new AwsError('MaxMessageLengthExceeded', 400, 'Your request was too big.', {
        diagnosis: 'REQUEST.TOO_LARGE',
      })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
