/** Starts that must not succeed: each ends with its exit code and one message that says what to do, never with a trace. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { BIN, start } from '../support/started.ts'
import type { Started } from '../support/started.ts'

let folder = ''
let running: Started
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-faults-'))
  running = await start(['--data', join(folder, 'taken')])
})
after(async () => {
  // None of the starts below harmed the server that was there.
  assert.equal((await fetch(`${running.console}/ready`)).status, 200)
  assert.equal(await running.stop(), 0)
  assert.doesNotMatch(running.log(), /"event":"fault"/)
  rmSync(folder, { recursive: true, force: true })
})

const ANY = ['--listen', '127.0.0.1:0', '--console', '127.0.0.1:0']
/** A server that starts all the same is stopped after this time, and has no exit code then. */
const START_MILLISECONDS = 20_000

function attempt(
  args: readonly string[],
): Promise<{ readonly code: unknown; readonly out: string; readonly err: string }> {
  const env = { ...process.env, XDG_STATE_HOME: running.stateHome }
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, 'start', ...args], { env, timeout: START_MILLISECONDS }, (error, out, err) =>
      resolve({ code: error === null ? 0 : error.code, out, err }),
    )
  })
}

async function refused(args: readonly string[], code: 1 | 2, says: RegExp): Promise<void> {
  const got = await attempt(args)
  assert.deepEqual({ code: got.code, out: got.out }, { code, out: '' }, got.err)
  assert.match(got.err, says)
  assert.doesNotMatch(got.err, /^ {4}at /m, 'a trace is no message')
}

const usage: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['--nonsense'], /Unknown option '--nonsense'/],
  [['--epemeral'], /Unknown option '--epemeral'/],
  [['word'], /does not take `word`/],
  [['--listen', '127.0.0.1'], /--listen: `127\.0\.0\.1` is no address/],
  [['--listen', '127.0.0.1:99999'], /--listen: `127\.0\.0\.1:99999` is no address/],
  [['--console', 'x:y'], /--console: `x:y` is no address/],
  [['--clock', 'fast'], /the only value is movable/],
  [['--ephemeral', '--data', 'x'], /--ephemeral` keeps nothing/],
  [['--store', 'mysql://x'], /--store` takes sqlite or postgres/],
  [['--imds-period', '-5'], /--imds-period/],
  [['--imds-period', '1.5'], /`--imds-period` takes whole seconds/],
]
for (const [args, says] of usage) test(`start ${args.join(' ')}`, () => refused(args, 2, says))

test('a port that is taken is named', async () => {
  const { host } = new URL(running.aws)
  await refused(['--ephemeral', '--listen', host, '--console', '127.0.0.1:0'], 1, new RegExp(`${host} is taken`))
  await refused(['--ephemeral', '--listen', '127.0.0.1:0', '--console', host], 1, new RegExp(`${host} is taken`))
})

test('an address that is not of this machine is named', () =>
  refused(['--ephemeral', '--listen', '192.0.2.1:4566', '--console', '127.0.0.1:0'], 1, /192\.0\.2\.1:4566 cannot/))

test('a data folder in use is refused', () =>
  refused(['--data', join(folder, 'taken'), ...ANY], 1, /is in use by another server/))

test('a data folder that is a file', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  return refused(['--data', file, ...ANY], 1, /file/)
})

test('a database that is none', () => {
  const data = join(folder, 'garbage')
  mkdirSync(data)
  writeFileSync(join(data, 'store.db'), 'this is no database, however long it is read '.repeat(200))
  return refused(['--data', data, ...ANY], 1, /store\.db|database/)
})

test('the id of a data folder that is none', () => {
  const data = join(folder, 'no-id')
  mkdirSync(data)
  writeFileSync(join(data, 'server-id'), 'nonsense')
  return refused(['--data', data, ...ANY], 1, /does not hold the id of a server/)
})

test('keys: too short, and gone', async () => {
  const key = join(folder, 'short.key')
  writeFileSync(key, 'c2hvcnQ=')
  await refused(['--data', join(folder, 'k1'), '--key-file', key, ...ANY], 1, /must hold 32 bytes/)
  const gone = join(folder, 'k2')
  mkdirSync(gone)
  writeFileSync(join(gone, 'credentials'), '')
  await refused(['--data', gone, ...ANY], 1, /which is gone/)
})

test('another key than the one of the first start', async () => {
  const data = join(folder, 'k3')
  const [mine, other] = ['mine.key', 'other.key'].map((name) => join(folder, name))
  assert.ok(mine && other)
  writeFileSync(mine, Buffer.alloc(32, 1).toString('base64'))
  writeFileSync(other, Buffer.alloc(32, 2).toString('base64'))
  const server = await start(['--data', data, '--key-file', mine])
  assert.equal(await server.stop(), 0)
  await refused(['--data', data, '--key-file', other, ...ANY], 1, /key/)
})

test('an audit file that cannot be written', () =>
  refused(['--ephemeral', '--audit-file', join(folder, 'no', 'audit.jsonl'), ...ANY], 1, /audit file .* cannot be/))

const ID = '"111122223333"'
const seeds: readonly (readonly [name: string, text: string, says: RegExp])[] = [
  ['no YAML', 'accounts: [', /seed\.yaml:\d+: /],
  ['a tab', 'accounts:\n\t- id: x\n', /seed\.yaml:2: /],
  ['an account id that lost its zero', 'accounts:\n  - id: 012345671234\n    name: z\n', /seed\.yaml:2: .*quote it/],
  ['a word that is not known', `accounts:\n  - id: ${ID}\n    rolls: []\n`, /seed\.yaml:3: /],
  ['an account twice', `accounts:\n  - id: ${ID}\n  - id: ${ID}\n`, /seed\.yaml:3: /],
  ['a role without trust', `accounts:\n  - id: ${ID}\n    roles:\n      - roleName: r\n`, /seed\.yaml:4: /],
  [
    'a policy that is none',
    `accounts:\n  - id: ${ID}\n    policies:\n      - policyName: p\n        document: { Statement: 5 }\n`,
    /seed\.yaml:\d: /,
  ],
  [
    'a policy that is attached and not there',
    `accounts:\n  - id: ${ID}\n    users:\n      - userName: u\n        managedPolicies: [nowhere]\n`,
    /seed\.yaml:5: /,
  ],
]
for (const [name, text, says] of seeds)
  test(`a seed that is refused with its line: ${name}`, async () => {
    const seed = join(folder, 'seed.yaml')
    const data = join(folder, `seeded-${name.replaceAll(' ', '-')}`)
    writeFileSync(seed, text)
    await refused(['--data', data, '--seed', seed, ...ANY], 1, says)
    assert.equal(existsSync(join(data, 'credentials')), false, 'nothing was made')
  })

test('a seed that is not there', () =>
  refused(['--ephemeral', '--seed', join(folder, 'nowhere.yaml'), ...ANY], 1, /nowhere\.yaml/))

test('a seed that is refused by a running server leaves it as it was', async () => {
  const before_ = await running.run(['export'])
  const bad = `accounts:\n  - id: ${ID}\n    roles:\n      - roleName: good\n        trust: { Statement: 5 }\n`
  const file = join(folder, 'bad.yaml')
  writeFileSync(file, bad)
  const applied = await running.run(['apply', file])
  assert.equal(applied.code, 1, applied.err)
  assert.match(applied.err, /:\d+: /)
  assert.equal((await running.run(['export'])).out, before_.out)
  assert.equal(readFileSync(join(folder, 'taken', 'credentials'), 'utf8').includes('111122223333'), false)
})
