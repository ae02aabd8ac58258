/** A server started through its command line, as users start it, and the commands that talk to it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from '../house/files.ts'

/** The program, for tests that start it in their own way. */
export const BIN = resolve(ROOT, 'packages/server/bin/understudy.js')

export interface CommandResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Started {
  readonly aws: string
  readonly console: string
  readonly pid: number
  readonly stateHome: string
  /** Everything on standard error so far. */
  readonly log: () => string
  /** Runs a command against this server. */
  readonly run: (args: readonly string[], input?: string) => Promise<CommandResult>
  /** SIGTERM; resolves to the exit code. */
  readonly stop: () => Promise<number | null>
}

export const READY = /^understudy ready aws=(\S+) console=(\S+) pid=(\d+)$/

/** Starts on free ports with a state folder of its own. @throws Error with the log when it does not become ready */
export async function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const stateHome = mkdtempSync(join(tmpdir(), 'understudy-state-'))
  const env = { ...process.env, XDG_STATE_HOME: stateHome, ...environment }
  const ports = ['--listen', '127.0.0.1:0', '--console', '127.0.0.1:0']
  const child = spawn(process.execPath, [BIN, 'start', ...ports, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk) => (log += String(chunk)))
  const line = await firstLine(child)
  const ready = READY.exec(line ?? '')
  if (!ready) {
    child.kill('SIGKILL')
    throw new Error(`the server did not become ready; it said: ${line}\n${log}`)
  }
  const [, aws = '', console_ = '', pid = ''] = ready
  return {
    aws,
    console: console_,
    pid: Number(pid),
    stateHome,
    log: () => log,
    run: (words, input) => runCommand(words, { ...env, UNDERSTUDY_SERVER: console_ }, input),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        process.kill(Number(pid), 'SIGTERM')
        await once(child, 'exit')
      }
      rmSync(stateHome, { recursive: true, force: true })
      return child.exitCode
    },
  }
}

async function firstLine(
  child: ChildProcess & { readonly stdout: NodeJS.ReadableStream },
): Promise<string | undefined> {
  const lines = createInterface({ input: child.stdout })
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => String(text)),
    once(child, 'exit').then(() => undefined),
  ])
  return line
}

/** Runs a command line of the product. */
export async function runCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input?: string,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [BIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  child.stdin.end(input ?? '')
  await once(child, 'close')
  return { code: child.exitCode, out, err }
}
