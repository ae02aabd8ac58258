/** Servers on one PostgreSQL, each with a data folder of its own, and clients that talk to one of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { IAMClient } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { findBinaries, startTestServer } from '../../packages/server/src/store/postgres/testing/server.ts'
import type { TestServer } from '../../packages/server/src/store/postgres/testing/server.ts'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import type { Keys } from '../support/world.ts'

const binaries = await findBinaries()
/** Why there are no tests of nodes on this machine. */
export const missing = typeof binaries === 'string' ? binaries : false

export interface Cluster {
  readonly database: TestServer
  /** Starts a node, again with the same data when the name was there before; `more` may name another way to the database. */
  readonly node: (name: string, more?: readonly string[]) => Promise<Started>
  readonly stop: () => Promise<void>
}

/** All nodes belong to one user: they find the key by the address of the database. */
export async function startCluster(): Promise<Cluster> {
  if (typeof binaries === 'string') throw new Error(binaries)
  const database = await startTestServer(binaries)
  const folder = mkdtempSync(join(tmpdir(), 'understudy-nodes-'))
  const running: Started[] = []
  return {
    database,
    node: async (name, more = []) => {
      const store = more.includes('--store') ? [] : ['--store', database.url]
      const words = [...store, '--data', join(folder, name), ...more]
      const node = await start(words, { XDG_STATE_HOME: join(folder, 'state') })
      running.push(node)
      return node
    },
    stop: async () => {
      for (const node of running) await node.stop()
      await database.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const SEED = ['--seed', resolve(ROOT, 'tests/journey/seed.yaml')]
export const COMPANY = { accessKeyId: 'AKIAQEXAMPLECOMPANYA', secretAccessKey: 'only-for-tests-company' }
export const PARTNER = { accessKeyId: 'AKIAQEXAMPLEPARTNERB', secretAccessKey: 'only-for-tests-partner' }
export const READER = 'arn:aws:iam::111122223333:role/apps/Reader'

const settings = (node: Started, credentials: Keys) => ({
  endpoint: node.aws,
  region: 'eu-central-1',
  credentials,
  maxAttempts: 1,
})
export const iam = (node: Started, keys: Keys = COMPANY): IAMClient => new IAMClient(settings(node, keys))
export const sts = (node: Started, keys: Keys): STSClient => new STSClient(settings(node, keys))
export const s3 = (node: Started, keys: Keys = COMPANY): S3Client =>
  new S3Client({ ...settings(node, keys), forcePathStyle: true })

export const document = (statement: unknown): string => JSON.stringify({ Version: '2012-10-17', Statement: statement })

export async function assume(node: Started, keys: Keys, roleArn: string): Promise<Required<Keys>> {
  const answer = await sts(node, keys).send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'nodes' }))
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error('an answer without credentials')
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

export const identity = async (node: Started, keys: Keys): Promise<string> =>
  (await sts(node, keys).send(new GetCallerIdentityCommand({}))).Arn ?? ''

/** Reads a path of the metadata service of the seed's only instance, as a node serves it. */
export async function metadata(
  node: Started,
  path: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const listed = await node.run(['imds', 'list', '--json'])
  const [instance] = JSON.parse(listed.out) as readonly { readonly address: string }[]
  const address = instance?.address ?? ''
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' }
  const token = await (await fetch(`${address}/latest/api/token`, { method: 'PUT', headers })).text()
  const answer = await fetch(`${address}/latest/${path}`, { headers: { 'x-aws-ec2-metadata-token': token } })
  return { status: answer.status, text: await answer.text() }
}
