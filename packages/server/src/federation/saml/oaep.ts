/**
 * RSA-OAEP with a hash and a mask function of their own (RFC 8017, section 7.1.2), which identity providers mix and Node's
 * interface does not know. Whatever is wrong, the answer is the same.
 */
import { constants, createHash, privateDecrypt, timingSafeEqual } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface OaepHashes {
  readonly hash: 'sha1' | 'sha256'
  /** Hash of MGF1. */
  readonly mask: 'sha1' | 'sha256'
}

/** @returns `undefined` when the key does not open it */
export function openOaep(bytes: Uint8Array, key: KeyObject, { hash, mask }: OaepHashes): Buffer | undefined {
  if (key.asymmetricKeyType !== 'rsa') return undefined
  if (hash === mask)
    return quietly(() => privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, bytes))
  const encoded = quietly(() => privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, bytes))
  return encoded && unpadded(encoded, hash, mask)
}

function quietly(decrypt: () => Buffer): Buffer | undefined {
  try {
    return decrypt()
  } catch {
    return undefined
  }
}

/** All checks are made before any of them is answered, so that none can be told from another. */
function unpadded(encoded: Buffer, hash: OaepHashes['hash'], mask: OaepHashes['mask']): Buffer | undefined {
  const label = createHash(hash).digest()
  const size = label.length
  if (encoded.length < 2 * size + 2) return undefined
  const maskedSeed = encoded.subarray(1, 1 + size)
  const maskedBlock = encoded.subarray(1 + size)
  const seed = xor(maskedSeed, mgf1(maskedBlock, size, mask))
  const block = xor(maskedBlock, mgf1(seed, maskedBlock.length, mask))
  let bad = encoded.readUInt8(0) | (timingSafeEqual(block.subarray(0, size), label) ? 0 : 1)
  let start = 0
  for (let at = size; at < block.length; at++) {
    const byte = block.readUInt8(at)
    if (start === 0 && byte === 1) start = at + 1
    else if (start === 0 && byte !== 0) bad |= 1
  }
  return bad === 0 && start > 0 ? block.subarray(start) : undefined
}

const xor = (left: Uint8Array, right: Uint8Array): Buffer =>
  Buffer.from(left.map((byte, at) => byte ^ (right[at] ?? 0)))

function mgf1(seed: Uint8Array, length: number, hash: OaepHashes['mask']): Buffer {
  const parts: Buffer[] = []
  for (let counter = 0, made = 0; made < length; counter++) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    const part = createHash(hash).update(seed).update(count).digest()
    parts.push(part)
    made += part.length
  }
  return Buffer.concat(parts).subarray(0, length)
}
