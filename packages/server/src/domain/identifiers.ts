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

/**
 * 48 bits of head (1, the account, the lowest seven random bits), and below them the next random bits, as many as the length
 * leaves. In two numbers, since one of 80 bits would cost twenty times as much.
 */
function encodeAccount(account: AccountId, random: Uint8Array, length: number): string {
  let low = 0
  for (let index = 2; index < 8; index++) low = low * 256 + (random[index] ?? 0)
  const tailBits = length * 5 - HEAD_BITS
  let head = 2 ** (HEAD_BITS - 1) + Number(account) * 128 + (low % 128)
  let tail = Math.floor(low / 128) % 2 ** tailBits
  let text = ''
  for (let bits = tailBits; bits >= 5; bits -= 5) {
    text = ALPHABET.charAt(tail % 32) + text
    tail = Math.floor(tail / 32)
  }
  // The letter on the border: what is left of the tail, and as many bits of the head as it lacks.
  const left = 2 ** (tailBits % 5)
  text = ALPHABET.charAt((head % (32 / left)) * left + tail) + text
  head = Math.floor(head / (32 / left))
  for (; text.length < length; head = Math.floor(head / 32)) text = ALPHABET.charAt(head % 32) + text
  return text
}

const HEAD_BITS = 48

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
