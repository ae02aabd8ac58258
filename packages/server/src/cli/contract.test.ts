/** The contract for automation, line by line, where `commands.test.ts` does not hold it already. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { awsCall, elementText, queryCall } from './aws-call.ts'
import { parseCredentialsFile } from './credentials-profiles.ts'
import { runCommand, startTestServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const ACCOUNT = '111122223333'
const NO_USERS = `accounts: [{ id: "${ACCOUNT}", name: company }]`
const BOB = { accessKeyId: 'AKIAQEXAMPLECOMPANYB', secretAccessKey: 'bobs' }
const WITH_BOB = `accounts: [{ id: "${ACCOUNT}", users: [{ userName: bob, accessKeys: [{ accessKeyId: ${BOB.accessKeyId}, secretAccessKey: ${BOB.secretAccessKey} }] }] }]`

async function started(context: TestContext, options: readonly string[], seed?: string): Promise<TestServer> {
  const server = await startTestServer(options, seed)
  context.after(async () => {
    if (isRunning(server.pid)) await server.stop('SIGKILL')
    rmSync(server.folder, { recursive: true, force: true })
  })
  return server
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

const status = async (url: string, init?: RequestInit): Promise<number> => (await fetch(url, init)).status

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`one line on standard output, and ${signal} to its pid ends the server with 0`, async (context) => {
    const server = await started(context, ['--ephemeral'])
    assert.deepEqual(
      [await status(`${server.consoleUrl}/health`), await status(`${server.consoleUrl}/ready`)],
      [200, 200],
    )
    assert.equal(await server.stop(signal), 0)
    assert.match(server.written.out, /^understudy ready [^\n]*\n$/)
    assert.match(server.written.err, /No leniency is in force/)
  })

test('a first start makes one account whose administrator works', async (context) => {
  const server = await started(context, ['--ephemeral'])
  const { out } = await server.understudy(['whoami', '--json'])
  assert.match((JSON.parse(out) as { arn: string }).arn, /^arn:aws:iam::\d{12}:user\/administrator$/)
})

test('a data folder is used again; --seed on it adds and changes, and deletes nothing', async (context) => {
  const server = await started(context, ['--data', 'kept'], NO_USERS)
  const file = join(server.folder, 'kept', 'credentials')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const profiles = parseCredentialsFile(readFileSync(file, 'utf8'))
  assert.deepEqual([...profiles.keys()], ['default', ACCOUNT, 'company'])
  assert.deepEqual(new Set([...profiles.values()].map((profile) => profile.accessKeyId)).size, 1)
  const administrator = profiles.get('default')
  assert.ok(administrator)
  const made = await queryCall({ endpoint: server.awsUrl, keys: administrator, service: 'iam' }, 'CreateUser', {
    UserName: 'carol',
  })
  assert.equal(made.errorCode, undefined)
  assert.equal(await server.stop('SIGTERM'), 0)
  const again = await startTestServer(['--data', 'kept'], WITH_BOB, server.folder)
  context.after(async () => again.stop('SIGKILL'))
  assert.deepEqual(parseCredentialsFile(readFileSync(file, 'utf8')), profiles)
  const listed = await queryCall({ endpoint: again.awsUrl, keys: administrator, service: 'iam' }, 'ListUsers')
  assert.deepEqual(
    [...listed.body.matchAll(/<UserName>(\w+)</g)].map(([, name]) => name),
    ['administrator', 'bob', 'carol'],
  )
})

test('the root user has keys only where the seed gives them', async (context) => {
  const root = { accessKeyId: 'AKIAQEXAMPLECOMPANYR', secretAccessKey: 'roots' }
  const server = await started(
    context,
    ['--ephemeral'],
    `accounts: [{ id: "${ACCOUNT}", root: { accessKeyId: ${root.accessKeyId}, secretAccessKey: ${root.secretAccessKey} } }]`,
  )
  const answer = await queryCall({ endpoint: server.awsUrl, keys: root, service: 'sts' }, 'GetCallerIdentity')
  assert.equal(elementText(answer.body, 'Arn'), `arn:aws:iam::${ACCOUNT}:root`)
})

test('every answer names its decision; a refusal carries its message, which STS decodes', async (context) => {
  const server = await started(context, ['--ephemeral'], WITH_BOB)
  const response = await fetch(`${server.awsUrl}/bucket/key`)
  assert.ok(response.headers.get('x-understudy-decision-id'))
  const denied = await queryCall({ endpoint: server.awsUrl, keys: BOB, service: 'iam' }, 'ListUsers')
  const encoded = (await server.understudy(['why', denied.decisionId ?? '', '--encoded'])).out.trim()
  const administrator = JSON.parse((await server.understudy(['env', '--json'])).out) as Record<string, string>
  const keys = {
    accessKeyId: administrator['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: administrator['AWS_SECRET_ACCESS_KEY'] ?? '',
  }
  const decoded = await queryCall({ endpoint: server.awsUrl, keys, service: 'sts' }, 'DecodeAuthorizationMessage', {
    EncodedMessage: encoded,
  })
  const message = JSON.parse((elementText(decoded.body, 'DecodedMessage') ?? '{}').replaceAll('&quot;', '"')) as {
    allowed?: boolean
  }
  assert.equal(message.allowed, false)
})

test('the operator finds the token by the address; others are told nothing', async (context) => {
  const server = await started(context, ['--ephemeral'])
  for (const path of ['info', 'decisions', 'nothing'])
    assert.equal(await status(`${server.consoleUrl}/api/${path}`), 401)
  const registry = join(server.folder, 'understudy', 'servers')
  assert.equal(statSync(registry).mode & 0o777, 0o700)
  assert.equal(await server.stop('SIGTERM'), 0)
  assert.equal((await server.understudy(['env'])).code, 1)
})

test('a clock that was not made movable does not move', async (context) => {
  const server = await started(context, ['--ephemeral'])
  const moved = await server.understudy(['clock', 'advance', '5m'])
  assert.deepEqual([moved.code, /--clock movable/.test(moved.err)], [1, true])
})

test('a second server on the same data folder is refused with a message', async (context) => {
  const server = await started(context, ['--data', 'kept'])
  const environment = { PATH: '', HOME: server.folder, XDG_STATE_HOME: server.folder }
  const second = await runCommand(
    ['start', '--data', join(server.folder, 'kept'), '--listen', '127.0.0.1:0', '--console', '127.0.0.1:0'],
    environment,
  )
  assert.deepEqual([second.code, second.out], [1, ''])
  assert.match(second.err, /is in use by another server/)
})

test('a bad seed keeps a server from starting, and says the line', async (context) => {
  const server = await started(context, ['--ephemeral'])
  const bad = join(server.folder, 'bad.yaml')
  writeFileSync(bad, 'accounts:\n  - id: 111122223333\n')
  const data = join(server.folder, 'never')
  const refused = await runCommand(
    ['start', '--data', data, '--seed', bad, '--listen', '127.0.0.1:0', '--console', '127.0.0.1:0'],
    { HOME: server.folder },
  )
  assert.notEqual(refused.code, 0)
  assert.match(refused.err, /bad\.yaml:2: .*quote it: "111122223333"/)
  assert.equal(existsSync(join(data, 'credentials')), false)
})

test('an object of a seed is there, and streams back', async (context) => {
  const server = await started(
    context,
    ['--ephemeral'],
    `accounts: [{ id: "${ACCOUNT}", administrator: { accessKeyId: ${BOB.accessKeyId}, secretAccessKey: ${BOB.secretAccessKey} }, buckets: [{ bucket: reports, objects: { "2026/q1.csv": "a,b" } }] }]`,
  )
  const read = await awsCall({
    endpoint: server.awsUrl,
    keys: BOB,
    service: 's3',
    method: 'GET',
    path: '/reports/2026/q1.csv',
  })
  assert.equal(read.body, 'a,b')
})
