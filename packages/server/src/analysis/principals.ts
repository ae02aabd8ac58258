/** The principals of a store as callers: by ARN, and all of them. A role calls through a session that is made up. */
import { parseArn, assumedRoleArn, roleArn, rootArn, splitIamResource, userArn } from '../domain/arn.ts'
import { accountId, knownAccountId } from '../domain/brands.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Caller, SessionFacts } from '../credentials/caller.ts'
import { EVERYWHERE, accounts, folded, roles, users } from '../entities/iam.ts'
import type { Role, User } from '../entities/iam.ts'
import type { Kind, Reader } from '../store/port.ts'

/** Caller kinds that a store's principals have. */
export type KnownCaller = Extract<Caller, { readonly kind: 'root' | 'user' | 'role-session' }>

/** What a role session may bring along. */
export interface SessionShape {
  readonly sessionName?: string
  readonly sessionPolicies?: readonly string[]
  readonly sessionPolicyArns?: readonly string[]
  readonly tags?: SessionFacts['tags']
  readonly transitiveKeys?: readonly string[]
  readonly sourceIdentity?: string
}

/** A key that no signature was ever made with: questions only look at who calls. */
const NO_KEY = 'ASIA0000000000000000'

/**
 * The user, role (through a session), or root user of an ARN. A session's own ARN names its role and its session name.
 * `undefined` when there is no such principal.
 */
export async function findPrincipal(
  arn: string,
  reader: Reader,
  now: Instant,
  shape: SessionShape = {},
): Promise<KnownCaller | undefined> {
  const parts = parseArn(arn)
  const account = parts && accountId(parts.account)
  if (!parts || account === undefined) return undefined
  if (parts.resource === 'root')
    return (await reader.get(accounts, EVERYWHERE, account)) ? rootCaller(account) : undefined
  if (parts.service === 'sts') {
    const [kind, name = '', sessionName] = parts.resource.split('/')
    const role = kind === 'assumed-role' ? await reader.get(roles, account, folded(name)) : undefined
    return role && sessionCaller(role, account, now, { ...(sessionName ? { sessionName } : {}), ...shape })
  }
  const named = splitIamResource(parts.resource)
  if (named?.kind === 'user') {
    const user = await reader.get(users, account, folded(named.name))
    return user && userArn(account, user.path, user.name) === arn ? userCaller(user, account) : undefined
  }
  const role = named?.kind === 'role' ? await reader.get(roles, account, folded(named.name)) : undefined
  return role && roleArn(account, role.path, role.name) === arn ? sessionCaller(role, account, now, shape) : undefined
}

/** Every root user, user and role of every account, in the order of the store. */
export async function allPrincipals(reader: Reader, now: Instant): Promise<readonly KnownCaller[]> {
  const found: KnownCaller[] = []
  for (const row of await everyRow(accounts, EVERYWHERE, reader)) {
    const account = knownAccountId(row.id)
    found.push(rootCaller(account))
    for (const user of await everyRow(users, account, reader)) found.push(userCaller(user, account))
    for (const role of await everyRow(roles, account, reader)) found.push(sessionCaller(role, account, now, {}))
  }
  return found
}

const PAGE = 500

async function everyRow<T>(kind: Kind<T>, account: string, reader: Reader): Promise<readonly T[]> {
  const rows: T[] = []
  for (;;) {
    const last = rows.at(-1)
    const page = await reader.list(kind, account, {
      limit: PAGE,
      ...(last === undefined ? {} : { after: kind.key(last) }),
    })
    rows.push(...page)
    if (page.length < PAGE) return rows
  }
}

/** ARN that people know the principal by: a role's own, not that of a session. */
export function principalArn(caller: KnownCaller): string {
  const { principal } = caller
  if (principal.kind === 'role-session') return principal.roleArn
  return 'arn' in principal ? principal.arn : ''
}

const rootCaller = (account: AccountId): KnownCaller => ({
  kind: 'root',
  principal: { kind: 'root', accountId: account, arn: rootArn(account) },
  account,
  accessKeyId: NO_KEY,
})

const userCaller = (user: User, account: AccountId): KnownCaller => ({
  kind: 'user',
  principal: { kind: 'user', accountId: account, arn: userArn(account, user.path, user.name), userId: user.id },
  account,
  userName: user.name,
  userId: user.id,
  accessKeyId: NO_KEY,
})

/** Name of the made-up session. */
const SESSION_NAME = 'understudy'
const HOUR_MILLISECONDS = 3_600_000

function sessionCaller(role: Role, account: AccountId, now: Instant, shape: SessionShape): KnownCaller {
  const sessionName = shape.sessionName ?? SESSION_NAME
  const session: SessionFacts = {
    accessKeyId: NO_KEY,
    account,
    issuedAt: now,
    expiresAt: (now + HOUR_MILLISECONDS) as Instant,
    holder: { kind: 'role', name: role.name, path: role.path, id: role.id },
    sessionName,
    sessionPolicies: shape.sessionPolicies ?? [],
    sessionPolicyArns: shape.sessionPolicyArns ?? [],
    tags: shape.tags ?? [],
    transitiveKeys: shape.transitiveKeys ?? [],
    ...(shape.sourceIdentity === undefined ? {} : { sourceIdentity: shape.sourceIdentity }),
    proof: { kind: 'assume-role' },
    chain: { length: 1 },
  }
  return {
    kind: 'role-session',
    principal: {
      kind: 'role-session',
      accountId: account,
      arn: assumedRoleArn(account, role.name, sessionName),
      userId: `${role.id}:${sessionName}`,
      roleArn: roleArn(account, role.path, role.name),
    },
    account,
    roleName: role.name,
    roleId: role.id,
    accessKeyId: NO_KEY,
    session,
  }
}
