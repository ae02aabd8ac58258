/**
 * The file of administrators' keys, in the AWS shared-credentials format: profile `default` for the first account, one per
 * account id and one per name. Readable by its owner alone; replaced as a whole, so nobody ever reads half of it.
 */
import { open, rename, rm } from 'node:fs/promises'
import type { Vault } from '../credentials/vault.ts'
import { accessKeys, accessKeySealOwner, accounts, EVERYWHERE, users } from '../entities/iam.ts'
import type { AccessKey, Account } from '../entities/iam.ts'
import type { Reader, Store } from '../store/port.ts'
import { ADMINISTRATOR } from './people.ts'

interface Section {
  readonly names: readonly string[]
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Writes the file anew from what the store holds. @param path `<data folder>/credentials` */
export async function writeCredentialsFile(path: string, store: Store, vault: Vault): Promise<void> {
  const sections = await store.read((reader) => sectionsOf(reader, vault))
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(credentialsText(sections))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** Accounts from the oldest on, each with the oldest active key of its administrator; those without one are left out. */
async function sectionsOf(reader: Reader, vault: Vault): Promise<readonly Section[]> {
  const rows = [...(await reader.list(accounts, EVERYWHERE))].toSorted((a, b) => a.createdAt - b.createdAt)
  const sections: Section[] = []
  for (const account of rows) {
    const key = await administratorKey(reader, account)
    if (key === undefined) continue
    const names = [account.id, ...(isProfileName(account.name, account.id) ? [account.name] : [])]
    sections.push({
      names: sections.length === 0 ? ['default', ...names] : names,
      accessKeyId: key.id,
      secretAccessKey: vault.open(key.sealedSecret, accessKeySealOwner(account.id, key.id, key.ownerId)),
    })
  }
  return sections
}

/** A name that would close its own heading, or hide the first account's, gets no profile; its id has one anyway. */
const isProfileName = (name: string, id: string): boolean =>
  name !== id && name !== 'default' && !/[[\]\r\n]/.test(name)

async function administratorKey(reader: Reader, account: Account): Promise<AccessKey | undefined> {
  const administrator = await reader.get(users, account.id, ADMINISTRATOR)
  if (administrator === undefined) return undefined
  const keys = await reader.find(accessKeys, account.id, 'owner', administrator.id)
  return keys.filter((key) => key.status === 'Active').toSorted((a, b) => a.createdAt - b.createdAt)[0]
}

function credentialsText(sections: readonly Section[]): string {
  const lines = sections.flatMap(({ names, accessKeyId, secretAccessKey }) =>
    names.flatMap((name) => [
      `[${name}]`,
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
      '',
    ]),
  )
  return [
    '# Keys of the administrators, written by Understudy. Changes are lost at the next start or apply.',
    '',
    ...lines,
  ].join('\n')
}
