/** Whom a Principal or NotPrincipal names: rules 2.8 to 2.19. */
import type { Principal } from '@understudy/policy'

/** What kind of entry named the caller; a grant is worth more or less by it (4.4). */
export type GrantClass =
  | 'any'
  | 'account'
  | 'role'
  | 'user'
  | 'issuer'
  | 'session'
  | 'federated-user'
  | 'service'
  | 'provider'

type PrincipalKind = 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'

/** `*`, or lists of names by kind. */
export type PrincipalElement = '*' | Readonly<Partial<Record<PrincipalKind, string | readonly string[]>>>

/** Every class under which the entries name the caller; none when they do not. */
export function namedBy(element: PrincipalElement, caller: Principal): readonly GrantClass[] {
  if (element === '*') return ['any']
  return Object.entries(element).flatMap(([kind, names]) =>
    [names].flat().flatMap((name) => classOf(kind as PrincipalKind, name, caller) ?? []),
  )
}

function classOf(kind: PrincipalKind, name: string, caller: Principal): GrantClass | undefined {
  if (kind === 'AWS') return name === '*' ? 'any' : awsClass(name, caller)
  // 2.14: the service's exact name, and never anybody else.
  if (kind === 'Service') return caller.kind === 'service' && caller.name === name ? 'service' : undefined
  // 2.16: the provider of the token or assertion must be the one listed.
  if (kind === 'Federated') return providersOf(caller).includes(name) ? 'provider' : undefined
  // 2.17: a canonical id needs a table of ids; stores turn it into the account's ARN.
  return undefined
}

/** Issuers that AWS knows without an ARN; every other one is named by the ARN of its provider (2.16). */
const BUILT_IN: readonly string[] = [
  'accounts.google.com',
  'cognito-identity.amazonaws.com',
  'graph.facebook.com',
  'www.amazon.com',
]

function providersOf(caller: Principal): readonly (string | undefined)[] {
  if (caller.kind === 'saml') return [caller.providerArn]
  if (caller.kind !== 'web-identity') return []
  const { provider, providerArn } = caller
  return [providerArn, BUILT_IN.includes(provider) || provider.startsWith('arn:') ? provider : undefined]
}

/** An entry under `AWS` other than `*`. There are no patterns here (2.18): names are compared whole. */
function awsClass(name: string, caller: Principal): GrantClass | undefined {
  if (!('accountId' in caller)) return undefined
  if (namesAccount(name, caller.accountId)) return 'account'
  switch (caller.kind) {
    case 'user': // 2.12, and 2.20 for the unique id
      return name === caller.arn || name === caller.userId ? 'user' : undefined
    case 'role-session': // 2.10, 2.11
      if (name === caller.arn) return 'session'
      return name === caller.roleArn || name === caller.userId.split(':')[0] ? 'role' : undefined
    case 'federated-user': // 2.13
      if (name === caller.arn) return 'federated-user'
      return name === caller.issuerArn ? 'issuer' : undefined
    default:
      return undefined
  }
}

/** 2.9: the id and the ARN of the account's root say the same. */
const namesAccount = (name: string, accountId: string): boolean =>
  name === accountId || /^arn:[^:]*:iam::([^:]*):root$/.exec(name)?.[1] === accountId

/**
 * 2.19: who is left out of a Deny with NotPrincipal. Each of the caller's own names has to be listed, the account too;
 * a caller with a permissions boundary is never left out, nor is an anonymous one.
 */
export function exempted(element: PrincipalElement, caller: Principal, hasBoundary: boolean): boolean {
  if (hasBoundary || caller.kind === 'anonymous') return false
  const found = namedBy(element, caller)
  return needed(caller).every((kind) => found.includes(kind))
}

function needed(caller: Principal): readonly GrantClass[] {
  switch (caller.kind) {
    case 'root':
      return ['account']
    case 'user':
      return ['user', 'account']
    case 'role-session':
      return ['session', 'role', 'account']
    case 'federated-user':
      return ['federated-user', 'issuer', 'account']
    case 'service':
      return ['service']
    case 'anonymous':
      return ['any']
    default:
      return ['provider']
  }
}
