/**
 * The trade-in token of IAM temporary delegation: what a requestor exchanges for the approver's credentials. It names the
 * request and the requestor, sealed (AES-256-GCM), and grants nothing by itself. STS API Reference, GetDelegatedAccessToken.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { Instant } from '../domain/brands.ts'
import { instant } from '../domain/brands.ts'
import type { Chance } from '../domain/chance.ts'
import type { SealingKeys } from './sealing-keys.ts'

export interface TradeInFacts {
  readonly requestId: string
  /** The only account that may exchange the token. */
  readonly requestor: string
  readonly expiresAt: Instant
}

export interface TradeInTokens {
  /** @returns base64url text */
  readonly seal: (facts: TradeInFacts) => string
  /** `undefined` for what this server did not seal, or somebody changed. Whose it is, and its end, are the caller's to check. */
  readonly open: (token: string) => Promise<TradeInFacts | undefined>
}

const VERSION = 1
const NONCE_AT = 5
const BODY_AT = 17
const TAG_BYTES = 16
/** Characters; a token has some 200. */
const SIZE_MAX = 4096

export function tradeInTokens(keys: SealingKeys, chance: Chance): TradeInTokens {
  return {
    seal: ({ requestId, requestor, expiresAt }) => {
      const key = keys.current()
      const head = Buffer.concat([Buffer.of(VERSION), Buffer.from(key.id, 'hex'), chance.bytes(BODY_AT - NONCE_AT)])
      const cipher = createCipheriv('aes-256-gcm', cipherKey(key.secret), head.subarray(NONCE_AT)).setAAD(head)
      const body = cipher.update(JSON.stringify([requestId, requestor, expiresAt]), 'utf8')
      return Buffer.concat([head, body, cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open: async (token) => {
      if (token.length > SIZE_MAX) return undefined
      const bytes = Buffer.from(token, 'base64url')
      const canonical = bytes.length > BODY_AT + TAG_BYTES && bytes[0] === VERSION
      if (!canonical || bytes.toString('base64url') !== token) return undefined
      const id = bytes.subarray(1, NONCE_AT).toString('hex')
      // A key that is not known here may have been made by another node since.
      if (keys.byId(id) === undefined) await keys.reload()
      const key = keys.byId(id)
      const text = key && decrypted(bytes, cipherKey(key.secret))
      if (text === undefined) return undefined
      const [requestId, requestor, expiresAt] = JSON.parse(text) as [string, string, number]
      return { requestId, requestor, expiresAt: instant(expiresAt) }
    },
  }
}

const cipherKey = (secret: Uint8Array): Buffer =>
  createHmac('sha256', secret).update('understudy trade-in token 1').digest()

function decrypted(bytes: Buffer, key: Buffer): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(NONCE_AT, BODY_AT))
  decipher.setAAD(bytes.subarray(0, BODY_AT)).setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  const first = decipher.update(bytes.subarray(BODY_AT, bytes.length - TAG_BYTES))
  try {
    return Buffer.concat([first, decipher.final()]).toString('utf8')
  } catch {
    // final() fails for one reason only: the tag does not fit.
    return undefined
  }
}
