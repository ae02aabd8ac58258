/** The keys that seal session tokens: rows, sealed by the vault, made before their first use and kept beyond the longest session. */
import { instant } from '../domain/brands.ts'
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
  /** Makes a successor when the newest key is old, and drops keys that no live session can have been sealed with. */
  readonly rotate: () => Promise<void>
}

const HOUR = 3_600_000
/** A key seals for this long. */
const LIFE = 30 * 24 * HOUR
/** A new key waits this long before its first use, so that every node has read it. Above twice any staleness limit. */
const NOTICE = HOUR / 6
/** The longest session (36 hours, GetSessionToken) and an hour. */
const KEPT = 37 * HOUR
/** The first key counts as old as this: instance documents of the present period were issued before it was made. */
const BACKDATED = 24 * HOUR

interface Parts {
  readonly vault: Vault
  readonly chance: Chance
  readonly clock: Clock
}

/** Reads the keys of a store; makes the first one in a new store. @throws Error when a row cannot be opened */
export async function openSealingKeys(store: Store, parts: Parts): Promise<SealingKeys> {
  const { vault, clock } = parts
  let keys: readonly SealingKey[] = []
  const look = async (): Promise<void> => {
    const rows = await store.read((reader) => reader.list(sealingKeys, EVERYWHERE))
    keys = rows.map((row) => opened(row, vault)).toSorted((a, b) => b.usedFrom - a.usedFrom)
  }
  const reload = shared(look)
  const rotate = async (): Promise<void> => {
    await store.write([EVERYWHERE], async (writer) => {
      const rows = (await writer.list(sealingKeys, EVERYWHERE)).toSorted((a, b) => b.usedFrom - a.usedFrom)
      const now = clock.wire()
      if (!rows.some((row) => row.usedFrom > now - LIFE)) {
        const usedFrom = instant(rows.length === 0 ? now - BACKDATED : now + NOTICE)
        await writer.put(sealingKeys, EVERYWHERE, newRow(usedFrom, parts))
      }
      // A key is needed until its successor has sealed for longer than any session lives.
      for (const [index, row] of rows.entries()) {
        const successor = rows[index - 1]
        if (successor && successor.usedFrom < now - KEPT) await writer.remove(sealingKeys, EVERYWHERE, row.id)
      }
    })
    await reload()
  }
  await rotate()
  return {
    current: (at = clock.session()) => {
      const key = keys.find((candidate) => candidate.usedFrom <= at) ?? keys.at(-1)
      if (key === undefined) throw new Error('the store holds no sealing key')
      return key
    },
    byId: (id) => keys.find((key) => key.id === id),
    reload,
    rotate,
  }
}

/** At most one look under way and one behind it, which all share who come meanwhile: strangers' tokens cost no look each. */
function shared(look: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= running
      .catch(() => {
        // Its own callers were told.
      })
      .then(() => {
        next = undefined
        running = look()
        return running
      })
    return next
  }
}

function newRow(usedFrom: Instant, { chance, vault }: Parts): SealingKeyRow {
  const id = chance.bytes(4).toString('hex')
  return { id, usedFrom, sealed: vault.seal(chance.bytes(32).toString('base64'), ['sealing-key', id]) }
}

const opened = (row: SealingKeyRow, vault: Vault): SealingKey => ({
  id: row.id,
  usedFrom: row.usedFrom,
  secret: Buffer.from(vault.open(row.sealed, ['sealing-key', row.id]), 'base64'),
})
