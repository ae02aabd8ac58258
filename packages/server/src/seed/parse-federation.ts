/** The seed's schema of identity providers. */
import { issuerName } from '../domain/issuer.ts'
import { tags } from './parse-words.ts'
import { list, object, optional, pattern, plain, required, text, wrong } from './readers.ts'
import type { Read } from './readers.ts'
import type { OidcProviderSeed } from './types.ts'

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
