/** Nodes that start at the same moment on an empty database: one of them makes what must be there once. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { missing, s3, startCluster } from './cluster.ts'
import type { Cluster } from './cluster.ts'

const NAMES = ['first', 'second', 'third']
/** Accounts by name only: their ids are made by who comes first. */
const SEED = `accounts:
  - name: shop
    administrator: { accessKeyId: AKIAQEXAMPLESHOPKEYA, secretAccessKey: only-for-tests-shop }
    buckets: [{ bucket: shop-data, objects: { note.txt: "hello\\n" } }]
  - name: bank
`

describe('nodes that start together', { skip: missing, timeout: 120_000 }, () => {
  let cluster: Cluster
  let folder: string
  beforeEach(async () => {
    cluster = await startCluster()
    folder = mkdtempSync(join(tmpdir(), 'understudy-together-'))
  })
  afterEach(async () => {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** What each node exports, without the keys' ids. */
  async function accountsOf(more: readonly string[]): Promise<readonly (readonly string[])[]> {
    const nodes = await Promise.all(NAMES.map((name) => cluster.node(name, more)))
    return Promise.all(
      nodes.map(async (node) => {
        const { out, err, code } = await node.run(['export', '--json'])
        assert.equal(code, 0, err)
        const { accounts } = JSON.parse(out) as {
          readonly accounts: readonly { readonly id: string; readonly name: string }[]
        }
        return accounts.map(({ id, name }) => `${id} ${name}`)
      }),
    )
  }

  test('one first account', async () => {
    const [first, ...others] = await accountsOf([])
    assert.equal(first?.length, 1)
    for (const other of others) assert.deepEqual(other, first)
  })

  test('one account for each name of a seed, and its objects', async () => {
    const file = join(folder, 'seed.yaml')
    writeFileSync(file, SEED)
    const [first, ...others] = await accountsOf(['--seed', file])
    assert.deepEqual(first?.map((account) => account.split(' ')[1]).toSorted(), ['bank', 'shop'])
    for (const other of others) assert.deepEqual(other, first)
    const keys = { accessKeyId: 'AKIAQEXAMPLESHOPKEYA', secretAccessKey: 'only-for-tests-shop' }
    const node = await cluster.node('fourth', ['--seed', file])
    const object = await s3(node, keys).send(new GetObjectCommand({ Bucket: 'shop-data', Key: 'note.txt' }))
    assert.equal(await object.Body?.transformToString(), 'hello\n')
  })
})
