/** Time-based one-time passwords, RFC 6238 over RFC 4226: HMAC-SHA-1, six digits, steps of 30 seconds. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Instant } from '../domain/brands.ts'

const STEP_MILLISECONDS = 30_000
const DIGITS = 6

/** Number of the step that a moment lies in, counted from 1970. */
export const totpStep = (time: Instant): number => Math.floor(time / STEP_MILLISECONDS)

/** When the step after this one begins. */
export const nextStepAt = (time: Instant): Instant => ((totpStep(time) + 1) * STEP_MILLISECONDS) as Instant

/** The code of one step. @param seed the shared secret, as bytes */
export function totpCode(seed: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', seed).update(counter).digest()
  // RFC 4226, section 5.3: the last four bits say where to cut.
  const cut = mac.readUInt32BE(mac.readUInt8(mac.length - 1) & 0x0f) & 0x7fffffff
  return String(cut % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** Whether a text is the code of a step; takes the same time whatever matches. */
export function isCode(text: string, seed: Uint8Array, step: number): boolean {
  const wanted = Buffer.from(totpCode(seed, step))
  const given = Buffer.from(text)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Steps in a range that the code fits, in ascending order: six digits repeat now and then. */
export function stepsOfCode(text: string, seed: Uint8Array, from: number, to: number): readonly number[] {
  const found: number[] = []
  for (let step = Math.max(0, from); step <= to; step++) if (isCode(text, seed, step)) found.push(step)
  return found
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648, section 6, without padding: how authenticator programs take a seed. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31]
}

/** Reads base32, with or without padding and in any case; `undefined` for another letter. */
export function fromBase32(text: string): Buffer | undefined {
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of text.toUpperCase().replace(/=+$/, '')) {
    const digit = ALPHABET.indexOf(letter)
    if (digit === -1) return undefined
    value = (value << 5) | digit
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((value >> bits) & 0xff)
    value &= (1 << bits) - 1
  }
  return Buffer.from(bytes)
}
