/** A real server in a process of its own, and the commands of the user who started it. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { processTerminal } from './terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/understudy.js', import.meta.url))

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface TestServer {
  /** Home and state of the user; the test that made it removes it. */
  readonly folder: string
  readonly awsUrl: string
  readonly consoleUrl: string
  readonly pid: number
  /** Everything on standard output and standard error so far. */
  readonly written: { out: string; err: string }
  /** Runs a command as that user. */
  readonly understudy: (
    args: readonly string[],
    more?: Readonly<Record<string, string>>,
    input?: string,
  ) => Promise<Ended>
  /** Sends a signal to the process of the ready line. @returns its exit code */
  readonly stop: (signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL') => Promise<number | null>
}

const READY = /^understudy ready aws=(http:\/\/127\.0\.0\.1:\d+) console=(http:\/\/127\.0\.0\.1:\d+) pid=(\d+)$/

/** @param folder that of an earlier server, to start on its state again */
export async function startTestServer(
  options: readonly string[],
  seed?: string,
  folder: string = mkdtempSync(join(tmpdir(), 'understudy-commands-')),
): Promise<TestServer> {
  const seedFile = join(folder, 'understudy.yaml')
  if (seed !== undefined) writeFileSync(seedFile, seed)
  const environment = { PATH: processTerminal().environment['PATH'], HOME: folder, XDG_STATE_HOME: folder }
  const listeners = ['--listen', '127.0.0.1:0', '--console', '127.0.0.1:0']
  const seeding = seed === undefined ? [] : ['--seed', seedFile]
  const child = spawn(process.execPath, [PROGRAM, 'start', ...options, ...listeners, ...seeding], {
    env: environment,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { out: '', err: '' }
  child.stderr.setEncoding('utf8').on('data', (part: string) => (written.err += part))
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => (written.out += `${line}\n`))
  await Promise.race([once(lines, 'line'), once(child, 'exit')])
  const found = READY.exec(written.out.trimEnd())
  assert.ok(found, `not the ready line: ${written.out}${written.err}`)
  const [, awsUrl = '', consoleUrl = '', pid = ''] = found
  return {
    folder,
    awsUrl,
    consoleUrl,
    pid: Number(pid),
    written,
    understudy: (args, more = {}, input = '') =>
      runCommand(args, { ...environment, UNDERSTUDY_SERVER: consoleUrl, ...more }, input),
    stop: async (signal) => {
      process.kill(Number(pid), signal)
      const [code] = (await once(child, 'exit')) as [number | null]
      return code
    },
  }
}

/** Runs the command once, to its end. */
export function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  input = '',
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], { env: environment }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
    child.stdin?.end(input)
  })
}
