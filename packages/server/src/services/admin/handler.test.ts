/** The doors of the admin listener, and each of its paths. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import { ACCOUNT, TOKEN, adminWorld, journalEntry } from './fixture.ts'

const turnedAway: readonly (readonly [
  name: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  status: number,
])[] = [
  ['no token', '/api/info', { authorization: '' }, 401],
  ['another token', '/api/info', { authorization: 'Bearer nonsense' }, 401],
  ['the token with a letter more', '/api/info', { authorization: `Bearer ${TOKEN}x` }, 401],
  ['another scheme', '/api/info', { authorization: `Basic ${TOKEN}` }, 401],
  ['a path that is not there, without a token', '/api/nothing', { authorization: '' }, 401],
  ['a page of another origin', '/api/info', { origin: 'http://evil.example' }, 403],
  ['a page of a bucket on another port', '/api/info', { origin: 'http://127.0.0.1:4566' }, 403],
  ['a sandboxed page', '/api/info', { origin: 'null' }, 403],
  ['a request that the browser calls same-site', '/health', { 'sec-fetch-site': 'same-site' }, 403],
  ['a request that the browser calls cross-site', '/health', { 'sec-fetch-site': 'cross-site' }, 403],
]
for (const [name, path, headers, status] of turnedAway)
  test(`turned away: ${name}`, async (context) => {
    const { url } = await adminWorld(context)
    const answer = await plainRequest(url + path, { authorization: `Bearer ${TOKEN}`, ...headers })
    assert.equal(answer.status, status)
    assert.doesNotMatch(answer.body, /server-id/)
  })

const hosts: readonly (readonly [host: string, status: number])[] = [
  ['127.0.0.1', 200],
  ['LOCALHOST:4567', 200],
  ['console.localhost:4567', 200],
  ['evil.example', 421],
  ['127.0.0.1.evil.example', 421],
  ['127.0.0.1@evil.example', 421],
  ['[::1]', 421],
]
for (const [host, status] of hosts)
  test(`host name ${host} answers ${status}`, async (context) => {
    const { url } = await adminWorld(context)
    assert.equal((await plainRequest(`${url}/health`, { host })).status, status)
  })

/** fetch sets Host, Origin and Sec-Fetch-Site by itself, so these tests speak plain HTTP. */
function plainRequest(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.on('end', () => resolve({ status: response.statusCode, body }))
    })
    sent.on('error', reject).end()
  })
}

test('the own origin may call', async (context) => {
  const { url } = await adminWorld(context)
  const answer = await plainRequest(`${url}/api/info`, {
    authorization: `Bearer ${TOKEN}`,
    origin: url,
    'sec-fetch-site': 'same-origin',
  })
  assert.equal(answer.status, 200)
})

test('health, readiness and metrics need no token', async (context) => {
  const { ask, parts } = await adminWorld(context)
  const headers = { authorization: '' }
  assert.deepEqual((await ask('/health', { headers })).body, { status: 'ok' })
  assert.deepEqual((await ask('/ready', { headers })).body, { status: 'ready' })
  parts.journal.record(journalEntry())
  const metrics = String((await ask('/metrics', { headers })).body)
  assert.match(metrics, /^understudy_decisions_total\{service="s3",verdict="Deny",code="IDENTITY\.NO_ALLOW"\} 1$/m)
  assert.match(metrics, /^understudy_ready 1$/m)
})

const wrong: readonly (readonly [name: string, method: string, path: string, body: unknown, status: number])[] = [
  ['an unknown path', 'GET', '/api/nothing', undefined, 404],
  ['an unknown method', 'DELETE', '/api/clock', undefined, 405],
  ['no JSON', 'POST', '/api/plan', '{', 400],
  ['a list', 'POST', '/api/plan', [], 400],
  ['an unknown member', 'POST', '/api/plan', { text: '', txt: '' }, 400],
  ['a number where a text stands', 'POST', '/api/plan', { text: 1 }, 400],
  ['a broken path', 'GET', '/api/decisions/%zz', undefined, 400],
  ['too many decisions', 'GET', '/api/decisions?limit=100000', undefined, 400],
  ['a decision that is not there', 'GET', '/api/decisions/none', undefined, 404],
  ['the last of none', 'GET', '/api/decisions/last', undefined, 404],
  ['a message of somebody else', 'POST', '/api/explain', { encodedMessage: 'AAAAAAAA' }, 404],
  ['an account that is not there', 'GET', '/api/export?account=nobody', undefined, 404],
  ['an account id with a letter', 'POST', '/api/accounts', { id: '11112222333x' }, 409],
  ['an instance that is not there', 'POST', '/api/imds/rotate', { instanceId: 'i-01234567' }, 404],
  ['a reset of what is kept', 'POST', '/api/reset', {}, 409],
  ['a time that goes back', 'POST', '/api/clock/advance', { milliseconds: -1 }, 400],
  ['a time without end', 'POST', '/api/clock/advance', { milliseconds: 9e15 }, 400],
  ['a bad seed', 'POST', '/api/apply', { text: 'acounts: []', name: 'my.yaml' }, 422],
]
for (const [name, method, path, body, status] of wrong)
  test(`${name} answers ${status}`, async (context) => {
    const { ask } = await adminWorld(context)
    const answer = await ask(path, { method, ...(body === undefined ? {} : { body }) })
    assert.equal(answer.status, status)
    assert.ok((answer.body as { error: { message: string } }).error.message.length > 0)
  })

test('a body of another type is refused', async (context) => {
  const { ask } = await adminWorld(context)
  const answer = await ask('/api/plan', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } })
  assert.equal(answer.status, 415)
})

test('a decision is explained by its id, its request id, as the last, and from its message', async (context) => {
  const { ask, parts } = await adminWorld(context)
  parts.journal.record(journalEntry())
  const byId = await ask('/api/decisions/node-1')
  assert.equal(byId.status, 200)
  assert.deepEqual((await ask('/api/decisions/request-1')).body, byId.body)
  assert.deepEqual((await ask('/api/decisions/last')).body, byId.body)
  const { encodedMessage } = (await ask('/api/decisions/last/encoded')).body as { encodedMessage: string }
  assert.ok(encodedMessage.length <= 10_240)
  assert.deepEqual((await ask('/api/explain', { method: 'POST', body: { encodedMessage } })).body, byId.body)
  parts.journal.clear()
  const forgotten = (await ask('/api/explain', { method: 'POST', body: { encodedMessage } })).body as {
    message: { allowed: boolean }
  }
  assert.equal(forgotten.message.allowed, false)
})

test('a seed is planned, applied and exported; the credentials file follows', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-admin-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const credentialsFile = join(folder, 'credentials')
  const { ask } = await adminWorld(context, { credentialsFile })
  const text = JSON.stringify({ accounts: [{ id: ACCOUNT, name: 'company', users: [{ userName: 'alice' }] }] })
  const planned = (await ask('/api/plan', { method: 'POST', body: { text } })).body as {
    steps: readonly { text: string }[]
  }
  assert.ok(planned.steps.some((step) => step.text === `create user alice in ${ACCOUNT}`))
  await assert.rejects(stat(credentialsFile), /ENOENT/)
  assert.equal((await ask('/api/apply', { method: 'POST', body: { text } })).status, 200)
  assert.deepEqual(((await ask('/api/apply', { method: 'POST', body: { text } })).body as { steps: unknown }).steps, [])
  const made = (await ask('/api/accounts', { method: 'POST', body: { name: 'partner' } })).body as Record<
    string,
    string
  >
  const file = await readFile(credentialsFile, 'utf8')
  assert.equal((await stat(credentialsFile)).mode & 0o777, 0o600)
  for (const profile of ['default', ACCOUNT, 'company', made['accountId'] ?? '', 'partner'])
    assert.ok(file.includes(`[${profile}]`))
  assert.ok(file.includes(`aws_secret_access_key = ${made['secretAccessKey'] ?? ''}`))
  const exported = (await ask('/api/export')).body as { seed: { accounts: readonly { name: string }[] } }
  assert.deepEqual(
    exported.seed.accounts.map((account) => account.name),
    ['company', 'partner'],
  )
  assert.doesNotMatch(JSON.stringify(exported), /secretAccessKey/)
})

test('a refused seed says file, line and place', async (context) => {
  const { ask } = await adminWorld(context)
  const answer = await ask('/api/apply', {
    method: 'POST',
    body: { text: 'accounts:\n  - id: 111122223333', name: 'my.yaml' },
  })
  assert.match(
    (answer.body as { error: { message: string } }).error.message,
    /^my\.yaml:2: accounts\[0\]\.id: .*quote it/,
  )
})

test('the clock moves where it may', async (context) => {
  const { ask } = await adminWorld(context)
  const moved = await ask('/api/clock/advance', { method: 'POST', body: { milliseconds: 60_000 } })
  assert.deepEqual(moved.body, {
    session: '2026-01-01T00:01:00.000Z',
    wire: '2026-01-01T00:00:00.000Z',
    offsetMilliseconds: 60_000,
    movable: true,
  })
  const still = await adminWorld(context, { clockMovable: false })
  assert.equal((await still.ask('/api/clock/advance', { method: 'POST', body: { milliseconds: 1 } })).status, 409)
})

test('tail sends a line for each decision', async (context) => {
  const { url, parts } = await adminWorld(context)
  const response = await fetch(`${url}/api/tail`, { headers: { authorization: `Bearer ${TOKEN}` } })
  parts.journal.record(journalEntry())
  assert.ok(response.body)
  for await (const part of response.body) {
    assert.equal(JSON.parse(Buffer.from(part).toString('utf8')).decisionId, 'node-1')
    break
  }
})

test('a client that leaves in the middle of its body does not disturb the server', async (context) => {
  const { url, ask } = await adminWorld(context)
  const left = httpRequest(`${url}/api/plan`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', 'content-length': '1000' },
  })
  const gone = once(left, 'error')
  left.write('{"text":"')
  await new Promise((resolve) => setTimeout(resolve, 50))
  left.destroy(new Error('left'))
  await gone
  assert.equal((await ask('/api/info')).status, 200)
})
