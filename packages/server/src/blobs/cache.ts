/** Small blobs in memory: a blob never changes under its id, so what was read once needs no file the next time. */
import type { Blobs } from './port.ts'

export interface BlobCacheOptions {
  /** Bytes of all blobs that are kept. */
  readonly bytesMax: number
  /** Bytes of one blob that is kept. */
  readonly blobBytesMax: number
}

const DEFAULTS: BlobCacheOptions = { bytesMax: 16 * 1024 * 1024, blobBytesMax: 64 * 1024 }

/** The same blobs, with the most recently read small ones in memory. */
export function cachedBlobs(blobs: Blobs, options: BlobCacheOptions = DEFAULTS): Blobs {
  const kept = new Map<string, Uint8Array>()
  let size = 0
  const forget = (id: string): void => {
    size -= kept.get(id)?.length ?? 0
    kept.delete(id)
  }
  const keep = (id: string, bytes: Uint8Array): void => {
    forget(id)
    kept.set(id, bytes)
    size += bytes.length
    for (const oldest of kept.keys()) {
      if (size <= options.bytesMax) return
      forget(oldest)
    }
  }
  return {
    ...blobs,
    read: (id, range) => {
      const bytes = kept.get(id)
      if (bytes === undefined)
        return range === undefined
          ? remembering(blobs.read(id), (whole) => keep(id, whole), options.blobBytesMax)
          : blobs.read(id, range)
      keep(id, bytes)
      return once(range === undefined ? bytes : bytes.subarray(range.start, range.end + 1))
    },
    remove: async (id) => {
      forget(id)
      await blobs.remove(id)
    },
    close: async () => {
      kept.clear()
      await blobs.close()
    },
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

async function* remembering(
  stream: AsyncIterable<Uint8Array>,
  keep: (whole: Uint8Array) => void,
  bytesMax: number,
): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size <= bytesMax) chunks.push(Uint8Array.from(chunk))
    yield chunk
  }
  if (size <= bytesMax) keep(Buffer.concat(chunks))
}
