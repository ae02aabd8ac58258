/** Blobs: what goes in comes out, what fails leaves nothing, memory stays constant. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDiskBlobs, openTemporaryBlobs } from './disk.ts'
import type { Blobs } from './port.ts'

const root = mkdtempSync(join(tmpdir(), 'blobs-test-'))
after(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const newFolder = (): string => join(root, String(++count))
const open = (folder = newFolder()): Promise<Blobs> => openDiskBlobs({ folder, durable: true, chance: randomBytes })

async function* stream(...chunks: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield Buffer.from(chunk)
  }
}
async function text(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let all = ''
  for await (const chunk of bytes) all += Buffer.from(chunk).toString()
  return all
}

const adapters: readonly (readonly [string, () => Promise<Blobs>])[] = [
  ['disk', open],
  ['temporary', () => openTemporaryBlobs(randomBytes)],
]
for (const [name, make] of adapters) {
  test(`${name}: what goes in comes out`, async () => {
    const blobs = await make()
    const put = await blobs.put(stream('hello ', 'world'))
    assert.equal(put.size, 11)
    assert.equal(put.md5Hex, createHash('md5').update('hello world').digest('hex'))
    assert.match(put.id, /^[0-9a-f]{32}$/)
    assert.equal(await text(blobs.read(put.id)), 'hello world')
    const again = await blobs.put(stream('hello world'))
    assert.notEqual(again.id, put.id)
    await blobs.close()
  })

  const ranges: readonly (readonly [start: number, end: number, want: string])[] = [
    [0, 0, 'h'],
    [6, 10, 'world'],
    [10, 10, 'd'],
    [0, 99, 'hello world'],
    [4, 6, 'o w'],
  ]
  test(`${name}: ranges hold their first and last byte`, async () => {
    const blobs = await make()
    const { id } = await blobs.put(stream('hello world'))
    for (const [start, end, want] of ranges) assert.equal(await text(blobs.read(id, { start, end })), want)
    await blobs.close()
  })

  test(`${name}: an empty blob is one, too`, async () => {
    const blobs = await make()
    const { id, size, md5Hex } = await blobs.put(stream())
    assert.deepEqual([size, md5Hex], [0, 'd41d8cd98f00b204e9800998ecf8427e'])
    assert.equal(await text(blobs.read(id)), '')
    await blobs.close()
  })

  test(`${name}: what is removed is missing, and can be removed again`, async () => {
    const blobs = await make()
    const { id } = await blobs.put(stream('x'))
    await blobs.remove(id)
    await blobs.remove(id)
    await assert.rejects(text(blobs.read(id)), { name: 'BlobMissing', id })
    await blobs.close()
  })
}

test('an id from outside names no file', async () => {
  const blobs = await open()
  for (const id of ['../secret', '', 'a/b', '0'.repeat(31), `${'0'.repeat(31)}/`]) {
    await assert.rejects(text(blobs.read(id)), { name: 'BlobMissing' })
    await assert.rejects(blobs.remove(id), { name: 'BlobMissing' })
  }
})

test('a stream that breaks leaves no file and passes its error on', async () => {
  const folder = newFolder()
  const blobs = await open(folder)
  const gone = new RangeError('the client went away')
  await assert.rejects(blobs.put(stream('half', gone)), gone)
  assert.deepEqual(readdirSync(join(folder, 'incoming')), [])
  assert.deepEqual(readdirSync(folder), ['incoming'])
})

test(
  'a disk that cannot be written says BlobsUnavailable',
  { skip: !existsSync('/dev/full') && 'no /dev/full' },
  async () => {
    const folder = newFolder()
    const blobs = await open(folder)
    rmSync(join(folder, 'incoming'), { recursive: true })
    await assert.rejects(blobs.put(stream('x')), { name: 'BlobsUnavailable' })
  },
)

test('blobs stay over a restart; half-written ones and orphans go', async () => {
  const folder = newFolder()
  const first = await open(folder)
  const kept = await first.put(stream('kept'))
  const orphans = await Promise.all(['a', 'b', 'c'].map((body) => first.put(stream(body))))
  writeFileSync(join(folder, 'incoming', 'half'), 'ha')
  const second = await open(folder)
  assert.deepEqual(readdirSync(join(folder, 'incoming')), [])
  assert.equal(await second.sweep(async (ids) => new Set(ids.filter((id) => id === kept.id))), orphans.length)
  assert.equal(await text(second.read(kept.id)), 'kept')
  for (const { id } of orphans) await assert.rejects(text(second.read(id)), { name: 'BlobMissing' })
  assert.equal(await second.sweep(async (ids) => new Set(ids)), 0)
})

test(
  'a temporary folder goes with its blobs',
  { skip: process.platform === 'win32' && 'TMPDIR is not used' },
  async () => {
    const folder = newFolder()
    mkdirSync(folder)
    const before = process.env.TMPDIR
    process.env.TMPDIR = folder
    try {
      const blobs = await openTemporaryBlobs(randomBytes)
      await blobs.put(stream('x'))
      assert.equal(readdirSync(folder).length, 1)
      await blobs.close()
      assert.deepEqual(readdirSync(folder), [])
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  },
)

test('a stream of 256 MiB goes through in constant memory', async () => {
  const blobs = await openTemporaryBlobs(randomBytes)
  const chunk = Buffer.alloc(256 * 1024, 7)
  let peak = 0
  const start = process.memoryUsage().arrayBuffers
  async function* long(): AsyncGenerator<Uint8Array> {
    for (let turn = 0; turn < 1024; turn++) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers)
      yield Buffer.from(chunk)
    }
  }
  const { id, size } = await blobs.put(long())
  assert.equal(size, 256 * 1024 * 1024)
  let read = 0
  for await (const part of blobs.read(id)) {
    read += part.byteLength
    peak = Math.max(peak, process.memoryUsage().arrayBuffers)
  }
  assert.equal(read, size)
  // The collector lets some tens of MiB of dead buffers stand.
  assert.ok(peak - start < 128 * 1024 * 1024, `${(peak - start) / 1024 / 1024} MiB`)
  await blobs.close()
})
