/** PostgreSQL goes away and comes back: what is answered meanwhile, and that nobody has to restart anything. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Started } from '../support/started.ts'
import { COMPANY, SEED, assume, document, iam, identity, metadata, missing, s3, startCluster } from './cluster.ts'
import type { Cluster } from './cluster.ts'

const DOCUMENT = 'meta-data/iam/security-credentials/Web'
/** Milliseconds after which a picture is not used any more. */
const STALENESS = 10_000

describe('an outage of the database', { skip: missing, timeout: 180_000 }, () => {
  let cluster: Cluster
  let nodes: readonly Started[]
  before(async () => {
    cluster = await startCluster()
    const first = await cluster.node('first', SEED)
    nodes = [first, await cluster.node('second')]
  })
  after(() => cluster?.stop())

  const status = async (node: Started, path: string): Promise<number> => (await fetch(`${node.console}${path}`)).status
  const role = (node: Started, name: string): Promise<unknown> => {
    const trust = document({ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' })
    return iam(node).send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust }))
  }
  const lastCode = async (node: Started): Promise<string | undefined> =>
    (JSON.parse((await node.run(['why', 'last', '--json'])).out) as { readonly code?: string }).code
  const refuses = async (call: Promise<unknown>): Promise<void> => {
    await assert.rejects(call, (error: Error & { readonly $metadata?: { readonly httpStatusCode?: number } }) => {
      assert.equal(error.$metadata?.httpStatusCode, 503, String(error))
      assert.equal(error.name, 'ServiceUnavailable')
      return true
    })
  }

  test('decisions within the staleness limit, then 503; instances keep their credentials; all comes back', async () => {
    const [first, second] = nodes as readonly [Started, Started]
    await role(first, 'before')
    const before_ = 'arn:aws:iam::111122223333:role/before'
    const session = await assume(second, COMPANY, before_)
    for (const node of nodes) await identity(node, session)
    const documents = await Promise.all(nodes.map((node) => metadata(node, DOCUMENT)))

    await cluster.database.crash({
      meanwhile: async () => {
        const away = performance.now()
        for (const node of nodes) {
          assert.match(await identity(node, session), /assumed-role\/before/)
          // A refusal would be older than its request, so there is none.
          await refuses(iam(node, session).send(new GetRoleCommand({ RoleName: 'before' })))
          await refuses(s3(node).send(new GetObjectCommand({ Bucket: 'reports', Key: '2026/q1.csv' })))
          await refuses(role(node, 'during'))
          assert.equal(await lastCode(node), 'STORE.FAULT')
          await refuses(s3(node).send(new PutObjectCommand({ Bucket: 'reports', Key: 'during', Body: 'x' })))
          assert.equal(await lastCode(node), 'STORE.FAULT')
        }
        assert.ok(performance.now() - away < STALENESS, 'this machine is too slow for the test')
        await setTimeout(STALENESS + 1000 - (performance.now() - away))
        for (const [index, node] of nodes.entries()) {
          await refuses(identity(node, session))
          assert.equal(await lastCode(node), 'STORE.STALE')
          assert.deepEqual(await metadata(node, DOCUMENT), documents[index])
          assert.deepEqual([await status(node, '/health'), await status(node, '/ready')], [200, 503])
        }
      },
    })

    for (const node of nodes) {
      for (let turn = 0; (await status(node, '/ready')) !== 200; turn++) {
        assert.ok(turn < 100, 'never ready again')
        await setTimeout(100)
      }
      assert.match(await identity(node, session), /assumed-role\/before/)
    }
    await role(first, 'after')
    await role(second, 'during')
    const object = await s3(second).send(new GetObjectCommand({ Bucket: 'reports', Key: '2026/q1.csv' }))
    assert.equal(await object.Body?.transformToString(), 'quarter,revenue\n1,42\n')
    await assert.rejects(s3(first).send(new GetObjectCommand({ Bucket: 'reports', Key: 'during' })), {
      name: 'NoSuchKey',
    })
    assert.deepEqual(await metadata(first, DOCUMENT), documents[0])
  })
})
