/** Opens the blobs that belong to a store: a folder beside SQLite, the database itself with PostgreSQL. */
import { openDiskBlobs, openTemporaryBlobs } from './disk.ts'
import type { BlobsOptions } from './disk.ts'
import type { Blobs } from './port.ts'

export type BlobsSpec =
  | { readonly kind: 'disk'; readonly folder: string }
  /** A private folder that goes with its closing. */
  | { readonly kind: 'temporary' }
  /** Every node of the database reads what any of them took. */
  | { readonly kind: 'postgres'; readonly url: string }

/** @throws Error when the folder or the database cannot be used */
export async function openBlobs(spec: BlobsSpec, chance: BlobsOptions['chance']): Promise<Blobs> {
  switch (spec.kind) {
    case 'disk':
      return openDiskBlobs({ folder: spec.folder, durable: true, chance })
    case 'temporary':
      return openTemporaryBlobs(chance)
    case 'postgres': {
      // Loaded only when it is used: pg costs memory and time at the start.
      const { openPostgresBlobs } = await import('./postgres.ts')
      return openPostgresBlobs({ url: spec.url, chance })
    }
  }
}
