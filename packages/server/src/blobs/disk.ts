/** The blobs on disk, one file each. The order that makes them durable: write beside, fsync, rename, fsync the folder. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobMissing, BlobsUnavailable } from './errors.ts'
import type { Blobs, ByteRange, PutBlob } from './port.ts'

export interface BlobsOptions {
  readonly folder: string
  /** False: no fsync, for stores that end with the process. */
  readonly durable: boolean
  /** So many unpredictable bytes, for ids. */
  readonly chance: (count: number) => Uint8Array
}

/** Blobs whose ids are looked up at a time by the sweep. */
const SWEEP_PAGE = 500
/** `7f/7f0c…`: 256 folders keep each one small. */
const ID = /^[0-9a-f]{32}$/

/** Opens the blobs of a folder of their own. Files that a crash left half written go at once. */
export async function openDiskBlobs(options: BlobsOptions): Promise<Blobs> {
  const { folder, durable, chance } = options
  const beside = join(folder, 'incoming')
  await rm(beside, { recursive: true, force: true })
  await mkdir(beside, { recursive: true, mode: 0o700 })
  const shelves = createShelves(folder, durable)
  const place = (id: string): string => {
    if (!ID.test(id)) throw new BlobMissing(id)
    return join(folder, id.slice(0, 2), id)
  }
  return {
    put: async (bytes) => {
      const id = Buffer.from(chance(16)).toString('hex')
      const draft = join(beside, id)
      const facts = await writeDraft(draft, bytes, durable)
      await atDisk(async () => {
        const shelf = await shelves(id.slice(0, 2))
        await rename(draft, join(shelf, id))
        if (durable) await syncFolder(shelf)
      })
      return { id, ...facts }
    },
    read: (id, range) => readFile(id, () => place(id), range),
    remove: async (id) => rm(place(id), { force: true }),
    sweep: (inUse) => sweepOrphans(folder, inUse),
    close: async () => undefined,
  }
}

/** Blobs in a private temporary folder that goes with their closing. */
export async function openTemporaryBlobs(chance: BlobsOptions['chance']): Promise<Blobs> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-blobs-'))
  const blobs = await openDiskBlobs({ folder, durable: false, chance })
  return { ...blobs, close: () => rm(folder, { recursive: true, force: true }) }
}

/** Writes a stream beside the blobs; what fails leaves no file. Errors of the stream itself pass as they are. */
async function writeDraft(
  draft: string,
  bytes: AsyncIterable<Uint8Array>,
  durable: boolean,
): Promise<Omit<PutBlob, 'id'>> {
  const file = await atDisk(() => open(draft, 'wx', 0o600))
  const md5 = createHash('md5')
  let size = 0
  try {
    for await (const chunk of bytes) {
      md5.update(chunk)
      size += chunk.byteLength
      await atDisk(() => writeWhole(file, chunk))
    }
    if (durable) await atDisk(() => file.sync())
    await file.close()
    return { size, md5Hex: md5.digest('hex') }
  } catch (error) {
    await file.close()
    await rm(draft, { force: true })
    throw error
  }
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength;) {
    const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done)
    done += bytesWritten
  }
}

/** Makes the folders of blobs; nobody uses one before its own name is durable. */
function createShelves(folder: string, durable: boolean): (name: string) => Promise<string> {
  const made = new Map<string, Promise<string>>()
  const make = async (name: string): Promise<string> => {
    const shelf = join(folder, name)
    await mkdir(shelf, { recursive: true, mode: 0o700 })
    if (durable) await syncFolder(folder)
    return shelf
  }
  return async (name) => {
    const shelf = made.get(name) ?? make(name)
    made.set(name, shelf)
    try {
      return await shelf
    } catch (error) {
      made.delete(name)
      throw error
    }
  }
}

/** Makes the names in a folder durable. Windows cannot open folders and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function atDisk<R>(use: () => Promise<R>): Promise<R> {
  try {
    return await use()
  } catch (error) {
    throw new BlobsUnavailable(error)
  }
}

async function* readFile(id: string, place: () => string, range: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(place(), { highWaterMark: 256 * 1024, ...range }) as AsyncIterable<Uint8Array>
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new BlobMissing(id, error)
    throw error
  }
}

async function sweepOrphans(
  folder: string,
  inUse: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  let removed = 0
  for (const shelf of await readdir(folder)) {
    if (shelf.length !== 2 || !(await stat(join(folder, shelf))).isDirectory()) continue
    const ids = (await readdir(join(folder, shelf))).filter((name) => ID.test(name))
    for (let start = 0; start < ids.length; start += SWEEP_PAGE) {
      const page = ids.slice(start, start + SWEEP_PAGE)
      const used = await inUse(page)
      const orphans = page.filter((id) => !used.has(id))
      for (const id of orphans) await rm(join(folder, shelf, id), { force: true })
      removed += orphans.length
    }
  }
  return removed
}
