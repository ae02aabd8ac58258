/** One store, one outer key: a server that was given another key must not start, or it would seal what nobody else can open. */
import { EVERYWHERE } from '../entities/iam.ts'
import { StoreRefused } from '../store/errors.ts'
import type { Kind, Store } from '../store/port.ts'
import type { Vault } from './vault.ts'

interface Installation {
  readonly id: 'this'
  /** Tells two keys apart without showing either. */
  readonly checkValue: string
}

const installations: Kind<Installation> = { name: 'installation', version: 1, key: (row) => row.id }

/** Remembers the key of a new store. @throws StoreRefused when the store was made with another key */
export async function checkInstallation(store: Store, vault: Vault): Promise<void> {
  const known = await store.read((reader) => reader.get(installations, EVERYWHERE, 'this'))
  const row =
    known ??
    (await store.write([EVERYWHERE], async (writer) => {
      const present = await writer.get(installations, EVERYWHERE, 'this')
      if (present) return present
      const made: Installation = { id: 'this', checkValue: vault.checkValue }
      await writer.put(installations, EVERYWHERE, made)
      return made
    }))
  if (row.checkValue !== vault.checkValue)
    throw new StoreRefused(
      'unusable',
      'this store was made with another key: give the key it was made with (--key-file or UNDERSTUDY_KEY_FILE)',
    )
}
