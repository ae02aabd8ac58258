/** What a server holds when it is ready for the first time: the seed's accounts, or one account of its own. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CommandFailure } from '../cli/command.ts'
import { EVERYWHERE, accounts } from '../entities/iam.ts'
import type { Core } from '../main.ts'
import { applySeed, createAccount } from '../seed/apply.ts'
import { withFiles } from '../seed/files.ts'
import { parseSeed } from '../seed/parse.ts'
import { SeedRefused, problemText } from '../seed/types.ts'
import type { SeedParts } from '../seed/work.ts'

const FIRST_ACCOUNT = 'main'

export const seedParts = (core: Core): SeedParts => ({
  chance: core.platform.chance,
  clock: core.platform.clock,
  vault: core.platform.vault,
  catalogue: core.platform.catalogue,
  blobs: core.platform.blobs,
  objects: core.platform.objects,
})

/** Applies the seed, or makes the first account where there is none. @throws CommandFailure with file and line for a bad seed */
export async function fillFirst(core: Core, seedFile: string | undefined): Promise<void> {
  if (seedFile !== undefined) await applySeedFile(core, seedFile)
  await againIfRefused(async () => {
    const known = await core.store.read((reader) => reader.list(accounts, EVERYWHERE, { limit: 1 }))
    if (known.length === 0) await createAccount(core.store, seedParts(core), { name: FIRST_ACCOUNT })
  })
}

/** Nodes that start together each choose an id for a new name; who comes second is refused, looks again and finds it there. */
async function againIfRefused<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SeedRefused)) throw error
    return work()
  }
}

async function applySeedFile(core: Core, file: string): Promise<void> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandFailure(`the seed file \`${file}\` cannot be read: ${(error as Error).message}`)
  }
  const parsed = await parseSeed(text)
  if (!parsed.ok) throw new CommandFailure(parsed.problems.map((problem) => problemText(problem, file)).join('\n'))
  try {
    const seed = await withFiles(parsed.seed, dirname(resolve(file)))
    await againIfRefused(() => applySeed(seed, core.store, seedParts(core)))
  } catch (error) {
    if (error instanceof SeedRefused)
      throw new CommandFailure(error.problems.map((problem) => problemText(problem, file)).join('\n'))
    throw error
  }
}
