/**
 * A key set (RFC 7517, section 5) read as AWS reads it: `kid` is the index and the last of equal ones wins, a key's `alg` is
 * not looked at, and what other readers take may be passed over here. Recordings native/oidc/jwks.
 */
import { X509Certificate } from 'node:crypto'
import type { JWK } from 'jose'
import { quoted } from './refusals.ts'

export type KeyType = 'RSA' | 'EC'

/** Algorithm → type of its keys. STS API Reference, AssumeRoleWithWebIdentity: no others are taken. */
export const ALGORITHMS: ReadonlyMap<string, KeyType> = new Map([
  ['RS256', 'RSA'],
  ['RS384', 'RSA'],
  ['RS512', 'RSA'],
  ['ES256', 'EC'],
  ['ES384', 'EC'],
  ['ES512', 'EC'],
])

/** A key that may verify. The object is the same as long as its set is. */
export interface VerificationKey {
  readonly kid: string
  readonly type: KeyType
  readonly jwk: JWK
}

export type FoundKey =
  | { readonly ok: true; readonly key: VerificationKey }
  | {
      readonly ok: false
      /** `unknown`: another look at the issuer may help. `unfit`: AWS answers as to a wrong signature. */
      readonly why: 'unknown' | 'passed-over' | 'unfit'
      readonly explanation: string
    }

export interface KeySet {
  readonly kids: readonly string[]
  /** @param kid of the token's header; `undefined` when it has none */
  readonly find: (kid: string | undefined, type: KeyType) => FoundKey
}

/** More keys of one type than this, and none of that type is used. */
const KEYS_MAX = 100

type Members = Readonly<Record<string, unknown>>

/** @throws Error that says what is wrong with a text that is no key set */
export function readKeySet(text: string): KeySet {
  const document: unknown = JSON.parse(text)
  const listed = isObject(document) ? document['keys'] : undefined
  if (!Array.isArray(listed)) throw new Error('a key set is an object with a list `keys`')
  const keys = listed.filter(isObject)
  const byKid = new Map<string, Members>()
  for (const key of keys) if (typeof key['kid'] === 'string' && key['kid'] !== '') byKid.set(key['kid'], key)
  const counts = { RSA: keys.filter((key) => key['kty'] === 'RSA').length, EC: keys.filter(isCurve).length }
  const judged = new Map<string, FoundKey>()
  const judge = (kid: string, key: Members): FoundKey => {
    const known = judged.get(kid) ?? judgeKey(kid, key)
    judged.set(kid, known)
    return known
  }
  return {
    kids: [...byKid.keys()],
    find: (kid, type) => {
      if (counts[type] > KEYS_MAX)
        return passedOver(
          `the issuer publishes ${counts[type]} ${type} keys; with more than ${KEYS_MAX} AWS uses none of them`,
        )
      if (kid !== undefined) {
        const key = byKid.get(kid)
        return key === undefined ? unknown(kid, [...byKid.keys()], keys.length) : judge(kid, key)
      }
      const usable = [...byKid].map(([name, key]) => judge(name, key)).filter((found) => found.ok)
      const [only] = usable
      return only !== undefined && usable.length === 1
        ? only
        : passedOver(`the token names no key and the issuer has ${usable.length} that could be meant`)
    },
  }
}

const isCurve = (key: Members): boolean => key['kty'] === 'EC'
const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const passedOver = (explanation: string): FoundKey => ({ ok: false, why: 'passed-over', explanation })

function unknown(kid: string, kids: readonly string[], count: number): FoundKey {
  const nameless = count - kids.length
  const others = nameless > 0 ? `, and ${nameless} without a \`kid\` of their own, which AWS passes over` : ''
  return {
    ok: false,
    why: 'unknown',
    explanation: `the token names the key ${quoted(kid)}; the issuer has ${kids.slice(0, 20).map(quoted).join(', ') || 'none'}${others}`,
  }
}

function judgeKey(kid: string, key: Members): FoundKey {
  const type = key['kty']
  if (type !== 'RSA' && type !== 'EC') return passedOver(`the key ${quoted(kid)} is neither an RSA nor an EC key`)
  if (key['use'] === 'enc') return passedOver(`the key ${quoted(kid)} is for encryption (\`use\` is \`enc\`)`)
  const needed = type === 'RSA' ? ['n', 'e'] : ['crv', 'x', 'y']
  const absent = needed.filter((name) => typeof key[name] !== 'string')
  if (absent.length > 0)
    return passedOver(
      `the key ${quoted(kid)} has no ${absent.map(quoted).join(' and ')}; AWS reads no key out of \`x5c\``,
    )
  const jwk = publicPart(key, needed, type)
  if (key['x5c'] !== undefined && !agrees(key['x5c'], jwk))
    return passedOver(`the certificate in \`x5c\` of the key ${quoted(kid)} is of another key`)
  if (key['key_ops'] !== undefined)
    return {
      ok: false,
      why: 'unfit',
      explanation: `the key ${quoted(kid)} has \`key_ops\`: AWS verifies with none that has, not even with \`["verify"]\``,
    }
  return { ok: true, key: { kid, type, jwk } }
}

/** Only what verification needs: a private half that somebody published is not taken in. */
const publicPart = (key: Members, needed: readonly string[], type: KeyType): JWK => ({
  kty: type,
  ...Object.fromEntries(needed.map((name) => [name, String(key[name])])),
})

function agrees(chain: unknown, jwk: JWK): boolean {
  const [first] = Array.isArray(chain) ? (chain as readonly unknown[]) : []
  if (typeof first !== 'string') return false
  try {
    const certified = new X509Certificate(Buffer.from(first, 'base64')).publicKey.export({ format: 'jwk' })
    return (['kty', 'n', 'e', 'crv', 'x', 'y'] as const).every((name) => certified[name] === jwk[name])
  } catch {
    // What is no certificate certifies nothing.
    return false
  }
}
