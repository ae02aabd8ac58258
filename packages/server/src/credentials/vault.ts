/**
 * Long-term secrets at rest: sealed with AES-256-GCM under a key from outside the database. The owner is associated data,
 * so a sealed secret cannot be copied into another row. NIST SP 800-38D.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import type { Chance } from '../domain/chance.ts'

export interface Vault {
  /** Seals a secret for its owner. */
  readonly seal: (secret: string, owner: readonly string[]) => string
  /** Opens it again. @throws Error when the owner is another one, or the text was changed */
  readonly open: (sealed: string, owner: readonly string[]) => string
  /** Tells two outer keys apart without showing either: kept in the store and compared at start. */
  readonly checkValue: string
  /** 32 bytes for another purpose of the whole installation, the same on every node: metadata tokens and documents. */
  readonly derive: (purpose: string) => Buffer
}

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** @param outerKey 32 bytes that live outside the database */
export function openVault(outerKey: Uint8Array, chance: Chance): Vault {
  if (outerKey.length !== 32) throw new Error('the outer key must have 32 bytes')
  const key = Buffer.from(hkdfSync('sha256', outerKey, Buffer.alloc(0), 'understudy long-term secrets 1', 32))
  const associated = (owner: readonly string[]) => Buffer.from(JSON.stringify([VERSION, ...owner]))
  return {
    checkValue: Buffer.from(hkdfSync('sha256', outerKey, Buffer.alloc(0), 'understudy check value 1', 16)).toString(
      'hex',
    ),
    derive: (purpose) => Buffer.from(hkdfSync('sha256', outerKey, Buffer.alloc(0), `understudy ${purpose}`, 32)),
    seal: (secret, owner) => {
      const nonce = chance.bytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated(owner))
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(VERSION), nonce, body, cipher.getAuthTag()]).toString('base64')
    },
    open: (sealed, owner) => {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length < 1 + NONCE_BYTES + TAG_BYTES || bytes[0] !== VERSION)
        throw new Error('a sealed secret has an unknown form')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + NONCE_BYTES))
      decipher.setAAD(associated(owner)).setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
      const body = bytes.subarray(1 + NONCE_BYTES, bytes.length - TAG_BYTES)
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    },
  }
}
