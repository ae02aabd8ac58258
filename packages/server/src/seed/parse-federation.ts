/** The seed's schema of identity providers. */
import { issuerName } from '../domain/issuer.ts'
import { readMetadata } from '../federation/saml/metadata.ts'
import { labIdentityProvider } from './parse-lab-users.ts'
import { tags } from './parse-words.ts'
import { list, object, oneOf, optional, pattern, plain, required, text, wrong } from './readers.ts'
import type { Read } from './readers.ts'
import type { OidcProviderSeed, SamlProviderSeed } from './types.ts'

/** As CreateOpenIDConnectProvider takes it. */
const issuer = text((value) => (issuerName(value).ok ? undefined : `\`${value}\` is no https address without query`))

/** A JSON Web Key Set (RFC 7517, section 5), as an object or as JSON text. */
const keySet: Read<string> = (node, place) => {
  const value = node.kind === 'scalar' ? textOfJson(node.value) : plain(node)
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined
  const isSet = Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null)
  return isSet ? JSON.stringify(value) : wrong(node, place, 'a key set is an object with a list `keys` (RFC 7517)')
}

function textOfJson(value: unknown): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export const oidcProvider = object<OidcProviderSeed>('an OIDC provider', {
  url: required(issuer),
  clientIds: optional(
    list(text((value) => (/^[\s\S]{1,255}$/.test(value) ? undefined : 'a client id has 1 to 255 characters'))),
  ),
  thumbprints: optional(list(pattern(/^[0-9A-Fa-f]{40}$/, '40 hexadecimal digits'))),
  jwks: optional(keySet),
  tags: optional(tags),
})

const metadata = text((value) => {
  const read = readMetadata(value)
  return read.ok ? undefined : `in the metadata ${read.explanation}`
})
const samlMembers = object<SamlProviderSeed>('a SAML provider', {
  name: required(pattern(/^[\w._-]{1,128}$/, '1 to 128 letters, digits or . _ -')),
  metadata: optional(metadata),
  metadataFile: optional(text()),
  lab: optional(labIdentityProvider),
  assertionEncryptionMode: optional(oneOf('Allowed', 'Required')),
  privateKeys: optional(list(text())),
  tags: optional(tags),
})

/** Metadata comes from one of three places. */
export const samlProvider: Read<SamlProviderSeed> = (node, place) => {
  const read = samlMembers(node, place)
  if (read === undefined) return undefined
  const sources = [read.metadata, read.metadataFile, read.lab].filter((source) => source !== undefined)
  return sources.length === 1
    ? read
    : wrong(node, place, 'a SAML provider has one of `metadata`, `metadataFile` and `lab`')
}
