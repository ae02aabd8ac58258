/** Exports identity providers, the lab, and what a partner of temporary delegation has registered. */
import {
  DELEGATION_PARTNER,
  delegationPartners,
  delegationRequests,
  partnerBoundaries,
} from '../entities/delegation.ts'
import { labIssuers, oidcProviders } from '../entities/federation.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import { labSamlIdps, labSamlUsers, samlProviders } from '../entities/saml.ts'
import type { LabSamlIdp, LabSamlUser } from '../entities/saml.ts'
import { labMetadata } from '../federation/saml/lab.ts'
import type { Reader } from '../store/port.ts'
import { documentValue, present, tagsValue } from './export-words.ts'
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

/** A provider of the lab gets a new key, and so new metadata, where the seed is applied. */
export async function exportSamlProviders(exporting: Exporting): Promise<readonly object[]> {
  const { reader, account, leftOut } = exporting
  const exported: object[] = []
  for (const row of await reader.list(samlProviders, account)) {
    const idp = await reader.get(labSamlIdps, account, row.name)
    const isLab = idp !== undefined && row.metadata === labMetadata(idp)
    for (const key of row.privateKeys)
      leftOut.push(`account ${account}: private key ${key.id} of SAML provider ${row.name}`)
    if (row.encryption === 'Required')
      leftOut.push(`account ${account}: SAML provider ${row.name} takes encrypted assertions only, which needs its key`)
    exported.push(
      present({
        name: row.name,
        metadata: isLab ? undefined : row.metadata,
        lab: isLab ? await labValue(idp, exporting) : undefined,
        tags: tagsValue(row.tags),
      }),
    )
  }
  return exported
}

async function labValue(idp: LabSamlIdp, exporting: Exporting): Promise<object> {
  const rows = await exporting.reader.list(labSamlUsers, exporting.account)
  return present({
    entityId: idp.entityId,
    consumers: idp.consumers,
    users: rows.filter((row) => row.providerName === idp.providerName).map((row) => labUser(row, exporting)),
  })
}

/** A password is a secret like an access key's. */
function labUser(row: LabSamlUser, { account, leftOut, openPassword }: Exporting): object {
  const password = openPassword?.(row)
  if (row.sealedPassword !== undefined && password === undefined)
    leftOut.push(`account ${account}: the password of ${row.userName}, user of SAML provider ${row.providerName}`)
  return { ...present({ userName: row.userName, password, roles: row.roleValues }), ...row.says }
}

/** The lab's issuers without their keys, which are made anew where the seed is applied. */
export async function exportLab(reader: Reader): Promise<object | undefined> {
  const rows = await reader.list(labIssuers, EVERYWHERE)
  if (rows.length === 0) return undefined
  const ofKind = (kind: string) => rows.filter((row) => row.kind === kind).map(({ issuer }) => ({ issuer }))
  return present({ github: ofKind('github'), kubernetes: ofKind('kubernetes'), oidc: ofKind('oidc') })
}

/** Requests are of a moment, and are not exported. */
export async function exportDelegationPartner({ reader, account, leftOut }: Exporting): Promise<object | undefined> {
  const requests = await reader.find(delegationRequests, EVERYWHERE, 'requestor', account)
  if (requests.length > 0) leftOut.push(`account ${account}: ${requests.length} delegation requests`)
  const partner = await reader.get(delegationPartners, account, DELEGATION_PARTNER)
  if (partner === undefined) return undefined
  const boundaries = await reader.find(partnerBoundaries, EVERYWHERE, 'owner', account)
  const documents = (rows: readonly { readonly name: string; readonly text: string }[]) =>
    rows.map(({ name, text }) => ({ name, document: documentValue(text) }))
  return present({
    name: partner.name,
    domain: partner.domain,
    policyTemplates: documents(partner.templates),
    permissionsBoundaries: documents(boundaries),
  })
}
