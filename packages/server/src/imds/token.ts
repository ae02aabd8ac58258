/**
 * Tokens of `PUT /latest/api/token`: stateless, so that any node can check one. 40 bytes — expiry (4), nonce (16), and 20
 * of an HMAC-SHA-256 over instance, generation, expiry and nonce — which give 56 characters of URL-safe base64, as AWS's.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Chance } from '../domain/chance.ts'

const EXPIRY_BYTES = 4
const NONCE_BYTES = 16
const MAC_BYTES = 20
const SHAPE = /^[A-Za-z0-9_-]{54}==$/

/** EC2 User Guide, "Use IMDSv2": six hours at most. */
const TOKEN_TTL_MAXIMUM_SECONDS = 21_600

/** What a token is good for. A raised generation ends all tokens of the instance. */
export interface TokenScope {
  readonly key: Uint8Array
  readonly instanceId: string
  readonly generation: number
}

/** Reads the header `X-aws-ec2-metadata-token-ttl-seconds`; `undefined` unless it is an integer of 1 to 21,600. */
export function readTtl(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,10}$/.test(header)) return undefined
  const seconds = Number(header)
  return seconds >= 1 && seconds <= TOKEN_TTL_MAXIMUM_SECONDS ? seconds : undefined
}

/** @param nowSeconds session time, whole seconds */
export function mintToken(scope: TokenScope, ttlSeconds: number, nowSeconds: number, chance: Chance): string {
  const head = Buffer.alloc(EXPIRY_BYTES + NONCE_BYTES)
  // Modulo 2^32, so that a clock moved beyond the year 2106 breaks nothing.
  head.writeUInt32BE((nowSeconds + ttlSeconds) >>> 0)
  chance.bytes(NONCE_BYTES).copy(head, EXPIRY_BYTES)
  return encode(Buffer.concat([head, mac(scope, head)]))
}

/** Seconds that the token has left, at least 1; `undefined` when it is malformed, foreign, changed or expired. */
export function checkToken(scope: TokenScope, token: string, nowSeconds: number): number | undefined {
  if (!SHAPE.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  // Spare bits of the last character would give one token several spellings.
  if (encode(bytes) !== token) return undefined
  const head = bytes.subarray(0, EXPIRY_BYTES + NONCE_BYTES)
  if (!timingSafeEqual(mac(scope, head), bytes.subarray(head.length))) return undefined
  const left = (head.readUInt32BE() - nowSeconds) >>> 0
  // A token that outlives the longest TTL was made before session time went back.
  return left >= 1 && left <= TOKEN_TTL_MAXIMUM_SECONDS ? left : undefined
}

const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')

function mac(scope: TokenScope, head: Buffer): Buffer {
  const owner = JSON.stringify(['understudy imds token 1', scope.instanceId, scope.generation])
  return createHmac('sha256', scope.key).update(owner).update(head).digest().subarray(0, MAC_BYTES)
}
