/** OpenID Connect providers of a seed. */
import { issuerName } from '../domain/issuer.ts'
import { oidcProviders } from '../entities/federation.ts'
import type { OidcProvider } from '../entities/federation.ts'
import { sameDocument } from './same.ts'
import type { OidcProviderSeed } from './types.ts'
import { defined, refuse, tagChanges, united, withTags } from './work.ts'
import type { Work } from './work.ts'

export async function ensureOidcProvider(work: Work, wanted: OidcProviderSeed): Promise<void> {
  const issuer = issuerName(wanted.url)
  if (!issuer.ok) return refuse(wanted.line, 'oidcProviders', `\`${wanted.url}\` is no address of an issuer`)
  const before = await work.store.get(oidcProviders, work.account, issuer.name)
  const clientIds = united(before?.clientIds ?? [], wanted.clientIds ?? [])
  const prints = (wanted.thumbprints ?? []).map((print) => print.toLowerCase())
  const thumbprints = united(before?.thumbprints ?? [], prints)
  const tags = withTags(before?.tags ?? [], wanted.tags, false)
  const isOtherSet =
    wanted.jwks !== undefined && (before?.jwks === undefined || !sameDocument(before.jwks, wanted.jwks))
  const next = defined<OidcProvider>({
    url: issuer.name,
    clientIds,
    thumbprints,
    jwks: isOtherSet ? wanted.jwks : before?.jwks,
    createdAt: before?.createdAt ?? work.now,
    tags,
  })
  const changes =
    before === undefined
      ? []
      : [
          ...clientIds.filter((id) => !before.clientIds.includes(id)).map((id) => `client id ${id}`),
          ...thumbprints.filter((print) => !before.thumbprints.includes(print)).map((print) => `thumbprint ${print}`),
          ...(isOtherSet ? ['its keys'] : []),
          ...tagChanges(before.tags, tags),
        ]
  if (before !== undefined && changes.length === 0) return
  await work.store.put(oidcProviders, work.account, next)
  work.record({ action: before === undefined ? 'create' : 'change', kind: 'OIDC provider', name: next.url, changes })
}
