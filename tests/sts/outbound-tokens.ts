/** Reads and verifies outbound tokens with nothing but Node's cryptography: another program than the one that signed them. */
import { createPublicKey, verify } from 'node:crypto'
import type { webcrypto } from 'node:crypto'

export type Claims = Readonly<Record<string, unknown>>

export interface ReadToken {
  readonly header: Claims
  readonly claims: Claims
  /** Bytes of the claims as they were signed. */
  readonly size: number
}

export function readToken(token: string): ReadToken {
  const [header = '', payload = ''] = token.split('.').map((part) => Buffer.from(part, 'base64url'))
  return {
    header: JSON.parse(header.toString()) as Claims,
    claims: JSON.parse(payload.toString()) as Claims,
    size: payload.length,
  }
}

type Jwk = webcrypto.JsonWebKey & { readonly kid: string; readonly alg: string }

/** Whether the key of that id has signed the token. RFC 7518, sections 3.3 and 3.4. */
export function isSigned(token: string, keys: readonly Jwk[]): boolean {
  const { header } = readToken(token)
  const jwk = keys.find(({ kid }) => kid === header['kid'])
  if (jwk === undefined || jwk.alg !== header['alg']) return false
  const end = token.lastIndexOf('.')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  const [hash, settings] =
    header['alg'] === 'RS256' ? (['sha256', key] as const) : (['sha384', { key, dsaEncoding: 'ieee-p1363' }] as const)
  return verify(hash, Buffer.from(token.slice(0, end)), settings, signature)
}
