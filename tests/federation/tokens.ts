/** Keys and tokens made by hand, so that tests can make the ones that no library would. */
import { createPublicKey, createSign, generateKeyPairSync, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface TestKey {
  readonly privateKey: KeyObject
  /** With kid, without alg and use. */
  readonly jwk: Readonly<Record<string, unknown>>
}

export type Members = Readonly<Record<string, unknown>>

const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const

export function rsaKey(kid: string, modulusLength = 2048): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength })
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } }
}

export function ecKey(kid: string, algorithm: keyof typeof CURVES = 'ES256'): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: CURVES[algorithm] })
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } }
}

export const jwks = (...keys: readonly (TestKey | Members)[]): string =>
  JSON.stringify({ keys: keys.map((key) => ('privateKey' in key ? (key as TestKey).jwk : key)) })

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** Signs whatever is given: `payload` may be text that is no JSON. RFC 7518, sections 3.3 and 3.4. */
export function signed(header: Members, payload: Members | string, key: KeyObject): string {
  const input = `${part(header)}.${part(payload)}`
  const hash = `sha${String(header['alg']).slice(2)}`
  const signer = createSign(/^sha(256|384|512)$/.test(hash) ? hash : 'sha256').update(input)
  return `${input}.${signer.sign({ key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** Header and claims with a signature of the caller's own making. */
export const withSignature = (header: Members, payload: Members, signature: string): string =>
  `${part(header)}.${part(payload)}.${signature}`

/** What a token says, believed or not. */
export const claimsOf = (token: string): Members =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Members

/** Whether an RS256 token was signed with the key. */
export function verified(token: string, jwk: Members): boolean {
  const at = token.lastIndexOf('.')
  const key = createPublicKey({ key: jwk as never, format: 'jwk' })
  return verify('sha256', Buffer.from(token.slice(0, at)), key, Buffer.from(token.slice(at + 1), 'base64url'))
}
