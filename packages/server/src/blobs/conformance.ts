/** The laws that every adapter of blobs keeps: what goes in comes out, what fails leaves nothing, memory stays constant. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Blobs } from './port.ts'

export interface BlobAdapter {
  readonly name: string
  readonly open: () => Promise<Blobs>
  /** Why it cannot be tested here. */
  readonly skip?: string
}

/** A stream of these pieces; an error among them breaks it. */
export async function* stream(...chunks: readonly (string | Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield Buffer.from(chunk)
  }
}

export const text = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => (await whole(bytes)).toString()

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return Buffer.concat(parts)
}

const MIB = 1024 * 1024
type Law = readonly [name: string, check: (blobs: Blobs) => Promise<void>]

const LAWS: readonly Law[] = [
  [
    'what goes in comes out',
    async (blobs) => {
      const put = await blobs.put(stream('hello ', 'world'))
      assert.equal(put.size, 11)
      assert.equal(put.md5Hex, createHash('md5').update('hello world').digest('hex'))
      assert.match(put.id, /^[0-9a-f]{32}$/)
      assert.equal(await text(blobs.read(put.id)), 'hello world')
      const again = await blobs.put(stream('hello world'))
      assert.notEqual(again.id, put.id)
    },
  ],
  [
    'ranges hold their first and last byte',
    async (blobs) => {
      const { id } = await blobs.put(stream('hello world'))
      for (const [start, end, want] of RANGES) assert.equal(await text(blobs.read(id, { start, end })), want)
    },
  ],
  [
    // Every byte value, so that nothing on the way takes the bytes for text.
    'large blobs, and ranges anywhere in them',
    async (blobs) => {
      const bytes = Buffer.from(Array.from({ length: 3 * MIB + 5 }, (_, index) => (index * 31 + (index >> 9)) & 255))
      // Pieces of odd lengths: their borders meet no others.
      const pieces = Array.from({ length: 40 }, (_, index) => bytes.subarray(index * 99_991, (index + 1) * 99_991))
      const { id, size, md5Hex } = await blobs.put(stream(...pieces))
      assert.deepEqual([size, md5Hex], [bytes.length, createHash('md5').update(bytes).digest('hex')])
      assert.ok((await whole(blobs.read(id))).equals(bytes))
      for (const [start, end] of LARGE_RANGES)
        assert.ok((await whole(blobs.read(id, { start, end }))).equals(bytes.subarray(start, end + 1)), `${start}`)
    },
  ],
  [
    'an empty blob is one, too',
    async (blobs) => {
      const { id, size, md5Hex } = await blobs.put(stream())
      assert.deepEqual([size, md5Hex], [0, 'd41d8cd98f00b204e9800998ecf8427e'])
      assert.equal(await text(blobs.read(id)), '')
    },
  ],
  [
    'what is removed is missing, and can be removed again',
    async (blobs) => {
      const { id } = await blobs.put(stream('x'))
      await blobs.remove(id)
      await blobs.remove(id)
      await assert.rejects(text(blobs.read(id)), { name: 'BlobMissing', id })
    },
  ],
  [
    'who has begun to read reads to the end',
    async (blobs) => {
      const bytes = Buffer.alloc(3 * MIB, 'read me ')
      const { id } = await blobs.put(stream(bytes))
      const parts: Uint8Array[] = []
      for await (const part of blobs.read(id)) {
        if (parts.length === 0) await blobs.remove(id)
        parts.push(part)
      }
      assert.ok(Buffer.concat(parts).equals(bytes))
    },
  ],
  [
    'a stream that breaks passes its error on',
    async (blobs) => {
      const gone = new RangeError('the client went away')
      await assert.rejects(blobs.put(stream('half', Buffer.alloc(MIB), gone)), gone)
    },
  ],
  [
    'a stream of 256 MiB goes through in constant memory',
    async (blobs) => {
      const chunk = Buffer.alloc(256 * 1024, 7)
      let peak = 0
      const before = process.memoryUsage().arrayBuffers
      const look = (): void => void (peak = Math.max(peak, process.memoryUsage().arrayBuffers - before))
      async function* long(): AsyncGenerator<Uint8Array> {
        for (let turn = 0; turn < 1024; turn++) {
          look()
          yield Buffer.from(chunk)
        }
      }
      const { id, size } = await blobs.put(long())
      assert.equal(size, 256 * MIB)
      let read = 0
      for await (const part of blobs.read(id)) {
        read += part.byteLength
        look()
      }
      assert.equal(read, size)
      // The collector lets some tens of MiB of dead buffers stand.
      assert.ok(peak < 128 * MIB, `${peak / MIB} MiB`)
    },
  ],
]

const RANGES: readonly (readonly [start: number, end: number, want: string])[] = [
  [0, 0, 'h'],
  [6, 10, 'world'],
  [10, 10, 'd'],
  [0, 99, 'hello world'],
  [4, 6, 'o w'],
]
/** Around the borders of chunks and of the blob. */
const LARGE_RANGES: readonly (readonly [start: number, end: number])[] = [
  [0, 0],
  [MIB / 2 - 1, MIB / 2],
  [MIB / 2, MIB - 1],
  [MIB - 1, 2 * MIB],
  [3 * MIB, 3 * MIB + 4],
  [3 * MIB + 4, 9 * MIB],
]

/** Makes a test of each law. */
export function runBlobLaws({ name, open, skip }: BlobAdapter): void {
  for (const [law, check] of LAWS)
    test(`${name}: ${law}`, { skip: skip ?? false }, async () => {
      const blobs = await open()
      try {
        await check(blobs)
      } finally {
        await blobs.close()
      }
    })
}
