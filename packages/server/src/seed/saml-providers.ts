/** SAML providers of a seed, and the identity providers that the lab plays for them. */
import { createPrivateKey } from 'node:crypto'
import { labSamlIdps, samlKeySealOwner, samlProviders } from '../entities/saml.ts'
import type { LabSamlIdp, SamlPrivateKey, SamlProvider } from '../entities/saml.ts'
import { samlId } from '../federation/saml/identifiers.ts'
import { labEntityId, labMetadata, newLabIdp } from '../federation/saml/lab.ts'
import { readMetadata } from '../federation/saml/metadata.ts'
import type { SamlProviderSeed } from './types.ts'
import { refuse, tagChanges, united, withTags } from './work.ts'
import type { Work } from './work.ts'

export async function ensureSamlProvider(work: Work, wanted: SamlProviderSeed): Promise<void> {
  const { store, account } = work
  const before = await store.get(samlProviders, account, wanted.name)
  const metadata = await metadataFor(work, wanted)
  const privateKeys = keysFor(work, wanted, before)
  const encryption = wanted.assertionEncryptionMode ?? before?.encryption ?? 'Allowed'
  if (encryption === 'Required' && privateKeys.length === 0)
    refuse(wanted.line, `SAML provider ${wanted.name}`, 'it takes encrypted assertions only, and has no private key')
  const tags = withTags(before?.tags ?? [], wanted.tags, false)
  const next: SamlProvider = {
    name: wanted.name,
    uuid: before?.uuid ?? samlId('SAMLSP', work.parts.chance),
    metadata,
    createdAt: before?.createdAt ?? work.now,
    encryption,
    privateKeys,
    tags,
  }
  const changes =
    before === undefined
      ? []
      : [
          ...(before.metadata === metadata ? [] : ['its metadata']),
          ...(before.encryption === encryption ? [] : [`assertion encryption ${encryption}`]),
          ...(before.privateKeys.length === privateKeys.length ? [] : ['its private keys']),
          ...tagChanges(before.tags, tags),
        ]
  if (before !== undefined && changes.length === 0) return
  await store.put(samlProviders, account, next)
  work.record({ action: before === undefined ? 'create' : 'change', kind: 'SAML provider', name: next.name, changes })
}

async function metadataFor(work: Work, wanted: SamlProviderSeed): Promise<string> {
  const place = `SAML provider ${wanted.name}`
  if (wanted.lab !== undefined) return labMetadata(await labIdp(work, wanted))
  if (wanted.metadata === undefined)
    return refuse(
      wanted.line,
      place,
      `the file \`${wanted.metadataFile}\` was not read: name its folder, or put the metadata here`,
    )
  const read = readMetadata(wanted.metadata)
  return read.ok ? wanted.metadata : refuse(wanted.line, place, `in the metadata ${read.explanation}`)
}

/** The key is made once: a second application finds it. */
async function labIdp(work: Work, { name, lab }: SamlProviderSeed): Promise<LabSamlIdp> {
  const { store, account, parts, now } = work
  const before = await store.get(labSamlIdps, account, name)
  const entityId = lab?.entityId ?? before?.entityId ?? labEntityId(name)
  const consumers = united(before?.consumers ?? [], lab?.consumers ?? [])
  const added = consumers.slice(before?.consumers?.length ?? 0)
  if (before?.entityId === entityId && added.length === 0) return before
  const idp =
    before?.entityId === entityId ? before : await newLabIdp({ account, providerName: name, entityId, now }, parts)
  const made = consumers.length === 0 ? idp : { ...idp, consumers }
  await store.put(labSamlIdps, account, made)
  work.record({
    action: before === undefined ? 'create' : 'change',
    kind: 'lab identity provider (SAML)',
    name: entityId,
    changes: added.map((address) => `consumer ${address}`),
  })
  return made
}

/** Keys of the file that are not there yet are added; two at most, as on AWS. */
function keysFor(work: Work, wanted: SamlProviderSeed, before: SamlProvider | undefined): readonly SamlPrivateKey[] {
  const { vault, chance } = work.parts
  const place = `SAML provider ${wanted.name}`
  const present = before?.privateKeys ?? []
  const known = new Set(present.map(({ id, sealedPem }) => vault.open(sealedPem, samlKeySealOwner(work.account, id))))
  const added = (wanted.privateKeys ?? [])
    .filter((pem) => !known.has(pem))
    .map((pem) => {
      if (!isPrivateKey(pem)) refuse(wanted.line, place, 'a private key is no PEM of a key')
      const id = samlId('SAMLPK', chance)
      return { id, addedAt: work.now, sealedPem: vault.seal(pem, samlKeySealOwner(work.account, id)) }
    })
  const all = [...present, ...added]
  if (all.length > 2) refuse(wanted.line, place, 'a SAML provider has two private keys at most')
  return all
}

function isPrivateKey(pem: string): boolean {
  try {
    createPrivateKey(pem)
    return true
  } catch {
    return false
  }
}
