/** Exports identity providers. */
import { oidcProviders } from '../entities/federation.ts'
import { present, tagsValue } from './export-words.ts'
import type { Exporting } from './export-words.ts'

export async function exportOidcProviders({ reader, account }: Exporting): Promise<readonly object[]> {
  const rows = await reader.list(oidcProviders, account)
  return rows.map((row) =>
    present({
      url: `https://${row.url}`,
      clientIds: row.clientIds,
      thumbprints: row.thumbprints,
      jwks: row.jwks === undefined ? undefined : (JSON.parse(row.jwks) as unknown),
      tags: tagsValue(row.tags),
    }),
  )
}
