/**
 * The life of a delegation request: claimed, forwarded, accepted or rejected, and the exchange token released. IAM User Guide,
 * "Understanding the Request Lifecycle"; a step out of turn is InvalidInput.
 */
import type { IamOperations } from '@understudy/wire'
import type { ApproverSession, SessionFacts, SignedCaller } from '../../credentials/caller.ts'
import { identityProof } from '../../credentials/caller.ts'
import { instant } from '../../domain/brands.ts'
import { accessEndOf, delegationRequests } from '../../entities/delegation.ts'
import type { DelegationApprover, DelegationRequest, DelegationState } from '../../entities/delegation.ts'
import { EVERYWHERE, folded, roles, users } from '../../entities/iam.ts'
import { accessDenied, invalidInput } from '../../errors/catalogue.ts'
import type { Reader, Writer } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { askOnRequest, existingRequest, isOwner, signedIn } from './delegation-access.ts'
import type { NamesRequest } from './delegation-access.ts'
import { addTokenNotice, putWithNotice } from './delegation-notices.ts'

/** The root user approves for four hours at most. Seconds. */
const ROOT_SECONDS_MAX = 14_400

const both = (_input: unknown, call: Call): readonly string[] => [EVERYWHERE, call.account]

export const delegationStepOperations = {
  AssociateDelegationRequest: {
    access: 'write',
    accounts: both,
    ask: askOnRequest('iam:AssociateDelegationRequest', 'first'),
    handle: async (input, call, store) => {
      const row = await inState(input, ['UNASSIGNED'], call, store)
      const { arn, userId } = signedIn(call)
      await step(store, row, { state: 'ASSIGNED', ownerAccount: call.account, owner: { arn, userId } }, call)
      return {}
    },
  },
  UpdateDelegationRequest: {
    access: 'write',
    accounts: both,
    ask: askOnRequest('iam:UpdateDelegationRequest', 'owner'),
    handle: async (input, call, store) => {
      const row = await inState(input, ['ASSIGNED'], call, store)
      const notes = input.Notes === undefined ? {} : { notes: input.Notes }
      await step(store, row, { state: 'PENDING_APPROVAL', ...notes }, call)
      return {}
    },
  },
  AcceptDelegationRequest: {
    access: 'write',
    accounts: both,
    ask: askOnRequest('iam:AcceptDelegationRequest', 'nobody'),
    handle: async (input, call, store) => {
      const row = await inState(input, ['ASSIGNED', 'PENDING_APPROVAL'], call, store)
      const { caller } = signedIn(call)
      if (caller.kind === 'root' && row.sessionSeconds > ROOT_SECONDS_MAX)
        throw invalidInput(`The root user cannot accept a delegation of more than ${ROOT_SECONDS_MAX} seconds.`, {
          diagnosis: 'DELEGATION.ROOT_DURATION',
          explanation: `The request is for ${row.sessionSeconds} seconds: an IAM user or a role may accept it.`,
        })
      await step(store, row, { state: 'ACCEPTED', approver: await approverOf(call, store) }, call)
      return {}
    },
  },
  RejectDelegationRequest: {
    access: 'write',
    accounts: both,
    ask: askOnRequest('iam:RejectDelegationRequest', 'owner'),
    handle: async (input, call, store) => {
      const row = await inState(input, ['ASSIGNED', 'PENDING_APPROVAL', 'ACCEPTED'], call, store)
      const reason = input.Notes === undefined ? {} : { rejectionReason: input.Notes }
      await step(store, row, { state: 'REJECTED', ...reason }, call)
      return {}
    },
  },
  SendDelegationToken: {
    access: 'write',
    accounts: both,
    ask: askOnRequest('iam:SendDelegationToken', 'owner'),
    handle: async (input, call, store) => {
      const row = await inState(input, ['ACCEPTED'], call, store)
      if (row.onlySendByOwner && !isOwner(row, call))
        throw accessDenied(`Only the owner of delegation request ${row.id} may send its token.`, {
          diagnosis: 'DELEGATION.ONLY_OWNER',
          explanation: `The requestor has asked for that; the owner is ${row.owner?.arn}.`,
        })
      // Session tokens know whole seconds.
      const releasedAt = instant(Math.floor(call.now / 1000) * 1000)
      const next = await step(store, row, { state: 'FINALIZED', releasedAt }, call)
      const { platform } = call
      const expiresAt = accessEndOf(next) ?? releasedAt
      const token = platform.tradeIns.seal({ requestId: row.id, requestor: row.requestor, expiresAt })
      await addTokenNotice(store, next, token, platform)
      return {}
    },
  },
} satisfies Operations<
  IamOperations,
  | 'AssociateDelegationRequest'
  | 'UpdateDelegationRequest'
  | 'AcceptDelegationRequest'
  | 'RejectDelegationRequest'
  | 'SendDelegationToken'
>

/** The request, if the step is in turn. @throws AwsError NoSuchEntity, InvalidInput */
async function inState(
  input: NamesRequest,
  states: readonly DelegationState[],
  call: Call,
  store: Reader,
): Promise<DelegationRequest> {
  const row = await existingRequest(input, call, store)
  if (states.includes(row.state)) return row
  throw invalidInput(`Delegation request ${row.id} is in state ${row.state}.`, {
    diagnosis: 'DELEGATION.STATE',
    explanation: `${call.operation} is for requests in state ${states.join(' or ')}.`,
  })
}

async function step(
  store: Writer,
  row: DelegationRequest,
  change: Partial<DelegationRequest>,
  call: Call,
): Promise<DelegationRequest> {
  const next = { ...row, ...change, updatedAt: call.now }
  await putWithNotice(store, next, call.platform)
  return next
}

/** Everything that a session as this identity carries: session policies and ceilings of the approver stay in force. */
async function approverOf(call: Call, store: Reader): Promise<DelegationApprover> {
  const { arn, caller } = signedIn(call)
  const own = 'session' in caller ? caller.session : undefined
  const approved = own && identityProof(own)
  const session: ApproverSession = {
    account: call.account,
    holder: await holderOf(caller, store),
    ...(own?.sessionName === undefined ? {} : { sessionName: own.sessionName }),
    sessionPolicies: own?.sessionPolicies ?? [],
    sessionPolicyArns: own?.sessionPolicyArns ?? [],
    scopePolicies: own?.scopePolicies ?? [],
    tags: own?.tags ?? [],
    transitiveKeys: own?.transitiveKeys ?? [],
    ...(own?.sourceIdentity === undefined ? {} : { sourceIdentity: own.sourceIdentity }),
    ...(own?.mfaAt === undefined ? {} : { mfaAt: own.mfaAt }),
    ...(own?.proof.kind === 'delegation' ? { within: [own.proof.requestId, ...(own.proof.within ?? [])] } : {}),
    ...(approved === undefined ? {} : { approved }),
  }
  return { arn, session }
}

async function holderOf(caller: SignedCaller, store: Reader): Promise<SessionFacts['holder']> {
  if (caller.kind === 'root') return { kind: 'root' }
  if (caller.kind === 'user') {
    const user = await store.get(users, caller.account, folded(caller.userName))
    if (user?.id === caller.userId) return { kind: 'user', name: user.name, path: user.path, id: user.id }
  }
  if (caller.kind === 'role-session') {
    const role = await store.get(roles, caller.account, folded(caller.roleName))
    if (role?.id === caller.roleId) return { kind: 'role', name: role.name, path: role.path, id: role.id }
  }
  throw accessDenied('Access Denied')
}

/** Ends the access of a request for good, as the console's "Revoke access" does. @returns `undefined` when none is released */
export async function revokeRequest(
  store: Writer,
  id: string,
  now: DelegationRequest['createdAt'],
): Promise<DelegationRequest | undefined> {
  const row = await store.get(delegationRequests, EVERYWHERE, id)
  if (row?.releasedAt === undefined) return undefined
  if (row.revokedAt !== undefined) return row
  const next = { ...row, revokedAt: now }
  await store.put(delegationRequests, EVERYWHERE, next)
  return next
}
