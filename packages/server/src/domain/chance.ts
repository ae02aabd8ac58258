/** Where randomness comes from. The only file that makes random bytes, so that tests can seed it. */
import { createHash, randomBytes, randomFillSync } from 'node:crypto'

export interface Chance {
  /** `count` unpredictable bytes. */
  readonly bytes: (count: number) => Buffer
}

const POOL_BYTES = 16 * 1024
const pool = Buffer.alloc(POOL_BYTES)
let poolAt = POOL_BYTES

/** The system's randomness, fetched in larger pieces: each call of the system costs more than a small piece is worth. */
export const systemChance: Chance = {
  bytes: (count) => {
    if (count > POOL_BYTES / 4) return randomBytes(count)
    if (poolAt + count > POOL_BYTES) {
      randomFillSync(pool)
      poolAt = 0
    }
    const taken = Buffer.allocUnsafe(count)
    for (let index = 0; index < count; index++) {
      taken[index] = pool[poolAt] ?? 0
      // What was given out is forgotten here, so that it is in one place only.
      pool[poolAt++] = 0
    }
    return taken
  },
}

/** Bytes that follow from a seed: for tests only, never for a server that keeps secrets. */
export function seededChance(seed: string): Chance {
  let counter = 0
  const block = () => createHash('sha256').update(`${seed}:${counter++}`).digest()
  return {
    bytes: (count) => {
      const blocks: Buffer[] = []
      for (let size = 0; size < count; size += 32) blocks.push(block())
      return Buffer.concat(blocks).subarray(0, count)
    },
  }
}

/** A random version 4 UUID (RFC 9562, section 5.4). */
export function uuid(chance: Chance): string {
  const bytes = chance.bytes(16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
