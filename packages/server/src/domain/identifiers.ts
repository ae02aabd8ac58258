/**
 * Access key ids and unique ids, which carry their account as AWS's do.
 * Drop the four-letter prefix, base32-decode 16 characters, take the first six bytes big-endian, mask, shift right by 7.
 * The decoded account is information, never proof.
 */
import type { AccountId } from './brands.ts'
import type { Chance } from './chance.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ACCOUNT_MASK = 0x7fffffffff80n

/** Prefix → what the id names. IAM User Guide, "IAM identifiers: Understanding unique ID prefixes". */
export type UniqueIdPrefix = 'AKIA' | 'ASIA' | 'AROA' | 'AIDA' | 'AGPA' | 'AIPA' | 'ANPA' | 'ANVA'

/** A new-style id: the top bit set, 40 bits of account, 39 random bits in 20 characters (44 in 21). */
export function newUniqueId(prefix: UniqueIdPrefix, account: AccountId, chance: Chance): string {
  const length = prefix === 'AKIA' || prefix === 'ASIA' ? 16 : 17
  return prefix + encodeAccount(account, chance.bytes(8), length)
}

/** The id that these random bytes give: published instance credentials compute theirs. @param random at least 8 bytes */
export function uniqueIdFrom(prefix: UniqueIdPrefix, account: AccountId, random: Uint8Array): string {
  return prefix + encodeAccount(account, random, prefix === 'AKIA' || prefix === 'ASIA' ? 16 : 17)
}

function encodeAccount(account: AccountId, random: Uint8Array, length: number): string {
  const entropy = random.subarray(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const head = (1n << 47n) | ((BigInt(account) << 7n) & ACCOUNT_MASK) | (entropy & 0x7fn)
  const bits = BigInt(length * 5)
  const tail = bits - 48n
  let value = (head << tail) | ((entropy >> 7n) & ((1n << tail) - 1n))
  let text = ''
  for (let index = 0; index < length; index++) {
    text = ALPHABET[Number(value & 31n)] + text
    value >>= 5n
  }
  return text
}

/** The account inside an id, or `undefined` for an id that carries none (old style, or not base32). */
export function accountInside(id: string): AccountId | undefined {
  if (!/^[A-Z]{4}[A-Z2-7]{16}/.test(id) || !/[Q-Z2-7]/.test(id.charAt(4))) return undefined
  let value = 0n
  for (const letter of id.slice(4, 20)) value = (value << 5n) | BigInt(ALPHABET.indexOf(letter))
  const account = ((value >> 32n) & ACCOUNT_MASK) >> 7n
  const text = account.toString().padStart(12, '0')
  return text.length === 12 ? (text as AccountId) : undefined
}

/** 40 characters of base64, as AWS's secret access keys. */
export const newSecretAccessKey = (chance: Chance): string => chance.bytes(30).toString('base64')
