/**
 * SHA-256 and HMAC by one-shot hashes. `createHmac` sets up a context for each call; two one-shot hashes over pads that
 * are computed once per key cost a third of it, and a signing key lives for a day.
 */
import { Buffer } from 'node:buffer'
import { hash, timingSafeEqual } from 'node:crypto'
import type { SigningKey } from './types.ts'

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32

/** Hex SHA-256 of nothing: the payload hash of a request without a body. */
export const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** SHA-256 in lower-case hex. A text is hashed as UTF-8. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex')
}

/** SHA-256 in base64, as AWS shows an Authorization header in its errors. */
export function sha256Base64(text: string): string {
  return hash('sha256', text, 'base64')
}

/** The pads of an HMAC-SHA256 key (RFC 2104); a key longer than a block is hashed first. */
function hmacKey(key: Uint8Array): SigningKey {
  const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key
  const block = Buffer.alloc(BLOCK_BYTES)
  block.set(short)
  return { inner: block.map((byte) => byte ^ 0x36), outer: block.map((byte) => byte ^ 0x5c) }
}

/** HMAC-SHA256 of a text (as UTF-8) in lower-case hex. */
export function hmacHex(key: SigningKey, message: string): string {
  return hash('sha256', outerBlock(key, message), 'hex')
}

function hmacBytes(key: SigningKey, message: string): Buffer {
  return hash('sha256', outerBlock(key, message), 'buffer')
}

function outerBlock(key: SigningKey, message: string): Buffer {
  const first = Buffer.allocUnsafe(BLOCK_BYTES + Buffer.byteLength(message))
  first.set(key.inner)
  first.write(message, BLOCK_BYTES)
  const second = Buffer.allocUnsafe(BLOCK_BYTES + DIGEST_BYTES)
  second.set(key.outer)
  // As a text of one letter a byte: the runtime hands those over for half of what a buffer costs.
  second.write(hash('sha256', first, 'latin1'), BLOCK_BYTES, 'latin1')
  return second
}

/**
 * The version 4 signing key of one day, Region and service. Derivation costs four HMACs, more than a whole verification:
 * callers should cache the result (per access key, date, Region and service) and treat it as a secret.
 */
export function signingKey(secretAccessKey: string, date: string, region: string, service: string): SigningKey {
  let key = hmacKey(Buffer.from(`AWS4${secretAccessKey}`))
  for (const part of [date, region, service, 'aws4_request']) key = hmacKey(hmacBytes(key, part))
  return key
}

/** Compares two texts in a time that depends on their lengths only. */
export function sameText(left: string, right: string): boolean {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}
