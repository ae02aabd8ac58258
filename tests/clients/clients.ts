/** Clients in other languages: a server with the journey's accounts, and what the programs need to know of it. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ROOT } from '../house/files.ts'
import { start } from '../support/started.ts'

export interface ClientRun {
  readonly code: number | null
  readonly output: string
}

/** Whether a program answers; the name of a skipped test says what is missing. */
export const isInstalled = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, [...args], { stdio: 'ignore' }).status === 0

interface Instance {
  readonly address: string
}

/** Starts a server, with the journey's seed unless another is named, runs a client program against it, stops both. */
export async function runClient(
  command: string,
  args: readonly string[],
  cwd: string,
  seed = 'tests/journey/seed.yaml',
): Promise<ClientRun> {
  const server = await start(['--ephemeral', '--clock', 'movable', '--seed', resolve(ROOT, seed)])
  const folder = mkdtempSync(join(tmpdir(), 'understudy-client-'))
  try {
    const listed = await server.run(['imds', 'list', '--json'])
    const [instance] = JSON.parse(listed.out) as readonly Instance[]
    const env = {
      ...process.env,
      UNDERSTUDY_TEST_AWS: server.aws,
      UNDERSTUDY_TEST_METADATA: instance?.address ?? '',
      UNDERSTUDY_TEST_NODE: process.execPath,
      UNDERSTUDY_TEST_BIN: resolve(ROOT, 'packages/server/bin/understudy.js'),
      UNDERSTUDY_TEST_FOLDER: folder,
      UNDERSTUDY_SERVER: server.console,
      XDG_STATE_HOME: server.stateHome,
    }
    const child = spawn(command, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    await once(child, 'close')
    return {
      code: child.exitCode,
      output: child.exitCode === 0 ? output : `${output}\n--- server log ---\n${server.log()}`,
    }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
