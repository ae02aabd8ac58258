/**
 * The Principal element: whom it names, and how strong the grant is. A resource policy that names the account gives
 * less than one that names the user (policy-semantics 2.9 to 2.19, 4.4), so a match is a grant class, not yes or no.
 */
import type { PrincipalTest } from './compiled.ts'
import type { JsonNode } from './language/json.ts'
import type { Principal } from './types.ts'

/** Bits, since several entries may match at once. 0 is no match. */
export const GRANT = {
  none: 0,
  /** The account, which delegates to its identity policies. */
  account: 1,
  role: 2,
  /** The user who issued a federated session. */
  issuer: 4,
  user: 8,
  session: 16,
  federatedUser: 32,
  any: 64,
  service: 128,
  /** A web identity or SAML provider. */
  provider: 256,
} as const

/** Grants that need nothing else in the same account. */
export const DIRECT = GRANT.user | GRANT.session | GRANT.federatedUser | GRANT.any

/** Grants without an identity policy that boundary and session policy still limit. */
export const LIMITED = GRANT.role | GRANT.issuer

const ACCOUNT = /^\d{12}$/
const ROOT_ARN = /^arn:[^:]*:iam::(\d{12}):root$/

/** Compiles `"*"` or `{"AWS": …, "Service": …, "Federated": …}`; an unknown kind of principal names nobody. */
export function compilePrincipal(node: JsonNode, not: boolean): PrincipalTest {
  const aws = node.kind === 'object' ? textsOf(node, 'AWS') : node.kind === 'string' ? [node.value] : []
  const accounts = aws.map(accountOf).filter((account) => account !== undefined)
  return {
    not,
    any: aws.includes('*'),
    accounts: new Set(accounts),
    identities: new Set(aws.filter((text) => text !== '*' && accountOf(text) === undefined)),
    services: new Set(node.kind === 'object' ? textsOf(node, 'Service') : []),
    providers: new Set(node.kind === 'object' ? textsOf(node, 'Federated') : []),
  }
}

const accountOf = (text: string): string | undefined => (ACCOUNT.test(text) ? text : ROOT_ARN.exec(text)?.[1])

function textsOf(node: JsonNode & { readonly kind: 'object' }, name: string): readonly string[] {
  const value = node.members.find((member) => member.name === name)?.value
  const items = value?.kind === 'array' ? value.items : value ? [value] : []
  return items.flatMap((item) => (item.kind === 'string' ? [item.value] : []))
}

/** Grant classes by which `Principal` names the caller. */
export function grantOf(test: PrincipalTest, principal: Principal): number {
  const any = test.any ? GRANT.any : 0
  switch (principal.kind) {
    case 'anonymous':
      return any
    case 'service':
      return any | (test.services.has(principal.name) ? GRANT.service : 0)
    case 'web-identity':
    case 'saml':
      return any | (namesProvider(test, principal) ? GRANT.provider : 0)
    default:
      return any | (test.accounts.has(principal.accountId) ? GRANT.account : 0) | identityGrant(test, principal)
  }
}

function namesProvider(
  test: PrincipalTest,
  principal: Principal & { readonly kind: 'web-identity' | 'saml' },
): boolean {
  if (principal.providerArn !== undefined && test.providers.has(principal.providerArn)) return true
  // A bare name is a built-in provider's (accounts.google.com); a provider with an ARN is named by nothing else.
  return (
    principal.kind === 'web-identity' && principal.providerArn === undefined && test.providers.has(principal.provider)
  )
}

type Identity = Exclude<Principal, { readonly kind: 'anonymous' | 'service' | 'web-identity' | 'saml' }>

function identityGrant(test: PrincipalTest, principal: Identity): number {
  const { identities } = test
  if (identities.size === 0) return 0
  switch (principal.kind) {
    case 'root':
      return 0
    case 'user':
      return identities.has(principal.arn) || identities.has(principal.userId) ? GRANT.user : 0
    case 'role-session': {
      const role = identities.has(principal.roleArn) || identities.has(roleIdOf(principal.userId)) ? GRANT.role : 0
      return role | (identities.has(principal.arn) ? GRANT.session : 0)
    }
    case 'federated-user':
      return (identities.has(principal.arn) ? GRANT.federatedUser : 0) | issuerGrant(test, principal.issuerArn)
  }
}

const issuerGrant = (test: PrincipalTest, issuer: string): number => (test.identities.has(issuer) ? GRANT.issuer : 0)

const roleIdOf = (userId: string): string => userId.replace(/:.*$/s, '')

/**
 * Is the caller left out of a `NotPrincipal`? Every name it goes by must be listed, the account included
 * (policy-semantics 2.19).
 */
export function isExempt(test: PrincipalTest, principal: Principal): boolean {
  if (principal.kind === 'anonymous') return false
  if (principal.kind === 'service') return test.services.has(principal.name)
  if (principal.kind === 'web-identity' || principal.kind === 'saml') return namesProvider(test, principal)
  if (!test.accounts.has(principal.accountId)) return false
  const grants = identityGrant(test, principal)
  if (principal.kind === 'root') return true
  if (principal.kind === 'user') return grants === GRANT.user
  if (principal.kind === 'role-session') return grants === (GRANT.role | GRANT.session)
  return grants === (GRANT.federatedUser | GRANT.issuer)
}
