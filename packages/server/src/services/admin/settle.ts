/** What follows a change of accounts or instances: the credentials file and the metadata listeners are as the rows say. */
import { writeCredentialsFile } from '../../seed/credentials-file.ts'
import type { AdminParts } from './parts.ts'

export async function settle({ store, seed, credentialsFile, imds }: AdminParts): Promise<void> {
  if (credentialsFile !== undefined) await writeCredentialsFile(credentialsFile, store, seed.vault)
  await imds?.sync()
}
