/** What docs/operations.md says of backups: a copied folder or database starts elsewhere, with its key and only with it. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import {
  COMPANY,
  PARTNER,
  READER,
  SEED,
  assume,
  document,
  iam,
  identity,
  missing,
  s3,
  startCluster,
} from './cluster.ts'
import type { Keys } from '../support/world.ts'
import { PutUserPolicyCommand } from '@aws-sdk/client-iam'

let folder: string
const running: Started[] = []
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-backup-'))
})
after(async () => {
  for (const server of running) await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function started(words: readonly string[], state: string): Promise<Started> {
  const server = await start(words, { XDG_STATE_HOME: join(folder, state) })
  running.push(server)
  return server
}
const keyFile = (state: string): string => {
  const keys = join(folder, state, 'understudy', 'keys')
  const [name = ''] = readdirSync(keys)
  return join(keys, name)
}

const OBJECT = { Bucket: 'reports', Key: 'kept' }
/** Makes a session and an object, which must outlive the move. */
async function fill(server: Started): Promise<Keys> {
  await s3(server).send(new PutObjectCommand({ ...OBJECT, Body: 'kept' }))
  const PolicyDocument = document({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: READER })
  await iam(server, PARTNER).send(new PutUserPolicyCommand({ UserName: 'bob', PolicyName: 'a', PolicyDocument }))
  const bob = { accessKeyId: 'AKIAQEXAMPLEBOBSKEYB', secretAccessKey: 'only-for-tests-bob' }
  return assume(server, bob, READER)
}
async function assertThere(server: Started, session: Keys): Promise<void> {
  assert.match(await identity(server, COMPANY), /:user\/administrator$/)
  assert.match(await identity(server, session), /assumed-role\/Reader/)
  const object = await s3(server).send(new GetObjectCommand(OBJECT))
  assert.equal(await object.Body?.transformToString(), 'kept')
}

test('a data folder and its key, copied from a stopped server', { timeout: 60_000 }, async () => {
  const [data, copy] = [join(folder, 'data'), join(folder, 'copy')]
  const first = await started(['--data', data, ...SEED], 'first')
  const session = await fill(first)
  assert.equal(await first.stop(), 0)
  cpSync(data, copy, { recursive: true })
  await assert.rejects(started(['--data', copy], 'elsewhere'), /made with the key .* which is gone/)
  const restored = await started(['--data', copy, '--key-file', keyFile('first')], 'elsewhere')
  await assertThere(restored, session)
})

test('a database and its key, copied while no node runs', { skip: missing, timeout: 120_000 }, async () => {
  const cluster = await startCluster()
  try {
    const first = await started(['--store', cluster.database.url, '--data', join(folder, 'one'), ...SEED], 'nodes')
    const session = await fill(first)
    assert.equal(await first.stop(), 0)
    const store = ['--store', await cluster.database.copy('restored')]
    await assert.rejects(started([...store, '--data', join(folder, 'two')], 'other'), /made with another key/)
    const restored = await started([...store, '--data', join(folder, 'three'), '--key-file', keyFile('nodes')], 'new')
    await assertThere(restored, session)
    await restored.stop()
  } finally {
    await cluster.stop()
  }
})
