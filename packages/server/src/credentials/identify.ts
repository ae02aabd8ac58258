/**
 * From an access key id and a session token to a caller and the secret to verify with. Looks at rows of one picture; decides
 * nothing about signatures. Order as STS: token present and bound to the key, expiry, issuer alive.
 */
import type { Principal } from '@understudy/policy'
import { assumedRoleArn, federatedUserArn, roleArn, rootArn, userArn } from '../domain/arn.ts'
import { knownAccountId } from '../domain/brands.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import {
  EVERYWHERE,
  accessKeySealOwner,
  accessKeys,
  accounts,
  endedSessions,
  folded,
  roles,
  users,
} from '../entities/iam.ts'
import { delegationRequests } from '../entities/delegation.ts'
import { INSTANCE_IDENTITY_ROLE } from '../entities/ec2.ts'
import type { AccessKey, Role } from '../entities/iam.ts'
import type { Reader } from '../store/port.ts'
import { shelf } from '../store/shelf.ts'
import { identityProof } from './caller.ts'
import type { SessionFacts, SignedCaller } from './caller.ts'
import type { CredentialIssuer, OpenedSession } from './issuer.ts'
import type { Vault } from './vault.ts'

/** Why a key or token is not good. The dialects turn it into their own errors. */
export type NotIdentified =
  | 'unknown-key'
  | 'inactive-key'
  | 'token-missing'
  | 'token-unexpected'
  | 'token-malformed'
  | 'token-of-another-key'
  | 'token-changed'
  | 'expired'
  | 'holder-gone'
  | 'ended'

export type Identified =
  | {
      readonly ok: true
      readonly caller: SignedCaller
      readonly secret: string
      /** Lives as long as the key or token: caches hang on it. */ readonly anchor: object
    }
  | { readonly ok: false; readonly why: NotIdentified; readonly expired?: SessionFacts }

export interface IdentifyParts {
  readonly issuer: CredentialIssuer
  readonly vault: Vault
}

export async function identify(
  presented: { readonly accessKeyId: string; readonly sessionToken?: string | undefined; readonly now: Instant },
  reader: Reader,
  parts: IdentifyParts,
): Promise<Identified> {
  if (presented.sessionToken === undefined || presented.sessionToken === '')
    return presented.accessKeyId.startsWith('ASIA')
      ? { ok: false, why: 'token-missing' }
      : longTerm(presented.accessKeyId, reader, parts.vault)
  const opened = await parts.issuer.open(presented.sessionToken, presented.accessKeyId)
  if (!opened.ok) return { ok: false, why: await failureOf(opened.why, presented.accessKeyId, reader) }
  if (opened.facts.expiresAt <= presented.now) return { ok: false, why: 'expired', expired: opened.facts }
  return bySession.take(reader, opened, () => standing(opened, reader))
}

type Opened = Extract<OpenedSession, { readonly ok: true }>
const bySession = shelf<Opened, Identified>((identified) => identified.ok)

/** Whether the session has not been ended, and what it stands on is still there. */
async function standing(opened: Opened, reader: Reader): Promise<Identified> {
  const { facts } = opened
  if ((await reader.get(endedSessions, facts.account, facts.accessKeyId)) !== undefined)
    return { ok: false, why: 'ended' }
  if (await isRevoked(facts, reader)) return { ok: false, why: 'ended' }
  const caller = await sessionCaller(facts, reader)
  return caller === undefined
    ? { ok: false, why: 'holder-gone' }
    : { ok: true, caller, secret: opened.secretAccessKey, anchor: opened }
}

/** A long-term key with a token beside it is another mistake than a token that somebody changed. */
async function failureOf(why: string, accessKeyId: string, reader: Reader): Promise<NotIdentified> {
  if (!accessKeyId.startsWith('ASIA'))
    return (await reader.findUnique(accessKeys, 'id', accessKeyId)) ? 'token-unexpected' : 'unknown-key'
  if (why === 'other-access-key') return 'token-of-another-key'
  return why === 'malformed' ? 'token-malformed' : 'token-changed'
}

/** Delegated access ends for all its sessions together, and for what was delegated with it. Its request is kept for longer than any session lives. */
async function isRevoked({ proof }: SessionFacts, reader: Reader): Promise<boolean> {
  if (proof.kind !== 'delegation') return false
  for (const id of [proof.requestId, ...(proof.within ?? [])]) {
    const request = await reader.get(delegationRequests, EVERYWHERE, id)
    if (request === undefined || request.revokedAt !== undefined) return true
  }
  return false
}

const secrets = new WeakMap<AccessKey, string>()
const byKey = shelf<string, Identified>((identified) => identified.ok)

const longTerm = (accessKeyId: string, reader: Reader, vault: Vault): Identified | Promise<Identified> =>
  byKey.take(reader, accessKeyId, () => lookedUp(accessKeyId, reader, vault))

async function lookedUp(accessKeyId: string, reader: Reader, vault: Vault): Promise<Identified> {
  const found = await reader.findUnique(accessKeys, 'id', accessKeyId)
  if (found === undefined) return { ok: false, why: 'unknown-key' }
  const { row } = found
  const account = knownAccountId(found.account)
  if (row.status !== 'Active') return { ok: false, why: 'inactive-key' }
  const caller = await longTermCaller(row, account, reader)
  if (caller === undefined) return { ok: false, why: 'holder-gone' }
  const secret = secrets.get(row) ?? vault.open(row.sealedSecret, accessKeySealOwner(account, row.id, row.ownerId))
  secrets.set(row, secret)
  return { ok: true, caller, secret, anchor: row }
}

async function longTermCaller(key: AccessKey, account: AccountId, reader: Reader): Promise<SignedCaller | undefined> {
  if (key.userName === undefined) {
    const known = await reader.get(accounts, EVERYWHERE, account)
    return known && { kind: 'root', principal: rootPrincipal(account), account, accessKeyId: key.id }
  }
  const user = await reader.get(users, account, folded(key.userName))
  if (user?.id !== key.ownerId) return undefined
  const principal: Principal = {
    kind: 'user',
    accountId: account,
    arn: userArn(account, user.path, user.name),
    userId: user.id,
  }
  return { kind: 'user', principal, account, userName: user.name, userId: user.id, accessKeyId: key.id }
}

const rootPrincipal = (account: AccountId): Principal => ({ kind: 'root', accountId: account, arn: rootArn(account) })

/** The caller of a session, if what it stands on is still there: a recreated namesake has another unique id. */
async function sessionCaller(session: SessionFacts, reader: Reader): Promise<SignedCaller | undefined> {
  const { account, holder, accessKeyId } = session
  const federated = session.proof.kind === 'federation-token'
  if (holder.kind === 'root') {
    if ((await reader.get(accounts, EVERYWHERE, account)) === undefined) return undefined
    return federated
      ? {
          kind: 'federated-user',
          principal: federatedPrincipal(session, rootArn(account)),
          account,
          accessKeyId,
          session,
        }
      : { kind: 'root', principal: rootPrincipal(account), account, accessKeyId, session }
  }
  if (holder.kind === 'user') {
    const user = await userById(session, reader)
    if (user === undefined) return undefined
    const arn = userArn(account, user.path, user.name)
    if (federated)
      return {
        kind: 'federated-user',
        principal: federatedPrincipal(session, arn),
        account,
        userName: user.name,
        accessKeyId,
        session,
      }
    const principal: Principal = { kind: 'user', accountId: account, arn, userId: user.id }
    return { kind: 'user', principal, account, userName: user.name, userId: user.id, accessKeyId, session }
  }
  const role = await roleOf(session, reader)
  if (role === undefined) return undefined
  const principal = rolePrincipal(session, role)
  return { kind: 'role-session', principal, account, roleName: role.name, roleId: role.id, accessKeyId, session }
}

/** The role that a session stands on; the identity role of instances is no row, so the sealed token is its proof. */
async function roleOf(session: SessionFacts, reader: Reader): Promise<Pick<Role, 'name' | 'path' | 'id'> | undefined> {
  const { account, holder } = session
  const proof = identityProof(session)
  if (holder.kind !== 'role') return undefined
  if (holder.name === INSTANCE_IDENTITY_ROLE && proof?.kind === 'instance')
    return (await reader.get(accounts, EVERYWHERE, account)) && holder
  const role = await reader.get(roles, account, folded(holder.name))
  return role?.id === holder.id ? role : undefined
}

/** A renamed user keeps its unique id, so sessions survive the renaming. */
async function userById(session: SessionFacts, reader: Reader) {
  if (session.holder.kind !== 'user') return undefined
  const found = await reader.findUnique(users, 'id', session.holder.id)
  return found?.account === session.account ? found.row : undefined
}

function rolePrincipal(
  session: SessionFacts,
  role: { readonly name: string; readonly path: string; readonly id: string },
): Principal {
  const name = session.sessionName ?? ''
  const proof = identityProof(session)
  const provider =
    proof?.kind === 'web-identity' ? proof.provider : proof?.kind === 'saml' ? proof.providerArn : undefined
  return {
    kind: 'role-session',
    accountId: session.account,
    arn: assumedRoleArn(session.account, role.name, name),
    userId: `${role.id}:${name}`,
    roleArn: roleArn(session.account, role.path, role.name),
    ...(provider === undefined ? {} : { provider }),
  }
}

const federatedPrincipal = (session: SessionFacts, issuerArn: string): Principal => ({
  kind: 'federated-user',
  accountId: session.account,
  arn: federatedUserArn(session.account, session.sessionName ?? ''),
  userId: `${session.account}:${session.sessionName ?? ''}`,
  issuerArn,
})
