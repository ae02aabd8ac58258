/** Opens a store by the words of the command line. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreRefused } from './errors.ts'
import { once } from './once.ts'
import type { Store } from './port.ts'
import type { PostgresOptions } from './postgres/store.ts'
import { openSqliteStore } from './sqlite/store.ts'
import type { SqliteOptions } from './sqlite/store.ts'
import type { Surroundings } from './surroundings.ts'

export type StoreSpec =
  | ({ readonly kind: 'sqlite' } & Omit<SqliteOptions, 'durable'>)
  /** A store in a private temporary folder that goes with its closing: `:memory:` cannot be shared by two connections. */
  | ({ readonly kind: 'ephemeral' } & Omit<SqliteOptions, 'durable' | 'folder'>)
  | ({ readonly kind: 'postgres' } & PostgresOptions)

/** Rejects with `StoreRefused`: the message says why and what to do. */
export async function openStore(spec: StoreSpec, surroundings: Surroundings): Promise<Store> {
  try {
    return await openAdapter(spec, surroundings)
  } catch (error) {
    if (error instanceof StoreRefused) throw error
    throw new StoreRefused('unusable', `The store cannot be opened: ${(error as Error).message}`, error)
  }
}

async function openAdapter(spec: StoreSpec, surroundings: Surroundings): Promise<Store> {
  switch (spec.kind) {
    case 'sqlite':
      return openSqliteStore({ ...spec, durable: true }, surroundings)
    case 'ephemeral':
      return openEphemeral(spec, surroundings)
    case 'postgres': {
      // Loaded only when it is used: pg costs memory and time at the start.
      const { openPostgresStore } = await import('./postgres/store.ts')
      return openPostgresStore(spec, surroundings)
    }
  }
}

async function openEphemeral(spec: StoreSpec & { kind: 'ephemeral' }, surroundings: Surroundings): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const store = await openSqliteStore({ ...spec, folder, durable: false }, surroundings)
    const close = once(async () => {
      await store.close()
      await removeFolder()
    })
    return { ...store, close }
  } catch (error) {
    await removeFolder()
    throw error
  }
}
