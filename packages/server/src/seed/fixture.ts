/** What the tests of this folder start from: an empty store that keeps nothing, a clock that stands still, seeded chance. */
import type { TestContext } from 'node:test'
import { openTemporaryBlobs } from '../blobs/disk.ts'
import { openVault } from '../credentials/vault.ts'
import { seededChance } from '../domain/chance.ts'
import { manualClock, monotonic } from '../domain/clock.ts'
import { loadManagedPolicyCatalogue } from '../entities/catalogue/load.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/port.ts'
import { applySeed, planSeed } from './apply.ts'
import { parseSeed } from './parse.ts'
import type { Plan } from './plan.ts'
import { SeedRefused } from './types.ts'
import type { Seed } from './types.ts'
import type { SeedParts } from './work.ts'

export interface World {
  readonly store: Store
  readonly parts: SeedParts
  readonly apply: (text: string) => Promise<Plan>
  readonly plan: (text: string) => Promise<Plan>
}

const catalogue = loadManagedPolicyCatalogue()

export async function emptyWorld(context: TestContext): Promise<World> {
  const chance = seededChance('seed tests')
  const clock = manualClock('2026-01-01T00:00:00Z')
  const bytes = (count: number) => chance.bytes(count)
  const store = await openStore({ kind: 'ephemeral' }, { now: () => clock.wire(), monotonic, chance: bytes })
  const blobs = await openTemporaryBlobs(bytes)
  context.after(async () => {
    await store.close()
    await blobs.close()
  })
  const vault = openVault(Buffer.alloc(32, 7), chance)
  const parts: SeedParts = { vault, chance, clock, catalogue, objects: store.objects, blobs }
  return {
    store,
    parts,
    apply: async (text) => applySeed(await parsed(text), store, parts),
    plan: async (text) => {
      const seed = await parsed(text)
      return store.read((reader) => planSeed(seed, reader, parts))
    },
  }
}

/** @throws SeedRefused, as callers of `parseSeed` do */
async function parsed(text: string): Promise<Seed> {
  const result = await parseSeed(text)
  if (!result.ok) throw new SeedRefused(result.problems)
  return result.seed
}
