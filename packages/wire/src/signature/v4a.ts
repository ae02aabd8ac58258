/**
 * The asymmetric key of version 4A. The private key is derived from the secret access key by the counter mode of
 * NIST SP 800-108 with HMAC-SHA256 ("Asymmetric Signature Version 4", and FIPS 186-4 B.4.2 for the range).
 */
import { Buffer } from 'node:buffer'
import { createECDH, createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ECDSA_ALGORITHM } from './types.ts'

/** Order of P-256, minus two. */
const ORDER_MINUS_TWO = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254fn
const CURVE = 'prime256v1'
const COUNTER_MAX = 254

/** The private number of an access key, 32 bytes. The first candidate fits in all but one of 2^32 cases. */
function privateNumber(secretAccessKey: string, accessKeyId: string): Buffer {
  for (let counter = 1; counter <= COUNTER_MAX; counter++) {
    const context = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(ECDSA_ALGORITHM),
      Buffer.from([0]),
      Buffer.from(accessKeyId),
      Buffer.from([counter, 0, 0, 1, 0]),
    ])
    const candidate = createHmac('sha256', `AWS4A${secretAccessKey}`).update(context).digest('hex')
    const number = BigInt(`0x${candidate}`)
    if (number <= ORDER_MINUS_TWO) return Buffer.from((number + 1n).toString(16).padStart(64, '0'), 'hex')
  }
  throw new Error('no private key can be derived from this secret')
}

function jwk(secretAccessKey: string, accessKeyId: string) {
  const d = privateNumber(secretAccessKey, accessKeyId)
  const curve = createECDH(CURVE)
  curve.setPrivateKey(d)
  const point = curve.getPublicKey()
  const x = point.toString('base64url', 1, 33)
  const y = point.toString('base64url', 33)
  return { kty: 'EC', crv: 'P-256', x, y, d: d.toString('base64url') }
}

/** The public key that verifies an access key's signatures. Cache it: the derivation costs more than a verification. */
export function publicKeyV4a(secretAccessKey: string, accessKeyId: string): KeyObject {
  const { kty, crv, x, y } = jwk(secretAccessKey, accessKeyId)
  return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
}

/** Signs a string to sign; DER in hex. For tests and our own tools. */
export function signV4aText(secretAccessKey: string, accessKeyId: string, text: string): string {
  const key = createPrivateKey({ key: jwk(secretAccessKey, accessKeyId), format: 'jwk' })
  return sign('sha256', Buffer.from(text), key).toString('hex')
}

/** Does the signature (DER in hex, in chunks padded with `*`) fit? */
export function fitsV4a(key: KeyObject, text: string, signature: string): boolean {
  const [, hex] = /^((?:[0-9a-f]{2})+)\**$/.exec(signature) ?? []
  if (hex === undefined) return false
  return verify('sha256', Buffer.from(text), key, Buffer.from(hex, 'hex'))
}
