/**
 * Who sees a delegation request, and what may be done with it without a permission of one's own. IAM User Guide, "Managing
 * Permissions for Delegation Requests": who initiates a request may claim it, and its owner may do all but accept it.
 */
import type { Ask } from '../../authorization/question.ts'
import type { SignedCaller } from '../../credentials/caller.ts'
import { delegationRequestArn } from '../../domain/arn.ts'
import { delegationRequests, requestAt } from '../../entities/delegation.ts'
import type { DelegationRequest } from '../../entities/delegation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { accessDenied } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'

export interface NamesRequest {
  readonly DelegationRequestId: string
}

/** Who needs no permission of one's own, unless a policy denies: whoever comes first, or the owner. */
type Default = 'nobody' | 'owner' | 'first' | 'first-or-owner'

/** Asks about a request in the caller's account; whoever does not see it is asked like for one that does not exist. */
export function askOnRequest<Input extends NamesRequest>(
  action: string,
  byDefault: Default,
): (input: Input, call: Call, store: Reader) => Promise<readonly [Ask]> {
  return async (input, call, store) => {
    const row = await visibleRequest(input.DelegationRequestId, call, store)
    const isFirst = row !== undefined && row.owner === undefined && row.state === 'UNASSIGNED'
    const isDefault =
      (byDefault.startsWith('first') && isFirst) ||
      (byDefault.endsWith('owner') && row !== undefined && isOwner(row, call))
    return [
      {
        action,
        resource: delegationRequestArn(call.account, input.DelegationRequestId),
        context: { 'iam:DelegationRequestOwner': row?.owner?.arn },
        ...(isDefault ? defaultPermission(action, call) : {}),
      },
    ]
  }
}

/** A grant to the caller itself: denies and organization policies stand above it. */
export function defaultPermission(action: string, call: Call): Pick<Ask, 'resourcePolicy'> {
  const statement = {
    Sid: 'Default',
    Effect: 'Allow',
    Principal: { AWS: signedIn(call).arn },
    Action: action,
    Resource: '*',
  }
  return {
    resourcePolicy: {
      layer: 'resource',
      name: 'default permission of who owns or initiates a delegation request',
      text: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
      owner: call.account,
    },
  }
}

/**
 * The request as it is now, if the caller's account sees it: its owner's account, or every account while nobody has claimed
 * it and it is for nobody in particular.
 */
export async function visibleRequest(id: string, call: Call, store: Reader): Promise<DelegationRequest | undefined> {
  const row = await store.get(delegationRequests, EVERYWHERE, id)
  if (row === undefined || (row.ownerAccount !== undefined && row.ownerAccount !== call.account)) return undefined
  return requestAt(row, call.now)
}

/** @throws AwsError NoSuchEntity */
export async function existingRequest(input: NamesRequest, call: Call, store: Reader): Promise<DelegationRequest> {
  const row = await visibleRequest(input.DelegationRequestId, call, store)
  if (row !== undefined) return row
  const isOthers = (await store.get(delegationRequests, EVERYWHERE, input.DelegationRequestId)) !== undefined
  throw new AwsError('NoSuchEntity', 404, `Delegation request ${input.DelegationRequestId} cannot be found.`, {
    diagnosis: isOthers ? 'DELEGATION.OTHER_ACCOUNT' : 'REQUEST.NO_SUCH_ENTITY',
    explanation: isOthers
      ? `The request belongs to another account than ${call.account}, or is meant for another one.`
      : 'There is no such request: expired ones are forgotten after a time.',
  })
}

export const isOwner = (row: DelegationRequest, { caller: { principal } }: Call): boolean => {
  const id = 'userId' in principal ? principal.userId : principal.kind === 'root' ? principal.accountId : undefined
  return id !== undefined && row.owner?.userId === id
}

/** Name and unique id of the caller, as a request keeps them. */
export function signedIn({ caller }: Call): {
  readonly arn: string
  readonly userId: string
  readonly caller: SignedCaller
} {
  const { principal } = caller
  if ('accessKeyId' in caller) {
    if (principal.kind === 'root') return { arn: principal.arn, userId: principal.accountId, caller }
    if (principal.kind === 'user' || principal.kind === 'role-session')
      return { arn: principal.arn, userId: principal.userId, caller }
  }
  throw accessDenied('Access Denied')
}
