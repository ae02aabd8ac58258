/** The data folder and the outer key: what must be there before a store can be opened. */
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CommandFailure } from '../cli/command.ts'
import { stateFolder } from '../cli/servers.ts'
import type { Environment } from '../cli/command.ts'
import type { StartOptions } from './options.ts'

export interface DataFolder {
  readonly folder: string
  /** Made at first start; a new one at each start of an ephemeral server. */
  readonly serverId: string
  /** 32 bytes that live outside the data folder. */
  readonly outerKey: Uint8Array
  readonly credentialsFile: string
  readonly ephemeral: boolean
}

const KEY_BYTES = 32

/** Makes what is missing. @throws CommandFailure when a folder or key cannot be used */
export function openDataFolder(options: StartOptions, environment: Environment): DataFolder {
  if (options.store.kind === 'ephemeral') {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-run-'))
    return {
      folder,
      serverId: randomBytes(8).toString('hex'),
      outerKey: randomBytes(KEY_BYTES),
      credentialsFile: join(folder, 'credentials'),
      ephemeral: true,
    }
  }
  const folder = resolve(options.store.folder)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  } catch (error) {
    throw new CommandFailure(`the data folder \`${folder}\` cannot be made: ${(error as Error).message}`)
  }
  const serverId = ownId(join(folder, 'server-id'))
  const keyFile = options.keyFile ?? join(stateFolder(environment), 'keys', `${keyNameOf(options.store, serverId)}.key`)
  return {
    folder,
    serverId,
    outerKey: outerKey(keyFile, folder),
    credentialsFile: join(folder, 'credentials'),
    ephemeral: false,
  }
}

/**
 * A database is shared: nodes of one user on one machine find its key by its address; nodes elsewhere must be given the same key,
 * and do not start with another one.
 */
const keyNameOf = (store: StartOptions['store'], serverId: string): string =>
  store.kind === 'postgres'
    ? `postgres-${createHash('sha256').update(withoutPassword(store.url)).digest('hex').slice(0, 16)}`
    : serverId

function withoutPassword(url: string): string {
  const parsed = new URL(url)
  parsed.password = ''
  return parsed.href
}

function ownId(file: string): string {
  if (existsSync(file)) {
    const id = readFileSync(file, 'utf8').trim()
    if (!/^[0-9a-f]{16}$/.test(id)) throw new CommandFailure(`\`${file}\` does not hold the id of a server`)
    return id
  }
  const id = randomBytes(8).toString('hex')
  writeFileSync(file, `${id}\n`, { mode: 0o600, flag: 'wx' })
  return id
}

/** A data folder without its key cannot be opened: a new key would only hide that. */
function outerKey(file: string, folder: string): Uint8Array {
  if (existsSync(file)) {
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')
    if (key.length !== KEY_BYTES) throw new CommandFailure(`the key file \`${file}\` must hold 32 bytes in base64`)
    return key
  }
  if (existsSync(join(folder, 'credentials')))
    throw new CommandFailure(
      `the data folder \`${folder}\` was made with the key \`${file}\`, which is gone: restore it, or name it with --key-file`,
    )
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const key = randomBytes(KEY_BYTES)
  try {
    writeFileSync(file, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    // Another node of the same database was faster: its key counts.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return outerKey(file, folder)
    throw error
  }
  return key
}
