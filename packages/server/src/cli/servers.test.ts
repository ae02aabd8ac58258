/** The registry of servers: found by address, readable by the owner alone, stale entries go. */
import assert from 'node:assert/strict'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from './fixture.ts'
import { findServer, forgetServer, liveServers, registerServer } from './servers.ts'
import type { ServerEntry } from './servers.ts'

/** Greater than any process id that a system gives out. */
const DEAD = 2 ** 30
const entry = (change: Partial<ServerEntry> = {}): ServerEntry => ({
  url: 'http://127.0.0.1:4567',
  id: 'one',
  token: 'secret',
  credentialsFile: '/nowhere/credentials',
  awsUrl: 'http://127.0.0.1:4566',
  pid: process.pid,
  ...change,
})

for (const url of [
  'http://127.0.0.1:4567',
  'http://localhost:4567',
  'http://console.localhost:4567/',
  'http://[::1]:4567',
])
  test(`a server is found at ${url}`, (context) => {
    const environment = { XDG_STATE_HOME: temporaryFolder(context) }
    registerServer(entry(), environment)
    assert.deepEqual(findServer(url, environment), entry())
  })

test('another port is another server', (context) => {
  const environment = { XDG_STATE_HOME: temporaryFolder(context) }
  registerServer(entry(), environment)
  registerServer(entry({ url: 'http://127.0.0.1:4600', id: 'two' }), environment)
  assert.equal(findServer('http://127.0.0.1:4600', environment)?.id, 'two')
  assert.equal(findServer('http://127.0.0.1:4567', environment)?.id, 'one')
  assert.equal(findServer('http://127.0.0.1:4568', environment), undefined)
  assert.equal(liveServers(environment).length, 2)
})

test('who comes after takes the address over', (context) => {
  const environment = { XDG_STATE_HOME: temporaryFolder(context) }
  registerServer(entry({ pid: DEAD }), environment)
  registerServer(entry({ id: 'two' }), environment)
  assert.equal(findServer(entry().url, environment)?.id, 'two')
  assert.equal(findServer(entry().url, environment, 'one'), undefined)
})

test('a dead server is still known, and not counted as live', (context) => {
  const environment = { XDG_STATE_HOME: temporaryFolder(context) }
  registerServer(entry({ pid: DEAD }), environment)
  assert.equal(findServer(entry().url, environment)?.id, 'one')
  assert.deepEqual(liveServers(environment), [])
})

test('a forgotten server is not found', (context) => {
  const environment = { XDG_STATE_HOME: temporaryFolder(context) }
  registerServer(entry(), environment)
  forgetServer(entry(), environment)
  forgetServer(entry(), environment)
  assert.equal(findServer(entry().url, environment), undefined)
})

test('nobody else can read it', { skip: process.platform === 'win32' }, (context) => {
  const state = temporaryFolder(context)
  registerServer(entry(), { XDG_STATE_HOME: state })
  const folder = join(state, 'understudy', 'servers')
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const files = readdirSync(folder)
  assert.equal(files.length, 1)
  for (const file of files) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600)
})

test('files that are none of ours are passed over', (context) => {
  const state = temporaryFolder(context)
  const environment = { XDG_STATE_HOME: state }
  registerServer(entry(), environment)
  const folder = join(state, 'understudy', 'servers')
  const [file = ''] = readdirSync(folder)
  writeFileSync(join(folder, file.replace('.json', '0.json')), '{ broken')
  writeFileSync(join(folder, file.replace('.json', '1.json')), '{"url":1}')
  assert.equal(findServer(entry().url, environment)?.id, 'one')
})
