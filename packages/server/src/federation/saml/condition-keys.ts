/** The `saml:` condition keys of a proved assertion. IAM User Guide, "IAM and AWS STS condition context keys". */
import { createHash } from 'node:crypto'
import type { ContextValue } from '@understudy/policy'
import type { AccountId } from '../../domain/brands.ts'
import type { AssertionClaims } from './claims.ts'

export interface SamlSubject {
  readonly claims: AssertionClaims
  readonly account: AccountId
  readonly providerName: string
}

/** No slash behind the issuer. STS API Reference, AssumeRoleWithSAML, NameQualifier. */
export const nameQualifier = (issuer: string, account: AccountId, providerName: string): string =>
  createHash('sha1').update(`${issuer}${account}/${providerName}`).digest('base64')

/** What lives on in the session. */
export const sessionKeys = ({ claims, account, providerName }: SamlSubject): Readonly<Record<string, string>> => ({
  'saml:namequalifier': nameQualifier(claims.issuer, account, providerName),
  'saml:sub': claims.subject,
  'saml:sub_type': claims.subjectType,
})

/** What the trust policy sees besides. */
export function trustKeys(subject: SamlSubject): Readonly<Record<string, ContextValue>> {
  const { claims, account, providerName } = subject
  const mapped = MAPPED.flatMap(([key, kind, ...names]) => {
    const values = names.flatMap((name) => claims.attributes.get(name) ?? [])
    const [first] = values
    if (first === undefined) return []
    return [[key, kind === 'many' ? values : first] as const]
  })
  return {
    ...Object.fromEntries(mapped),
    ...sessionKeys(subject),
    'saml:aud': claims.recipient,
    'saml:iss': claims.issuer,
    'saml:doc': `${account}/${providerName}`,
  }
}

const EDU_PERSON = 'urn:oid:1.3.6.1.4.1.5923.1.1.1.'
const EDU_ORG = 'urn:oid:1.3.6.1.4.1.5923.1.2.1.'
const CLAIMS = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/'

type Row = readonly [key: string, kind: 'one' | 'many', ...names: string[]]

/** Key ← names of attributes. Names are case-sensitive. */
const MAPPED: readonly Row[] = [
  ['saml:edupersonaffiliation', 'many', `${EDU_PERSON}1`],
  ['saml:edupersonnickname', 'many', `${EDU_PERSON}2`],
  ['saml:edupersonorgdn', 'many', `${EDU_PERSON}3`],
  ['saml:edupersonorgunitdn', 'many', `${EDU_PERSON}4`],
  ['saml:edupersonprimaryaffiliation', 'one', `${EDU_PERSON}5`],
  ['saml:edupersonprincipalname', 'one', `${EDU_PERSON}6`],
  ['saml:edupersonentitlement', 'many', `${EDU_PERSON}7`],
  ['saml:edupersonprimaryorgunitdn', 'one', `${EDU_PERSON}8`],
  ['saml:edupersonscopedaffiliation', 'many', `${EDU_PERSON}9`],
  ['saml:edupersontargetedid', 'many', `${EDU_PERSON}10`],
  ['saml:edupersonassurance', 'many', `${EDU_PERSON}11`],
  ['saml:eduorghomepageuri', 'many', `${EDU_ORG}2`],
  ['saml:eduorgidentityauthnpolicyuri', 'many', `${EDU_ORG}3`],
  ['saml:eduorglegalname', 'many', `${EDU_ORG}4`],
  ['saml:eduorgsuperioruri', 'many', `${EDU_ORG}5`],
  ['saml:eduorgwhitepagesuri', 'many', `${EDU_ORG}6`],
  ['saml:cn', 'many', 'urn:oid:2.5.4.3'],
  ['saml:commonname', 'one', 'http://schemas.xmlsoap.org/claims/CommonName'],
  ['saml:name', 'one', `${CLAIMS}name`, 'urn:oid:2.5.4.41'],
  ['saml:givenname', 'one', `${CLAIMS}givenname`, 'urn:oid:2.5.4.42'],
  ['saml:surname', 'one', `${CLAIMS}surname`, 'urn:oid:2.5.4.4'],
  ['saml:mail', 'one', `${CLAIMS}emailaddress`, 'urn:oid:0.9.2342.19200300.100.1.3'],
  ['saml:uid', 'one', 'urn:oid:0.9.2342.19200300.100.1.1'],
  ['saml:organizationstatus', 'one', 'urn:oid:0.9.2342.19200300.100.1.45'],
  ['saml:primarygroupsid', 'one', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid'],
  ['saml:x500uniqueidentifier', 'one', 'urn:oid:2.5.4.45'],
]
