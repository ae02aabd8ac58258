/** The keys that seal session tokens: rows, sealed by the vault, made before their first use and kept beyond the longest session. */
import type { Instant } from '../domain/brands.ts'
import type { Chance } from '../domain/chance.ts'
import type { Clock } from '../domain/clock.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import type { Kind, Store } from '../store/port.ts'
import type { Vault } from './vault.ts'

export interface SealingKey {
  /** Eight hexadecimal digits, in clear in every token. */
  readonly id: string
  /** 32 bytes. */
  readonly secret: Uint8Array
  /** Session time from which on it seals. */
  readonly usedFrom: Instant
}

interface SealingKeyRow {
  readonly id: string
  readonly sealed: string
  readonly usedFrom: Instant
}

export const sealingKeys: Kind<SealingKeyRow> = { name: 'sealing-key', version: 1, key: (row) => row.id }

export interface SealingKeys {
  /** The newest key whose time has come. @param at session time; now when absent. A published document keeps its period's key */
  readonly current: (at?: Instant) => SealingKey
  readonly byId: (id: string) => SealingKey | undefined
  /** Reads the rows again: another node may have made a key. */
  readonly reload: () => Promise<void>
}

/** Reads the keys of a store; makes the first one in a new store. @throws Error when a row cannot be opened */
export async function openSealingKeys(
  store: Store,
  parts: { readonly vault: Vault; readonly chance: Chance; readonly clock: Clock },
): Promise<SealingKeys> {
  const { vault, chance, clock } = parts
  let keys: readonly SealingKey[] = []
  const reload = async () => {
    const rows = await store.read((reader) => reader.list(sealingKeys, EVERYWHERE))
    keys = rows
      .map((row) => ({
        id: row.id,
        usedFrom: row.usedFrom,
        secret: Buffer.from(vault.open(row.sealed, ['sealing-key', row.id]), 'base64'),
      }))
      .toSorted((a, b) => b.usedFrom - a.usedFrom)
  }
  await reload()
  if (keys.length === 0) {
    await store.write([EVERYWHERE], async (writer) => {
      if ((await writer.list(sealingKeys, EVERYWHERE, { limit: 1 })).length > 0) return
      const id = chance.bytes(4).toString('hex')
      await writer.put(sealingKeys, EVERYWHERE, {
        id,
        usedFrom: 0 as Instant,
        sealed: vault.seal(chance.bytes(32).toString('base64'), ['sealing-key', id]),
      })
    })
    await reload()
  }
  return {
    current: (at = clock.session()) => {
      const key = keys.find((candidate) => candidate.usedFrom <= at)
      if (key === undefined) throw new Error('no sealing key is in use yet')
      return key
    },
    byId: (id) => keys.find((key) => key.id === id),
    reload,
  }
}
