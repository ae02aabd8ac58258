/** What an issuer publishes: discovery (OpenID Connect Discovery 1.0, section 3) and keys. */
import { issuerName } from '../../domain/issuer.ts'
import type { LabIssuer } from '../../entities/federation.ts'
import { labKeySet } from '../oidc/web-identity.ts'

/** Path below the console listener at which a lab issuer's documents stand: `/lab/token.actions.githubusercontent.com`. */
export function labPath(row: LabIssuer): string {
  const name = issuerName(row.issuer)
  return `/lab/${name.ok ? name.name : row.issuer}`
}

/** @param place address of `labPath` */
export const discoveryDocument = (row: LabIssuer, place: string): object => ({
  issuer: row.issuer,
  jwks_uri: `${place}/keys`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [...new Set(row.keys.map(({ algorithm }) => algorithm))],
})

export const keysDocument = (row: LabIssuer): object => JSON.parse(labKeySet(row)) as object
