/**
 * GetDelegatedAccessToken: a partner exchanges its trade-in token for the credentials of whoever has accepted its request, with
 * the request's policy as a ceiling. All of them end together, so long after the token's release as the request says. STS API
 * Reference, GetDelegatedAccessToken; IAM User Guide, "Exchange Tokens".
 */
import type { StsOperations } from '@understudy/wire'
import type { ApproverSession, SessionFacts } from '../../credentials/caller.ts'
import { instant, isoSeconds } from '../../domain/brands.ts'
import type { Instant } from '../../domain/brands.ts'
import { accessEndOf, delegationRequests } from '../../entities/delegation.ts'
import type { DelegationApprover, DelegationRequest } from '../../entities/delegation.ts'
import { EVERYWHERE, accounts, folded, roles, users } from '../../entities/iam.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { accessDenied, validationError } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { identityOf } from './caller-identity.ts'
import { credentialsAnswer } from './session-input.ts'

export const delegatedTokenOperations = {
  GetDelegatedAccessToken: {
    access: 'read',
    ask: () => [{ action: 'sts:GetDelegatedAccessToken', resource: '*' }],
    handle: async (input, call, store) => {
      const delegation = await delegationOf(input.TradeInToken, call, store)
      const facts = await sessionFacts(delegation, call, store)
      const credentials = await call.platform.issuer.issue(facts)
      return { ...credentialsAnswer(credentials), AssumedPrincipal: delegation.approver.arn }
    },
  },
} satisfies Operations<StsOperations, 'GetDelegatedAccessToken'>

interface Delegation {
  readonly request: DelegationRequest
  readonly approver: DelegationApprover
  readonly expiresAt: Instant
}

/** @throws AwsError ValidationError for a token that is not the caller's, ExpiredTradeInTokenException after its end */
async function delegationOf(token: string, call: Call, store: Reader): Promise<Delegation> {
  const facts = await call.platform.tradeIns.open(token)
  if (facts === undefined)
    throw invalidToken('DELEGATION.TOKEN', 'It is no token of this server, or somebody changed it.')
  if (facts.requestor !== call.account)
    throw invalidToken(
      'DELEGATION.OTHER_ACCOUNT',
      `It was given to account ${facts.requestor}; account ${call.account} cannot exchange it.`,
    )
  if (facts.expiresAt <= call.now)
    throw expiredToken(`The delegated access ended at ${isoSeconds(facts.expiresAt)}: make a new request.`)
  const { request, approver, end } = await releasedRequest(facts.requestId, store)
  const ends = [end]
  for (const id of (approver.session as ApproverSession).within ?? []) ends.push((await releasedRequest(id, store)).end)
  const expiresAt = instant(Math.min(...ends))
  if (expiresAt <= call.now)
    throw expiredToken(`The approver itself acted with delegated access, which ended at ${isoSeconds(expiresAt)}.`)
  return { request, approver, expiresAt }
}

interface Released {
  readonly request: DelegationRequest
  readonly approver: DelegationApprover
  readonly end: Instant
}

/** @throws AwsError ValidationError when the request is gone, ExpiredTradeInTokenException when its access was revoked */
async function releasedRequest(id: string, store: Reader): Promise<Released> {
  const request = await store.get(delegationRequests, EVERYWHERE, id)
  const end = request && accessEndOf(request)
  if (request?.approver === undefined || end === undefined)
    throw invalidToken('DELEGATION.TOKEN', `The delegation request ${id} is gone.`)
  if (request.revokedAt !== undefined)
    throw expiredToken(`The access of delegation request ${id} was revoked at ${isoSeconds(request.revokedAt)}.`)
  return { request, approver: request.approver, end }
}

/** The text was seen in an answer of AWS to a made-up token, published in September 2026. */
const invalidToken = (diagnosis: string, explanation: string) =>
  validationError('Invalid trade-in token', { diagnosis, explanation })
const expiredToken = (explanation: string) =>
  new AwsError(
    'ExpiredTradeInTokenException',
    400,
    'The trade-in token provided in the request has expired and can no longer be exchanged for credentials. Request a new token and retry the operation.',
    { diagnosis: 'DELEGATION.TOKEN_EXPIRED', explanation },
  )

type Facts = Omit<SessionFacts, 'accessKeyId' | 'issuedAt'>

async function sessionFacts({ request, approver, expiresAt }: Delegation, call: Call, store: Reader): Promise<Facts> {
  const { approved, within, ...identity } = approver.session as ApproverSession
  await requireHolder(identity, approver, store)
  const { caller } = call
  if (!('accessKeyId' in caller)) throw accessDenied('Access Denied')
  const hop = { arn: identityOf(caller).arn, accessKeyId: caller.accessKeyId }
  const before = ('session' in caller ? caller.session?.chain : undefined) ?? { length: 0 }
  return {
    ...identity,
    expiresAt,
    scopePolicies: [...identity.scopePolicies, request.policy],
    proof: {
      kind: 'delegation',
      requestId: request.id,
      requestor: request.requestor,
      ceiling: identity.scopePolicies.length,
      ...(within === undefined ? {} : { within }),
      ...(approved === undefined ? {} : { approved }),
    },
    chain: { first: before.first ?? hop, last: hop, length: before.length + 1 },
  }
}

/** @throws AwsError AccessDenied when the identity that approved is gone: a namesake made later did not */
async function requireHolder(
  { account, holder }: Pick<Facts, 'account' | 'holder'>,
  approver: DelegationApprover,
  store: Reader,
): Promise<void> {
  const isThere =
    holder.kind === 'root'
      ? (await store.get(accounts, EVERYWHERE, account)) !== undefined
      : holder.kind === 'user'
        ? (await store.findUnique(users, 'id', holder.id))?.account === account
        : (await store.get(roles, account, folded(holder.name)))?.id === holder.id
  if (!isThere)
    throw accessDenied('The principal that accepted the delegation request no longer exists.', {
      diagnosis: 'DELEGATION.APPROVER_GONE',
      explanation: `${approver.arn} has accepted it, and is gone.`,
    })
}
