/**
 * The session token: the session itself, sealed. Version, id of the sealing key and salt stand in clear; everything else is
 * encrypted and authenticated (AES-256-GCM). HKDF over sealing key and salt yields the token's key and the secret access
 * key as separate parts of its output, so nothing depends on the access key id, which holds only 39 random bits. RFC 5869.
 */
import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import type { AccountId } from '../domain/brands.ts'
import type { SessionFacts } from './caller.ts'
import type { SealingKey, SealingKeys } from './sealing-keys.ts'
import { factsFrom, factsToBytes } from './session-facts.ts'

const VERSION = 1
const SALT_AT = 5
const BODY_AT = 21
const TAG_BYTES = 16
/** Characters. AWS states no maximum but keeps below 4,096. */
export const TOKEN_SIZE_MAX = 4096

export interface TokenSecrets {
  readonly cipherKey: Buffer
  readonly secretAccessKey: string
}

export interface SealParts {
  readonly key: SealingKey
  /** 16 bytes. */
  readonly salt: Uint8Array
  readonly secrets: TokenSecrets
  /** Characters; the token is padded to at least that many. */
  readonly minimumSize?: number
}

/** Each salt has a cipher key of its own that seals one plaintext, so the nonce can be the same for all. */
const NONCE = Buffer.alloc(12)

/**
 * Everything that follows from sealing key and salt: HKDF-Expand with SHA-512, one block of output. The sealing key is uniformly
 * random, so the extract step falls away (RFC 5869, section 3.3). Account and session generation take part, so raising the
 * generation ends all sessions of the account.
 */
export function tokenSecrets(key: SealingKey, salt: Uint8Array, account: AccountId, generation: number): TokenSecrets {
  const info = Buffer.from(`understudy session token 1 ${account} ${generation} ${'.'.repeat(SALT_BYTES)}\u0001`)
  info.set(salt, info.length - 1 - SALT_BYTES)
  const okm = hmacSha512(padsOf(key), info)
  return { cipherKey: okm.subarray(0, 32), secretAccessKey: okm.subarray(32, 62).toString('base64') }
}

const SALT_BYTES = 16
const BLOCK_BYTES = 128
const DIGEST_BYTES = 64

interface Pads {
  readonly inner: Buffer
  readonly outer: Buffer
}

const pads = new WeakMap<SealingKey, Pads>()

/** The two pads of a key, made once. RFC 2104. */
function padsOf(key: SealingKey): Pads {
  const known = pads.get(key)
  if (known) return known
  const made = { inner: Buffer.alloc(BLOCK_BYTES, 0x36), outer: Buffer.alloc(BLOCK_BYTES, 0x5c) }
  for (const [index, byte] of key.secret.entries()) {
    made.inner[index] = byte ^ 0x36
    made.outer[index] = byte ^ 0x5c
  }
  pads.set(key, made)
  return made
}

/** HMAC-SHA-512 of two one-shot hashes: half the cost of an Hmac object. */
function hmacSha512({ inner, outer }: Pads, data: Uint8Array): Buffer {
  const first = Buffer.allocUnsafe(BLOCK_BYTES + data.length)
  first.set(inner)
  first.set(data, BLOCK_BYTES)
  const second = Buffer.allocUnsafe(BLOCK_BYTES + DIGEST_BYTES)
  second.set(outer)
  second.write(hash('sha512', first, 'latin1'), BLOCK_BYTES, 'latin1')
  return hash('sha512', second, 'buffer')
}

/** Base64 of the sealed session. */
export function sealToken(facts: SessionFacts, parts: SealParts): string {
  const plain = factsToBytes(facts)
  const wanted = Math.ceil(((parts.minimumSize ?? 0) * 3) / 4) - BODY_AT - TAG_BYTES
  const body = wanted > plain.length ? Buffer.concat([plain], wanted) : plain
  const token = Buffer.allocUnsafe(BODY_AT + body.length + TAG_BYTES)
  token[0] = VERSION
  token.write(parts.key.id, 1, 'hex')
  token.set(parts.salt, SALT_AT)
  const cipher = createCipheriv('aes-256-gcm', parts.secrets.cipherKey, NONCE).setAAD(token.subarray(0, BODY_AT))
  token.set(cipher.update(body), BODY_AT)
  // GCM is a stream: all of it came from update, and final, which has to be called for the tag, gives nothing.
  cipher.final()
  token.set(cipher.getAuthTag(), BODY_AT + body.length)
  return token.toString('base64')
}

export type OpenedToken =
  | { readonly ok: true; readonly facts: SessionFacts; readonly secretAccessKey: string }
  | { readonly ok: false; readonly why: 'malformed' | 'unknown-key' | 'tampered' }

/** Opens a token. Pure but for the keys: expiry and whether the role still stands are not looked at here. */
export function openToken(
  token: string,
  parts: { readonly keys: SealingKeys; readonly account: AccountId; readonly generation: number },
): OpenedToken {
  const bytes = Buffer.from(token, 'base64')
  const canonical = bytes.length > BODY_AT + TAG_BYTES && bytes[0] === VERSION && bytes.toString('base64') === token
  if (!canonical) return { ok: false, why: 'malformed' }
  const key = parts.keys.byId(bytes.subarray(1, SALT_AT).toString('hex'))
  if (key === undefined) return { ok: false, why: 'unknown-key' }
  const secrets = tokenSecrets(key, bytes.subarray(SALT_AT, BODY_AT), parts.account, parts.generation)
  const plain = decrypt(bytes, secrets)
  if (plain === undefined) return { ok: false, why: 'tampered' }
  return { ok: true, facts: factsFrom(plain), secretAccessKey: secrets.secretAccessKey }
}

function decrypt(bytes: Buffer, secrets: TokenSecrets): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', secrets.cipherKey, NONCE)
  decipher.setAAD(bytes.subarray(0, BODY_AT)).setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  const first = decipher.update(bytes.subarray(BODY_AT, bytes.length - TAG_BYTES))
  try {
    return Buffer.concat([first, decipher.final()])
  } catch {
    // The only failure that final() has is a tag that does not fit: any bit of the token was changed.
    return undefined
  }
}
