/** Exports identity providers and the lab. */
import { labIssuers, oidcProviders } from '../entities/federation.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import type { Reader } from '../store/port.ts'
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

/** The lab's issuers without their keys, which are made anew where the seed is applied. */
export async function exportLab(reader: Reader): Promise<object | undefined> {
  const rows = await reader.list(labIssuers, EVERYWHERE)
  if (rows.length === 0) return undefined
  const ofKind = (kind: string) => rows.filter((row) => row.kind === kind).map(({ issuer }) => ({ issuer }))
  return present({ github: ofKind('github'), kubernetes: ofKind('kubernetes'), oidc: ofKind('oidc') })
}
