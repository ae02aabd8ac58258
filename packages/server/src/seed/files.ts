/** Files that a seed names beside itself: read before it is applied, so that applying needs no disk. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Seed, SamlProviderSeed } from './types.ts'
import { refuse } from './work.ts'

/** Puts the text of each `metadataFile` in its place. @param folder of the seed file @throws SeedRefused for a file that cannot be read */
export async function withFiles(seed: Seed, folder: string): Promise<Seed> {
  const accounts = await Promise.all(
    seed.accounts.map(async (account) =>
      account.samlProviders === undefined
        ? account
        : {
            ...account,
            samlProviders: await Promise.all(account.samlProviders.map((each) => withMetadata(each, folder))),
          },
    ),
  )
  return { ...seed, accounts }
}

async function withMetadata(provider: SamlProviderSeed, folder: string): Promise<SamlProviderSeed> {
  if (provider.metadataFile === undefined) return provider
  const file = resolve(folder, provider.metadataFile)
  try {
    return { ...provider, metadata: await readFile(file, 'utf8') }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return refuse(provider.line, `SAML provider ${provider.name}`, `the file \`${file}\` cannot be read: ${why}`)
  }
}
