/** Two servers on one PostgreSQL behave as one: whatever one of them said, the other one knows. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DetachUserPolicyCommand,
  GetRoleCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Started } from '../support/started.ts'
import type { Keys } from '../support/world.ts'
import { COMPANY, PARTNER, READER, SEED, assume, document, iam, identity, metadata, missing, s3 } from './cluster.ts'
import { startCluster } from './cluster.ts'
import type { Cluster } from './cluster.ts'

const ACCOUNT = '111122223333'
const TRUSTING = document({ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' })
const ALL = 'arn:aws:iam::aws:policy/AdministratorAccess'
/** What a node may lag behind, with the time of one call on a busy machine. Milliseconds. */
const FRESHNESS = 500 + 250

describe('two nodes', { skip: missing, timeout: 300_000 }, () => {
  let cluster: Cluster
  let first: Started
  let second: Started
  before(async () => {
    cluster = await startCluster()
    first = await cluster.node('first', SEED)
    second = await cluster.node('second')
  })
  after(() => cluster?.stop())

  async function user(node: Started, name: string): Promise<Keys> {
    await iam(node).send(new CreateUserCommand({ UserName: name }))
    const { AccessKey } = await iam(node).send(new CreateAccessKeyCommand({ UserName: name }))
    return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
  }
  const role = async (node: Started, name: string): Promise<string> => {
    const made = await iam(node).send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: TRUSTING }))
    return made.Role?.Arn ?? ''
  }
  const mayAssume = (node: Started, name: string, roleArn: string) => {
    const PolicyDocument = document({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: roleArn })
    return iam(node).send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'assume', PolicyDocument }))
  }

  test('what one node made, the other one uses at once, a hundred times', async () => {
    for (let turn = 0; turn < 100; turn++) {
      const [here, there] = turn % 2 === 0 ? [first, second] : [second, first]
      const keys = await user(here, `user-${turn}`)
      const roleArn = await role(there, `role-${turn}`)
      await mayAssume(here, `user-${turn}`, roleArn)
      const session = await assume(there, keys, roleArn)
      assert.equal(await identity(here, session), `arn:aws:sts::${ACCOUNT}:assumed-role/role-${turn}/nodes`)
    }
  })

  test('two writers of one account on two nodes', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `together-${index}`)
    await Promise.all(names.map((name, index) => role(index % 2 === 0 ? first : second, name)))
    for (const node of [first, second])
      for (const name of names)
        assert.equal((await iam(node).send(new GetRoleCommand({ RoleName: name }))).Role?.RoleName, name)
  })

  test('of two nodes that make the same thing at once, one succeeds', async () => {
    for (let turn = 0; turn < 10; turn++) {
      const both = await Promise.allSettled([first, second].map((node) => role(node, `contested-${turn}`)))
      const failed = both.filter((result) => result.status === 'rejected')
      assert.deepEqual(
        failed.map(({ reason }) => (reason as Error).name),
        ['EntityAlreadyExistsException'],
      )
    }
  })

  /** Asks again and again. @returns milliseconds between the answer of `revoke` and the last call that began and was still allowed */
  async function lag(revoke: () => Promise<unknown>, call: () => Promise<unknown>): Promise<number> {
    await call()
    await revoke()
    const revokedAt = performance.now()
    let allowedAt = revokedAt
    for (;;) {
      const began = performance.now()
      try {
        await call()
        allowedAt = began
      } catch (error) {
        assert.match((error as Error).name, /AccessDenied|InvalidClientTokenId/)
        return allowedAt - revokedAt
      }
      assert.ok(performance.now() - revokedAt < 10_000, 'never refused')
    }
  }

  const revocations: readonly (readonly [
    what: string,
    prepare: (name: string) => Promise<readonly [revoke: () => Promise<unknown>, call: () => Promise<unknown>]>,
  ])[] = [
    [
      'a deleted access key',
      async (name) => {
        const keys = await user(first, name)
        return [
          () => iam(first).send(new DeleteAccessKeyCommand({ UserName: name, AccessKeyId: keys.accessKeyId })),
          () => identity(second, keys),
        ]
      },
    ],
    [
      'a deleted role, for its sessions',
      async (name) => {
        const keys = await user(first, name)
        const roleArn = await role(first, name)
        await mayAssume(first, name, roleArn)
        const session = await assume(first, keys, roleArn)
        return [() => iam(first).send(new DeleteRoleCommand({ RoleName: name })), () => identity(second, session)]
      },
    ],
    [
      'a detached policy',
      async (name) => {
        const keys = await user(first, name)
        await iam(first).send(new AttachUserPolicyCommand({ UserName: name, PolicyArn: ALL }))
        return [
          () => iam(first).send(new DetachUserPolicyCommand({ UserName: name, PolicyArn: ALL })),
          () => iam(second, keys).send(new GetRoleCommand({ RoleName: 'Reader' })),
        ]
      },
    ],
  ]
  for (const [what, prepare] of revocations)
    test(`${what} works on the other node within the freshness limit`, async () => {
      for (let turn = 0; turn < 3; turn++) {
        const [revoke, call] = await prepare(`revoked-${what.replaceAll(/\W/g, '')}-${turn}`)
        const milliseconds = await lag(revoke, call)
        assert.ok(milliseconds <= FRESHNESS, `${milliseconds} ms`)
      }
    })

  test('objects of one node are read, listed and removed on the other one', async () => {
    const Bucket = 'reports'
    const bytes = randomBytes(6 * 1024 * 1024 + 7)
    await s3(first).send(new PutObjectCommand({ Bucket, Key: 'large', Body: bytes }))
    const read = await s3(second).send(new GetObjectCommand({ Bucket, Key: 'large' }))
    assert.ok(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(bytes))
    const Range = 'bytes=524280-524300'
    const part = await s3(second).send(new GetObjectCommand({ Bucket, Key: 'large', Range }))
    assert.ok(Buffer.from((await part.Body?.transformToByteArray()) ?? []).equals(bytes.subarray(524_280, 524_301)))
    const seeded = await s3(second).send(new GetObjectCommand({ Bucket, Key: '2026/q1.csv' }))
    assert.equal(await seeded.Body?.transformToString(), 'quarter,revenue\n1,42\n')
    await s3(second).send(new PutObjectCommand({ Bucket, Key: 'large', Body: 'new' }))
    const again = await s3(first).send(new GetObjectCommand({ Bucket, Key: 'large' }))
    assert.equal(await again.Body?.transformToString(), 'new')
    await s3(second).send(new DeleteObjectCommand({ Bucket, Key: 'large' }))
    await assert.rejects(s3(first).send(new GetObjectCommand({ Bucket, Key: 'large' })), { name: 'NoSuchKey' })
    const listed = await s3(first).send(new ListObjectsV2Command({ Bucket }))
    assert.deepEqual(
      listed.Contents?.map(({ Key }) => Key),
      ['2026/q1.csv'],
    )
  })

  test('both serve the same credential document, byte for byte', async () => {
    const path = 'meta-data/iam/security-credentials/Web'
    // Between two reads a period can end, once.
    for (let turn = 0; ; turn++) {
      const [one, other] = [await metadata(first, path), await metadata(second, path)]
      assert.deepEqual([one.status, other.status], [200, 200])
      if (one.text !== other.text && turn === 0) continue
      assert.equal(one.text, other.text)
      const { AccessKeyId, SecretAccessKey, Token } = JSON.parse(one.text) as Readonly<Record<string, string>>
      const keys = { accessKeyId: AccessKeyId ?? '', secretAccessKey: SecretAccessKey ?? '', sessionToken: Token ?? '' }
      assert.match(await identity(second, keys), /assumed-role\/Web\/i-0123456789abcdef0$/)
      return
    }
  })

  test('a rotation on one node is one on the other', async () => {
    const path = 'meta-data/iam/security-credentials/Web'
    const before_ = (await metadata(second, path)).text
    const rotated = await first.run(['imds', 'rotate'])
    assert.equal(rotated.code, 0, rotated.err)
    for (let turn = 0; (await metadata(second, path)).text === before_; turn++) {
      assert.ok(turn < 50, 'the other node never rotated')
      await setTimeout(100)
    }
    assert.equal((await metadata(first, path)).text, (await metadata(second, path)).text)
  })

  test('another key is refused at the start, with what to do', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-other-key-'))
    const file = join(folder, 'key')
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`)
    try {
      await assert.rejects(cluster.node('stranger', ['--key-file', file]), (error: Error) => {
        assert.match(error.message, /made with another key.*--key-file/)
        assert.doesNotMatch(error.message, /at .*\.ts:\d+/)
        return true
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('a session outlives a restart of the node that made it, and the other one', async () => {
    const PolicyDocument = document({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: READER })
    await iam(second, PARTNER).send(new PutUserPolicyCommand({ UserName: 'bob', PolicyName: 'a', PolicyDocument }))
    const bob = { accessKeyId: 'AKIAQEXAMPLEBOBSKEYB', secretAccessKey: 'only-for-tests-bob' }
    const session = await assume(second, bob, READER)
    assert.equal(await second.stop(), 0)
    assert.match(await identity(first, session), /assumed-role\/Reader/)
    second = await cluster.node('second')
    assert.match(await identity(second, session), /assumed-role\/Reader/)
    const object = await s3(second, session).send(new GetObjectCommand({ Bucket: 'reports', Key: '2026/q1.csv' }))
    assert.equal(await object.Body?.transformToString(), 'quarter,revenue\n1,42\n')
  })

  test('a node that is killed loses nothing that it acknowledged', async () => {
    const doomed = await cluster.node('doomed')
    const acknowledged: string[] = []
    const work = Promise.allSettled(
      Array.from({ length: 4 }, async (_, lane) => {
        for (let turn = 0; turn < 1000; turn++) {
          const name = `doomed-${lane}-${turn}`
          await role(doomed, name)
          await s3(doomed).send(new PutObjectCommand({ Bucket: 'reports', Key: name, Body: name.repeat(1000) }))
          acknowledged.push(name)
        }
      }),
    )
    while (acknowledged.length < 20) await setTimeout(10)
    process.kill(doomed.pid, 'SIGKILL')
    const ended = await work
    assert.ok(ended.every(({ status }) => status === 'rejected'))
    for (const name of acknowledged) {
      await iam(first).send(new GetRoleCommand({ RoleName: name }))
      const object = await s3(second).send(new GetObjectCommand({ Bucket: 'reports', Key: name }))
      assert.equal(await object.Body?.transformToString(), name.repeat(1000))
    }
    const back = await cluster.node('doomed')
    assert.match(await identity(back, COMPANY), new RegExp(`arn:aws:iam::${ACCOUNT}:`))
  })
})
