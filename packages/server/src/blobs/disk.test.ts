/** Blobs on disk: the laws, and what only files have. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runBlobLaws, stream, text } from './conformance.ts'
import { openDiskBlobs, openTemporaryBlobs } from './disk.ts'
import type { Blobs } from './port.ts'

const root = mkdtempSync(join(tmpdir(), 'blobs-test-'))
after(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const newFolder = (): string => join(root, String(++count))
const open = (folder = newFolder()): Promise<Blobs> => openDiskBlobs({ folder, durable: true, chance: randomBytes })

runBlobLaws({ name: 'disk', open })
runBlobLaws({ name: 'temporary', open: () => openTemporaryBlobs(randomBytes) })

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
