/** The table of commands: help, refusals of wrong usage, what is not built yet, completion. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from './commands.ts'
import { temporaryFolder, testTerminal } from './fixture.ts'
import { run } from './main.ts'

for (const command of COMMANDS)
  test(`${command.name} --help shows its usage and an example`, async () => {
    const terminal = testTerminal()
    assert.equal(await run([command.name, '--help'], terminal), 0)
    assert.match(terminal.written.out, /Usage:\n {2}understudy /)
    assert.ok(terminal.written.out.includes(command.example))
    for (const name of Object.keys(command.options)) assert.ok(terminal.written.out.includes(`--${name}`))
  })

const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['nonsense'], /there is no command `nonsense`/],
  [['env', '--nonsense'], /Unknown option '--nonsense'/],
  [['env', 'word'], /does not take `word`/],
  [['env', '--account'], /argument missing/i],
  [['env', '--json=yes'], /does not take an argument/],
  [['start', '--clok', 'movable'], /Unknown option '--clok'/],
  [['start', '--clock', 'fast'], /the only value is movable/],
  [['start', '--listen', 'nowhere'], /--listen: `nowhere` is no address/],
  [['why'], /needs more words/],
  [['why', 'a', 'b'], /does not take `b`/],
  [['clock', 'retreat', '5m'], /`clock` has no `retreat`/],
  [['clock', 'advance'], /say how far/],
  [['clock', 'advance', '5 minutes'], /does not take|is not a duration/],
  [['clock', 'advance', '5x'], /is not a duration/],
  [['account', 'delete'], /has no `delete`/],
  [['imds', 'list', 'i-1'], /takes no instance/],
  [['completion', 'tcsh'], /has no `tcsh`/],
  [['apply', '/nowhere/seed.yaml'], /cannot be read/],
  [['env', '--server', 'nonsense'], /is not the address of a console/],
]
for (const [args, says] of wrong)
  test(`wrong usage: understudy ${args.join(' ')}`, async (context) => {
    const terminal = testTerminal({ XDG_STATE_HOME: temporaryFolder(context) })
    assert.equal(await run(args, terminal), 2)
    assert.match(terminal.written.err, says)
    assert.equal(terminal.written.out, '')
  })

for (const name of ['import', 'test', 'exec', 'snapshot', 'restore', 'gateway', 'lab'])
  test(`${name} is not built yet, and says so`, async () => {
    const terminal = testTerminal()
    assert.equal(await run([name, 'whatever', '--option'], terminal), 2)
    assert.match(terminal.written.err, /not built yet/)
  })

test('without a command the overview is shown, as wrong usage', async () => {
  const terminal = testTerminal()
  assert.equal(await run([], terminal), 2)
  assert.match(terminal.written.out, /Usage: understudy COMMAND/)
})

test('the overview names every command', async () => {
  const terminal = testTerminal()
  assert.equal(await run(['--help'], terminal), 0)
  for (const { name } of COMMANDS) assert.match(terminal.written.out, new RegExp(`\\b${name}\\b`))
})

test('without a server, commands say how to start one', async (context) => {
  for (const args of [['env'], ['whoami'], ['clock'], ['why', 'last'], ['reset'], ['imds', 'list'], ['export']]) {
    const terminal = testTerminal({ XDG_STATE_HOME: temporaryFolder(context) })
    assert.equal(await run(args, terminal), 1)
    assert.match(terminal.written.err, /no server of this user is known at http:\/\/127\.0\.0\.1:4567\. Start one/)
  }
})

for (const shell of ['bash', 'zsh', 'fish'])
  test(`completion for ${shell} names commands, verbs and options`, async () => {
    const terminal = testTerminal()
    assert.equal(await run(['completion', shell], terminal), 0)
    for (const word of ['whoami', 'advance', 'encoded']) assert.ok(terminal.written.out.includes(word))
  })
