/** A database that answers nothing and closes nothing: worse than one that is gone. No caller waits for it longer than his patience. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { CreateRoleCommand } from '@aws-sdk/client-iam'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { Started } from '../support/started.ts'
import { SEED, COMPANY, document, iam, identity, metadata, missing, s3, startCluster } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { slowWay } from './slow-way.ts'
import type { SlowWay } from './slow-way.ts'

const DOCUMENT = 'meta-data/iam/security-credentials/Web'
/** Milliseconds: the staleness limit, and what a look at the database may take. */
const STALENESS = 10_000
const LOOK = 3000
/** Statement and connection time-outs of the store, one after the other at worst. */
const PATIENCE = 20_000

describe('a database that hangs', { skip: missing, timeout: 180_000 }, () => {
  let cluster: Cluster
  let way: SlowWay
  let node: Started
  before(async () => {
    cluster = await startCluster()
    way = await slowWay(cluster.database.url)
    node = await cluster.node('behind', ['--store', way.url, ...SEED])
  })
  after(async () => {
    way?.flow()
    await node?.stop()
    await way?.close()
    await cluster?.stop()
  })

  const refused = async (call: Promise<unknown>): Promise<number> => {
    const began = performance.now()
    await assert.rejects(call, { name: 'ServiceUnavailable' })
    return performance.now() - began
  }
  const role = (name: string): Promise<unknown> => {
    const trust = document({ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' })
    return iam(node).send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust }))
  }

  test('writes are refused in time, reads after the staleness limit at once; credentials stay; all comes back', async () => {
    await identity(node, COMPANY)
    const before_ = await metadata(node, DOCUMENT)
    assert.equal(before_.status, 200)
    way.hang()
    const hung = performance.now()
    assert.match(await identity(node, COMPANY), /:user\/administrator$/)
    const waited = await Promise.all([
      refused(role('during')),
      refused(s3(node).send(new PutObjectCommand({ Bucket: 'reports', Key: 'during', Body: 'x' }))),
    ])
    for (const milliseconds of waited) assert.ok(milliseconds < PATIENCE, `${milliseconds} ms`)
    await setTimeout(Math.max(0, STALENESS + LOOK - (performance.now() - hung)))
    const late = await refused(identity(node, COMPANY))
    assert.ok(late < 2000, `${late} ms`)
    assert.deepEqual(await metadata(node, DOCUMENT), before_)
    way.flow()
    for (let turn = 0; (await fetch(`${node.console}/ready`)).status !== 200; turn++) {
      assert.ok(turn < 100, 'never ready again')
      await setTimeout(100)
    }
    assert.match(await identity(node, COMPANY), /:user\/administrator$/)
    await role('after')
  })

  test('a node stops while the database hangs', async () => {
    way.hang()
    const began = performance.now()
    assert.equal(await node.stop(), 0)
    assert.ok(performance.now() - began < 15_000, `${performance.now() - began} ms`)
  })
})
