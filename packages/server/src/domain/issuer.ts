/** Names of token issuers: the address that a token's `iss` holds, and the name that ARNs and condition keys hold. */

export type IssuerName =
  | { readonly ok: true; readonly name: string }
  | { readonly ok: false; readonly why: 'no-https-address' | 'query-or-fragment' }

/**
 * The issuer without `https://`, as provider ARNs show it: host in lower case, port 443 left out, path as written. A slash at
 * the end counts, also where the path is nothing else (Auth0's issuers): `iss` equals the registered address to the letter.
 */
export function issuerName(address: string): IssuerName {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'https:' || url.hostname === '' || url.username !== '' || url.password !== '')
    return { ok: false, why: 'no-https-address' }
  if (/[?#]/.test(address)) return { ok: false, why: 'query-or-fragment' }
  const path = address.replace(/^https:\/\/[^/]*/i, '')
  return { ok: true, name: `${url.host}${path}` }
}

const OUTBOUND_DOMAIN = 'tokens.sts.global.api.aws'

/** Issuer of an account's outbound tokens. @param id the issuer's UUID */
export const outboundIssuerAddress = (id: string): string => `https://${id}.${OUTBOUND_DOMAIN}`

const OUTBOUND_HOST = new RegExp(`^([a-z0-9-]+)\\.${OUTBOUND_DOMAIN.replaceAll('.', '\\.')}(?::\\d+)?$`, 'i')

/** Id of the outbound issuer that a host name, with or without a port, stands for. */
export const outboundIssuerOf = (host: string): string | undefined => OUTBOUND_HOST.exec(host)?.[1]?.toLowerCase()
