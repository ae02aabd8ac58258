import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cachedBlobs } from './cache.ts'
import { openTemporaryBlobs } from './disk.ts'
import type { Blobs } from './port.ts'
import { systemChance } from '../domain/chance.ts'

const text = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
async function* of(value: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(value)
}

/** Counts what reaches the blobs behind the cache. */
async function counted(): Promise<{ readonly blobs: Blobs; readonly reads: () => number }> {
  const disk = await openTemporaryBlobs((count) => systemChance.bytes(count))
  let reads = 0
  return {
    blobs: {
      ...disk,
      read: (id, range) => {
        reads++
        return disk.read(id, range)
      },
    },
    reads: () => reads,
  }
}

test('a small blob is read from disk once, also in parts', async () => {
  const { blobs, reads } = await counted()
  const cache = cachedBlobs(blobs)
  const { id } = await cache.put(of('0123456789'))
  assert.equal(await text(cache.read(id)), '0123456789')
  assert.equal(await text(cache.read(id)), '0123456789')
  assert.equal(await text(cache.read(id, { start: 2, end: 4 })), '234')
  assert.equal(reads(), 1)
  await cache.close()
})

test('a removed blob is gone from memory too', async () => {
  const { blobs } = await counted()
  const cache = cachedBlobs(blobs)
  const { id } = await cache.put(of('x'))
  await text(cache.read(id))
  await cache.remove(id)
  await assert.rejects(text(cache.read(id)), { name: 'BlobMissing' })
  await cache.close()
})

test('large blobs and too many blobs stay outside', async () => {
  const { blobs, reads } = await counted()
  const cache = cachedBlobs(blobs, { bytesMax: 10, blobBytesMax: 8 })
  const [large, first, second] = [
    await cache.put(of('123456789')),
    await cache.put(of('12345678')),
    await cache.put(of('abcdefgh')),
  ]
  for (const { id } of [large, large, first, second, second, first]) await text(cache.read(id))
  assert.equal(reads(), 2 + 1 + 1 + 0 + 1)
  await cache.close()
})
