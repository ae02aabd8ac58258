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
