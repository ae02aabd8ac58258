/** Laws of object rows. */
import assert from 'node:assert/strict'
import type { ObjectRow } from '../port.ts'
import { home, law, put, rejectsAs, things } from './suite.ts'

const object = (key: string, etag = 'e1', bucket = 'bucket'): ObjectRow => ({
  bucket,
  key,
  blobId: `${bucket}/${key}/${etag}`,
  size: 3,
  etag,
  lastModified: 1_764_000_000_000,
  contentType: 'text/plain',
  userMetadata: { colour: 'grün' },
  tags: [{ key: 'team', value: 'a' }],
  owner: home,
})

law('an object row is put, replaced, read and removed', async ({ objects }) => {
  assert.deepEqual(await objects.put(object('a')), { ok: true, replaced: undefined })
  assert.deepEqual(await objects.get('bucket', 'a'), object('a'))
  assert.equal(await objects.get('other', 'a'), undefined)
  assert.deepEqual(await objects.put(object('a', 'e2')), { ok: true, replaced: object('a') })
  assert.deepEqual(await objects.delete('bucket', 'a', { etag: 'e1' }), undefined)
  assert.deepEqual(await objects.delete('bucket', 'a', { etag: 'e2' }), object('a', 'e2'))
  assert.equal(await objects.delete('bucket', 'a'), undefined)
  assert.equal(await objects.get('bucket', 'a'), undefined)
})

law('conditions hold at the commit', async ({ objects }) => {
  const results = await Promise.all(['e1', 'e2', 'e3'].map((etag) => objects.put(object('a', etag), { absent: true })))
  assert.deepEqual(results.map(({ ok }) => ok).toSorted(), [false, false, true])
  const present = (await objects.get('bucket', 'a')) as ObjectRow
  assert.deepEqual(await objects.put(object('a', 'e4'), { etag: 'wrong' }), { ok: false, why: 'condition', present })
  assert.equal((await objects.put(object('a', 'e4'), { etag: present.etag })).ok, true)
  assert.deepEqual(await objects.put(object('b'), { etag: 'e1' }), { ok: false, why: 'condition', present: undefined })
})

law('objects are listed in bytewise order of keys', async ({ objects }) => {
  const keys = ['!', 'A', 'a', 'a/', 'a/1', 'a/2', 'a0', 'b', 'é', '\uffee', '😀']
  for (const key of [...keys].reverse()) await objects.put(object(key))
  await objects.put(object('elsewhere', 'e1', 'bucket-2'))
  const list = async (options: object) =>
    (await objects.list('bucket', { limit: 1000, ...options })).map(({ key }) => key)
  assert.deepEqual(await list({}), keys)
  assert.deepEqual(await list({ prefix: 'a/' }), ['a/', 'a/1', 'a/2'])
  assert.deepEqual(await list({ prefix: 'a', after: 'a/1' }), ['a/2', 'a0'])
  assert.deepEqual(await list({ after: 'b', limit: 2 }), ['é', '\uffee'])
  const removed = await objects.deleteMany('bucket', ['a/1', 'none', 'a/2'])
  assert.deepEqual(
    removed.map(({ key }) => key),
    ['a/1', 'a/2'],
  )
  assert.deepEqual(await list({ prefix: 'a/' }), ['a/'])
})

law('an object does not outlive its bucket', async (store) => {
  await put(store, home, { id: 'bucket', serial: 'bucket' })
  const within = { kind: 'thing', index: 'serial', value: 'bucket' }
  const removeBucket = () =>
    store.write([home], async (writer) => {
      writer.requireEmptyBucket('bucket')
      await writer.remove(things, home, 'bucket')
    })
  assert.equal((await store.objects.put(object('a'), { within })).ok, true)
  assert.equal(await store.objects.bucketIsEmpty('bucket'), false)
  await rejectsAs(removeBucket(), 'BucketNotEmpty')
  await store.objects.delete('bucket', 'a')
  assert.equal(await store.objects.bucketIsEmpty('bucket'), true)
  await removeBucket()
  assert.deepEqual(await store.objects.put(object('a'), { within }), { ok: false, why: 'gone' })
})

law('of a bucket and its last object one wins', async (store) => {
  const within = { kind: 'thing', index: 'serial', value: 'bucket' }
  for (let round = 0; round < 10; round++) {
    await put(store, home, { id: 'bucket', serial: 'bucket' })
    const removing = store.write([home], async (writer) => {
      writer.requireEmptyBucket('bucket')
      await writer.remove(things, home, 'bucket')
    })
    const [removed, added] = await Promise.allSettled([removing, store.objects.put(object('a'), { within })])
    const bucketGone = removed.status === 'fulfilled'
    const objectThere = added.status === 'fulfilled' && added.value.ok
    assert.notEqual(bucketGone, objectThere)
    await store.objects.delete('bucket', 'a')
  }
})

law('objects move no revision', async (store) => {
  const { head } = store.current()
  await store.objects.put(object('a'))
  await store.objects.delete('bucket', 'a')
  assert.deepEqual((await store.fresh()).head, head)
})

law('blobs in use are known', async ({ objects }) => {
  await objects.put(object('a'))
  await objects.put(object('b', 'e7'))
  assert.deepEqual(
    await objects.blobsInUse(['bucket/a/e1', 'none', 'bucket/b/e7']),
    new Set(['bucket/a/e1', 'bucket/b/e7']),
  )
  assert.deepEqual(await objects.blobsInUse([]), new Set())
})

law('a lost transaction fails an object write', async (store, faults) => {
  faults.loseNext()
  await rejectsAs(store.objects.put(object('a')), 'StoreUnavailable')
  assert.equal(await store.objects.get('bucket', 'a'), undefined)
})
