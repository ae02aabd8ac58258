/** Which policies limit and grant on the caller's side, and which tags the caller has. Rows come from one picture. */
import type { AttachedPolicy } from '@understudy/policy'
import type { Caller, SessionFacts, SessionTag, SignedCaller } from '../credentials/caller.ts'
import { parseArn, splitIamResource } from '../domain/arn.ts'
import type { AccountId } from '../domain/brands.ts'
import { INSTANCE_IDENTITY_ROLE } from '../entities/ec2.ts'
import { partnerBoundaries } from '../entities/delegation.ts'
import { EVERYWHERE, folded, groups, managedPolicies, roles, users } from '../entities/iam.ts'
import type { PolicyHolder, Role, Tag, User } from '../entities/iam.ts'
import type { ManagedPolicyCatalogue } from '../entities/managed-policy-catalogue.ts'
import type { Reader } from '../store/port.ts'
import { shelf } from '../store/shelf.ts'
import { awsPolicy, customerPolicy, inlinePolicy, partnerPolicy, policyFromText } from './attached.ts'

export interface CallerPolicies {
  readonly identity: readonly AttachedPolicy[]
  readonly boundary?: AttachedPolicy
  readonly session?: readonly AttachedPolicy[]
  /** Ceilings of GetScopedCredentials. */
  readonly scopeDown?: readonly AttachedPolicy[]
  /** What `aws:PrincipalTag/*` shows. */
  readonly tags: readonly SessionTag[]
  readonly serviceLinked: boolean
}

const NONE: CallerPolicies = { identity: [], tags: [], serviceLinked: false }

/** By the object that authentication made of the caller: it makes one for each picture. */
const known = shelf<Caller, CallerPolicies>()

/** @throws Error when a row that the caller stands on is gone: authentication has checked that it is there */
export const callerPolicies = (
  caller: Caller,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): CallerPolicies | Promise<CallerPolicies> =>
  'accessKeyId' in caller ? known.take(reader, caller, () => gathered(caller, reader, catalogue)) : NONE

async function gathered(
  caller: SignedCaller,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<CallerPolicies> {
  const own = await ownPolicies(caller, reader, catalogue)
  const { session } = caller
  if (!session?.scopePolicies) return own
  const { proof, scopePolicies, account } = session
  const scopeDown = scopePolicies.map((text, index) =>
    proof.kind === 'delegation' && proof.ceiling === index
      ? policyFromText(text, `permissions of delegation request ${proof.requestId}`, proof.requestor)
      : policyFromText(text, `scope-down policy ${index + 1}`, account),
  )
  return { ...own, scopeDown }
}

async function ownPolicies(
  caller: SignedCaller,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<CallerPolicies> {
  switch (caller.kind) {
    case 'root':
      return { ...NONE, ...(await rootLimits(caller.session, reader, catalogue)) }
    case 'user':
      return ofUser(
        await needed(reader.get(users, caller.account, folded(caller.userName)), caller),
        caller.account,
        reader,
        catalogue,
      )
    case 'role-session':
      return ofRoleSession(caller, reader, catalogue)
    case 'federated-user':
      return ofFederatedUser(caller, reader, catalogue)
  }
}

async function ofUser(
  user: User,
  account: AccountId,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<CallerPolicies> {
  const own = await policiesOf(user, { account, holder: `user ${user.name}`, reader, catalogue })
  const identity = [...own]
  for (const name of user.groups) {
    const group = await reader.get(groups, account, folded(name))
    if (group)
      identity.push(...(await policiesOf(group, { account, holder: `group ${group.name}`, reader, catalogue })))
  }
  return { identity, ...(await boundaryOf(user, reader, catalogue)), tags: user.tags, serviceLinked: false }
}

async function ofRoleSession(
  caller: Extract<Caller, { kind: 'role-session' }>,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<CallerPolicies> {
  // The identity role of an instance has no policies: GetCallerIdentity, which needs none, is what it is for.
  if (caller.roleName === INSTANCE_IDENTITY_ROLE) return NONE
  const role = await needed(reader.get(roles, caller.account, folded(caller.roleName)), caller)
  const { session } = caller
  return {
    identity: await policiesOf(role, { account: caller.account, holder: `role ${role.name}`, reader, catalogue }),
    ...(await boundaryOf(role, reader, catalogue)),
    ...(await passedLimits(session, reader, catalogue)),
    tags: overlaid(role.tags, session.tags),
    serviceLinked: isServiceLinked(role),
  }
}

async function ofFederatedUser(
  caller: Extract<Caller, { kind: 'federated-user' }>,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<CallerPolicies> {
  const session = await sessionPolicies(caller.session, reader, catalogue)
  // A session issued by root has no issuing user: its permissions are the session policy alone.
  if (caller.userName === undefined)
    return { identity: session, session, tags: caller.session.tags, serviceLinked: false }
  const user = await needed(reader.get(users, caller.account, folded(caller.userName)), caller)
  const own = await ofUser(user, caller.account, reader, catalogue)
  return { ...own, session, tags: overlaid(user.tags, caller.session.tags) }
}

/** AWS's fixed path of service-linked roles. */
export const isServiceLinked = (role: Role): boolean => role.path.startsWith('/aws-service-role/')

interface Where {
  readonly account: AccountId
  readonly holder: string
  readonly reader: Reader
  readonly catalogue: ManagedPolicyCatalogue
}

async function policiesOf(holder: PolicyHolder, where: Where): Promise<readonly AttachedPolicy[]> {
  const found: AttachedPolicy[] = []
  for (const arn of holder.attached) {
    const policy = await managedPolicy(arn, where.reader, where.catalogue)
    if (policy) found.push(policy)
  }
  for (const inline of holder.inline) found.push(inlinePolicy(inline, where.account, where.holder))
  return found
}

/** A managed policy by ARN, AWS's or a customer's; `undefined` when it does not exist. */
export async function managedPolicy(
  arn: string,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<AttachedPolicy | undefined> {
  const parts = parseArn(arn)
  if (parts?.account === 'aws') {
    const entry = catalogue.get(arn)
    return entry && awsPolicy(entry)
  }
  if (parts?.account === 'partner') {
    const row = await reader.get(partnerBoundaries, EVERYWHERE, arn)
    return row && partnerPolicy(row)
  }
  const named = parts && splitIamResource(parts.resource)
  if (!parts || named?.kind !== 'policy') return undefined
  const row = await reader.get(managedPolicies, parts.account, folded(named.name))
  return row && row.path === named.path ? customerPolicy(row, arn, parts.account) : undefined
}

async function boundaryOf(
  holder: { readonly boundary?: string },
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<{ readonly boundary?: AttachedPolicy }> {
  if (holder.boundary === undefined) return {}
  const policy = await managedPolicy(holder.boundary, reader, catalogue)
  // A boundary whose policy is gone allows nothing: it must never fall open.
  return {
    boundary:
      policy ??
      policyFromText(
        '{"Version":"2012-10-17","Statement":[]}',
        holder.boundary,
        parseArn(holder.boundary)?.account ?? '',
      ),
  }
}

/** The session layer, where session policies were passed: without any, a session is not limited. */
async function passedLimits(
  session: SessionFacts | undefined,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<{ readonly session?: readonly AttachedPolicy[] }> {
  if (!session || session.sessionPolicies.length + session.sessionPolicyArns.length === 0) return {}
  return { session: await sessionPolicies(session, reader, catalogue) }
}

/**
 * The task policy of an AssumeRoot session only denies, so one that this server's catalogue does not hold would leave root without
 * limits: everything is denied instead.
 */
async function rootLimits(
  session: SessionFacts | undefined,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<{ readonly session?: readonly AttachedPolicy[] }> {
  const limits = await passedLimits(session, reader, catalogue)
  if (!session || !limits.session) return limits
  if (limits.session.length === session.sessionPolicies.length + session.sessionPolicyArns.length) return limits
  return { session: [...limits.session, policyFromText(DENY_ALL, 'a task policy that is gone', session.account)] }
}

const DENY_ALL = '{"Version":"2012-10-17","Statement":[{"Sid":"Gone","Effect":"Deny","Action":"*","Resource":"*"}]}'

/** Session policies of one call: inline and managed ones grant together, then limit. A managed one is read at each call. */
async function sessionPolicies(
  session: SessionFacts,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<readonly AttachedPolicy[]> {
  const inline = session.sessionPolicies.map((text) => policyFromText(text, 'inline session policy', session.account))
  const managed = await Promise.all(session.sessionPolicyArns.map((arn) => managedPolicy(arn, reader, catalogue)))
  return [...inline, ...managed.filter((policy) => policy !== undefined)]
}

/** Session tags override the holder's, keys compared without case; the new spelling wins. */
export function overlaid(own: readonly Tag[], session: readonly SessionTag[]): readonly SessionTag[] {
  if (session.length === 0) return own
  const replaced = new Set(session.map((tag) => folded(tag.key)))
  return [...own.filter((tag) => !replaced.has(folded(tag.key))), ...session]
}

async function needed<T>(row: Promise<T | undefined>, caller: Caller): Promise<T> {
  const found = await row
  if (found === undefined) throw new Error(`the ${caller.kind} that was authenticated is gone from this picture`)
  return found
}
