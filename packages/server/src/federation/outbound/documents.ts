/** What an outbound issuer publishes: discovery (OpenID Connect Discovery 1.0, section 3) and keys, also while it is off. */
import { outboundIssuerAddress } from '../../domain/issuer.ts'
import { outboundIssuers } from '../../entities/outbound.ts'
import type { OutboundIssuer } from '../../entities/outbound.ts'
import type { Reader } from '../../store/port.ts'

const DISCOVERY = '/.well-known/openid-configuration'
const KEYS = '/.well-known/jwks.json'

/**
 * @param id the issuer's UUID
 * @param path below the issuer's address
 * @param place address of the issuer as the reader of the document reaches it; the issuer's own when absent
 * @returns the document, or `undefined` where the issuer has none
 */
export async function outboundDocument(
  id: string,
  path: string,
  reader: Reader,
  place?: string,
): Promise<object | undefined> {
  if (path !== DISCOVERY && path !== KEYS) return undefined
  const found = await reader.findUnique(outboundIssuers, 'id', id)
  if (found === undefined) return undefined
  return path === KEYS ? keySet(found.row) : discovery(found.row, place ?? outboundIssuerAddress(id))
}

const discovery = (row: OutboundIssuer, place: string): object => ({
  issuer: outboundIssuerAddress(row.id),
  jwks_uri: `${place}${KEYS}`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: row.keys.map(({ algorithm }) => algorithm),
})

const keySet = (row: OutboundIssuer): object => ({
  keys: row.keys.map(({ kid, algorithm, publicJwk }) => ({ ...publicJwk, kid, alg: algorithm, use: 'sig' })),
})
