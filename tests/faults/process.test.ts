/** What happens to a process: killed in a burst of calls, told to stop in the middle of them, unable to write its audit. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { queryCall } from '../../packages/server/src/cli/aws-call.ts'
import { parseCredentialsFile } from '../../packages/server/src/cli/credentials-profiles.ts'
import { start } from '../support/started.ts'
import type { Started } from '../support/started.ts'
import type { Keys } from '../support/world.ts'
import { dial, outcome, sendSigned, signedHead } from './socket.ts'

const KILLS = Number(process.env['UNDERSTUDY_KILLS'] ?? 3)
const LANES = 8
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
})

/** A data folder with the key beside it, so that it can be started on again. */
function place(context: TestContext): { readonly data: string; readonly options: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-process-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  return { data, options: ['--data', data, '--key-file', join(folder, 'outer.key')] }
}

function administratorOf(data: string): Keys {
  const profile = parseCredentialsFile(readFileSync(join(data, 'credentials'), 'utf8')).get('default')
  assert.ok(profile)
  return profile
}

const iam = (server: Started, keys: Keys, action: string, parameters: Readonly<Record<string, string>> = {}) =>
  queryCall({ endpoint: server.aws, keys, service: 'iam' }, action, parameters)

/** Creates roles until the server is gone. @returns the names that were acknowledged */
async function burst(server: Started, keys: Keys, prefix: string): Promise<readonly string[]> {
  const acknowledged: string[] = []
  const lane = async (number: number): Promise<void> => {
    for (let turn = 0; ; turn++) {
      const RoleName = `${prefix}-${number}-${turn}`
      try {
        const made = await iam(server, keys, 'CreateRole', { RoleName, AssumeRolePolicyDocument: TRUST })
        assert.equal(made.errorCode, undefined, made.body)
        acknowledged.push(RoleName)
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        return
      }
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)))
  return acknowledged
}

async function roleNames(server: Started, keys: Keys): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (let marker = ''; ;) {
    const page = await iam(server, keys, 'ListRoles', {
      MaxItems: '1000',
      ...(marker === '' ? {} : { Marker: marker }),
    })
    assert.equal(page.errorCode, undefined, page.body)
    for (const [, name = ''] of page.body.matchAll(/<RoleName>([^<]+)</g)) names.add(name)
    marker = /<Marker>([^<]+)</.exec(page.body)?.[1] ?? ''
    if (marker === '') return names
  }
}

test(
  `${KILLS} kills in bursts of CreateRole: every acknowledged role is there`,
  { timeout: 60_000 + KILLS * 10_000 },
  async (context) => {
    const { data, options } = place(context)
    const promised: string[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const server = await start(options)
      const keys = administratorOf(data)
      const creating = burst(server, keys, `k${kill}`)
      await pause(150 + Math.random() * 300)
      process.kill(server.pid, 'SIGKILL')
      promised.push(...(await creating))
      await server.stop()
      assert.doesNotMatch(server.log(), /"event":"fault"/)
    }
    assert.ok(promised.length > KILLS, `only ${promised.length} roles were acknowledged`)
    const server = await start(options)
    const there = await roleNames(server, administratorOf(data))
    assert.deepEqual(
      promised.filter((name) => !there.has(name)),
      [],
    )
    // At most what was on its way when the process died was made without being acknowledged.
    assert.ok(there.size <= promised.length + KILLS * LANES, `${there.size} roles, ${promised.length} acknowledged`)
    assert.equal(await server.stop(), 0)
    context.diagnostic(`${KILLS} kills, ${promised.length} acknowledged roles, all there`)
  },
)

test('SIGTERM in the middle of calls: what was acknowledged stays, and the process ends with 0', async (context) => {
  const { data, options } = place(context)
  const server = await start(options)
  const keys = administratorOf(data)
  const creating = burst(server, keys, 'term')
  await pause(300)
  assert.equal(await server.stop(), 0)
  const promised = await creating
  assert.ok(promised.length > 0)
  assert.doesNotMatch(server.log(), /"event":"fault"/)
  const again = await start(options)
  context.after(() => again.stop())
  const there = await roleNames(again, keys)
  assert.deepEqual(
    promised.filter((name) => !there.has(name)),
    [],
  )
})

test('SIGTERM while an upload is under way: it is cut off after its grace, and nothing of it stays', async (context) => {
  const { data, options } = place(context)
  const server = await start(options)
  const keys = administratorOf(data)
  await sendSigned(server.aws, keys, { service: 's3', method: 'PUT', target: '/process' })
  const body = Buffer.alloc(500_000, 'x')
  const line = await dial(server.aws)
  line.socket.write(signedHead(server.aws, keys, { service: 's3', method: 'PUT', target: '/process/half', body }))
  line.socket.write(body.subarray(0, 200_000))
  await pause(100)
  assert.equal(await server.stop(), 0)
  await line.ended()
  assert.doesNotMatch(server.log(), /"event":"fault"/)
  const again = await start(options)
  context.after(() => again.stop())
  const read = await sendSigned(again.aws, keys, { service: 's3', method: 'GET', target: '/process/half' })
  assert.equal(outcome(read), '404 NoSuchKey')
  assert.deepEqual(filesUnder(join(data, 'blobs')), [])
})

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []))

/** Linux's device that is always full. */
const FULL = '/dev/full'
const skip = existsSync(FULL) ? false : `no ${FULL}`

test(
  'an audit file that cannot be written: 503 where it is required, a line in the log where not',
  { skip },
  async (context) => {
    const strict = await start(['--ephemeral', '--audit-file', FULL, '--audit-required'])
    context.after(() => strict.stop())
    const lenient = await start(['--ephemeral', '--audit-file', FULL])
    context.after(() => lenient.stop())
    for (const [server, want] of [
      [strict, '503'],
      [lenient, '200'],
    ] as const) {
      const env = JSON.parse((await server.run(['env', '--json'])).out) as Readonly<Record<string, string>>
      const keys = { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '' }
      const who = await queryCall({ endpoint: server.aws, keys, service: 'sts' }, 'GetCallerIdentity')
      const bucket = await sendSigned(server.aws, keys, { service: 's3', method: 'PUT', target: '/audited' })
      assert.deepEqual([String(who.status), outcome(bucket).slice(0, 3)], [want, want])
      if (want === '503') assert.doesNotMatch(who.body + bucket, new RegExp(keys.accessKeyId))
      assert.match(server.log(), /"event":"audit line lost"/)
      assert.doesNotMatch(server.log(), /"event":"fault"/)
    }
  },
)
