/**
 * The servers of this user: `start` registers each here, so that other commands find its operator's token by the address
 * of its console. Files are readable by their owner alone.
 */
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './command.ts'

/** What other commands need to know of a running server. */
export interface ServerEntry {
  /** Address of the console listener: `http://127.0.0.1:4567`. */
  readonly url: string
  /** The server's own id, made at its first start (at each start when it is ephemeral). */
  readonly id: string
  /** The operator's token. */
  readonly token: string
  /** Where the administrators' keys stand, in the AWS shared-credentials format. */
  readonly credentialsFile: string
  /** Address of the AWS endpoint. */
  readonly awsUrl: string
  readonly pid: number
}

/** `~/.local/state/understudy`, or where XDG_STATE_HOME (on Windows LOCALAPPDATA) says. */
export function stateFolder(environment: Environment): string {
  const base =
    environment['XDG_STATE_HOME'] ||
    (process.platform === 'win32' ? environment['LOCALAPPDATA'] : undefined) ||
    join(environment['HOME'] || homedir(), '.local', 'state')
  return join(base, 'understudy')
}

/** Names of this machine's loopback are one: the console is opened as `console.localhost`, clients take 127.0.0.1. */
export function canonicalUrl(url: string): string {
  const parsed = new URL(url)
  const host = ['localhost', 'console.localhost', '[::1]'].includes(parsed.hostname) ? '127.0.0.1' : parsed.hostname
  const port = parsed.port || (parsed.protocol === 'https:' ? '443' : '80')
  return `${parsed.protocol}//${host}:${port}`
}

const serversFolder = (environment: Environment): string => join(stateFolder(environment), 'servers')
const prefixOf = (url: string): string => createHash('sha256').update(canonicalUrl(url)).digest('hex').slice(0, 16)
const fileOf = (entry: Pick<ServerEntry, 'url' | 'id'>): string =>
  `${prefixOf(entry.url)}-${createHash('sha256').update(entry.id).digest('hex').slice(0, 16)}.json`

/** Makes a server known to the commands of this user; who was registered at the same address before is gone, so its entry goes. */
export function registerServer(entry: ServerEntry, environment: Environment): void {
  const folder = serversFolder(environment)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(stateFolder(environment), 0o700)
  chmodSync(folder, 0o700)
  for (const [name, known] of entriesAt(entry.url, environment))
    if (known.url === entry.url || !isAlive(known.pid)) rmSync(join(folder, name), { force: true })
  const temporary = join(folder, `.${randomBytes(8).toString('hex')}.tmp`)
  writeFileSync(temporary, `${JSON.stringify(entry, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(temporary, join(folder, fileOf(entry)))
}

/**
 * The server at an address: the one registered under exactly this one, then one whose process lives.
 * @param id only the server with this id
 */
export function findServer(url: string, environment: Environment, id?: string): ServerEntry | undefined {
  const entries = entriesAt(url, environment)
    .map(([, entry]) => entry)
    .filter((entry) => id === undefined || entry.id === id)
  return (
    entries.find((entry) => entry.url === url && isAlive(entry.pid)) ??
    entries.find((entry) => isAlive(entry.pid)) ??
    entries[0]
  )
}

/** Every server of this user whose process lives. */
export function liveServers(environment: Environment): readonly ServerEntry[] {
  return readEntries(environment, '')
    .map(([, entry]) => entry)
    .filter((entry) => isAlive(entry.pid))
}

/** Forgets a server that has stopped. Forgetting an unknown one is no error. */
export function forgetServer(entry: Pick<ServerEntry, 'url' | 'id'>, environment: Environment): void {
  rmSync(join(serversFolder(environment), fileOf(entry)), { force: true })
}

const entriesAt = (url: string, environment: Environment) => readEntries(environment, `${prefixOf(url)}-`)

function readEntries(environment: Environment, prefix: string): readonly (readonly [name: string, ServerEntry])[] {
  const folder = serversFolder(environment)
  const names = namesIn(folder).filter((name) => name.startsWith(prefix) && name.endsWith('.json'))
  return names.flatMap((name) => {
    const entry = readEntry(join(folder, name))
    return entry === undefined ? [] : [[name, entry] as const]
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** `undefined` for a file that went away meanwhile, or that is not ours. */
function readEntry(path: string): ServerEntry | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isEntry(value) ? value : undefined
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined
    throw error
  }
}

function isEntry(value: unknown): value is ServerEntry {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Readonly<Record<string, unknown>>
  return (
    ['url', 'id', 'token', 'credentialsFile', 'awsUrl'].every((name) => typeof record[name] === 'string') &&
    typeof record['pid'] === 'number'
  )
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Whether the process of a server lives. Signal 0 asks only whether the process is there; EPERM says that it is, and somebody else's. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
