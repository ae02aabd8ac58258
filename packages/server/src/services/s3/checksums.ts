/**
 * Checksums of uploads, as a table. S3 User Guide, "Checking object integrity in Amazon S3". Node knows most of them; the
 * others come from hash-wasm, which works on a stream too.
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type * as HashWasm from 'hash-wasm'
import type { IHasher } from 'hash-wasm'
import { invalidRequest } from './errors.ts'

/** A checksum in the making. */
interface Digester {
  readonly update: (bytes: Uint8Array) => void
  /** Base64, as headers hold it. Ends the digester. */
  readonly digest: () => string
}

/** One algorithm of `x-amz-checksum-<header>`. */
export interface ChecksumAlgorithm {
  readonly name: string
  /** Member of inputs and outputs. */
  readonly member: ChecksumMember
  readonly header: string
  /** Length of the value. */
  readonly bytes: number
  /** Whether the checksum of a multipart upload may cover the whole object (the others are made of the parts' only). */
  readonly start: () => Digester | Promise<Digester>
}

type ChecksumMember =
  | 'ChecksumCRC32'
  | 'ChecksumCRC32C'
  | 'ChecksumCRC64NVME'
  | 'ChecksumSHA1'
  | 'ChecksumSHA256'
  | 'ChecksumSHA512'
  | 'ChecksumMD5'
  | 'ChecksumXXHASH64'
  | 'ChecksumXXHASH3'
  | 'ChecksumXXHASH128'

/** Values by algorithm, one or none of them in a request. */
export type ChecksumValues = { readonly [Member in ChecksumMember]?: string | undefined }

const CASTAGNOLI = 0x82f63b78
const NVME = '9a6c9329ac4bc9b5'

function nodeDigester(algorithm: string): Digester {
  const hash = createHash(algorithm)
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('base64') }
}

function zlibCrc32(): Digester {
  let value = 0
  return {
    update: (bytes) => {
      value = crc32(bytes, value)
    },
    digest: () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString('base64')
    },
  }
}

/** Loaded at its first use: most uploads name a checksum that Node knows. */
async function wasmDigester(make: (wasm: typeof HashWasm) => Promise<IHasher>): Promise<Digester> {
  const hasher = await make(await import('hash-wasm'))
  hasher.init()
  return {
    update: (bytes) => void hasher.update(bytes),
    digest: () => Buffer.from(hasher.digest('binary')).toString('base64'),
  }
}

const rows: readonly (readonly [name: string, bytes: number, start: ChecksumAlgorithm['start']])[] = [
  ['CRC32', 4, zlibCrc32],
  ['CRC32C', 4, () => wasmDigester((wasm) => wasm.createCRC32(CASTAGNOLI))],
  ['CRC64NVME', 8, () => wasmDigester((wasm) => wasm.createCRC64(NVME))],
  ['SHA1', 20, () => nodeDigester('sha1')],
  ['SHA256', 32, () => nodeDigester('sha256')],
  ['SHA512', 64, () => nodeDigester('sha512')],
  ['MD5', 16, () => nodeDigester('md5')],
  ['XXHASH64', 8, () => wasmDigester((wasm) => wasm.createXXHash64())],
  ['XXHASH3', 8, () => wasmDigester((wasm) => wasm.createXXHash3())],
  ['XXHASH128', 16, () => wasmDigester((wasm) => wasm.createXXHash128())],
]

export const CHECKSUMS: ReadonlyMap<string, ChecksumAlgorithm> = new Map(
  rows.map(([name, bytes, start]) => {
    const member = `Checksum${name}` as ChecksumMember
    return [name, { name, member, header: `x-amz-checksum-${name.toLowerCase()}`, bytes, start }]
  }),
)

/** What S3 computes when the client names no algorithm. */
export const DEFAULT_CHECKSUM = 'CRC64NVME'

/** @throws `InvalidRequest` for a name that S3 does not know */
export function checksumAlgorithm(name: string): ChecksumAlgorithm {
  const found = CHECKSUMS.get(name.toUpperCase())
  if (found) return found
  throw invalidRequest(
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3, XXHASH128]',
  )
}

/** Whether a value has the length and the letters of the algorithm. */
export function isChecksum(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64')
  return bytes.length === algorithm.bytes && bytes.toString('base64') === value
}

/** Stored checksums in the form of answers. */
export function checksumMembers(stored: Readonly<Record<string, string>> | undefined): ChecksumValues {
  const members = Object.entries(stored ?? {}).flatMap(([name, value]) => {
    const algorithm = CHECKSUMS.get(name)
    return algorithm ? [[algorithm.member, value] as const] : []
  })
  return Object.fromEntries(members)
}
