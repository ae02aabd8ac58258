/**
 * The rows of IAM temporary delegation: what a partner has registered, its requests, and the messages that wait for it. IAM
 * User Guide, "IAM temporary delegation" and "IAM temporary delegation for AWS Partners".
 */
import type { AccountId, Instant } from '../domain/brands.ts'
import { instant } from '../domain/brands.ts'
import { delegationTemplateArn } from '../domain/arn.ts'
import type { Kind } from '../store/port.ts'

/** An account that has been onboarded as a partner. One row in the account's own partition. */
export interface DelegationPartner {
  /** What customers read: RequestorName. */
  readonly name: string
  /** The requestor's domain, in the ARNs of what it registers. */
  readonly domain: string
  readonly templates: readonly PolicyTemplate[]
}

/** A policy with parameters, which a request fills in. */
export interface PolicyTemplate {
  readonly name: string
  readonly text: string
}

/** Key of the row: an account is one partner. */
export const DELEGATION_PARTNER = 'partner'

export const delegationPartners: Kind<DelegationPartner> = {
  name: 'delegation-partner',
  version: 1,
  key: () => DELEGATION_PARTNER,
}

export const templateOf = (partner: DelegationPartner, arn: string): PolicyTemplate | undefined =>
  partner.templates.find((template) => delegationTemplateArn(partner.domain, template.name) === arn)

/** A permissions boundary that a partner has registered for the roles that it makes; in the partition `*`, never changed. */
export interface PartnerBoundary {
  readonly arn: string
  readonly name: string
  readonly owner: AccountId
  readonly text: string
}

export const partnerBoundaries: Kind<PartnerBoundary> = {
  name: 'partner-boundary',
  version: 1,
  key: (row) => row.arn,
  indexes: { owner: (row) => [row.owner] },
}

export type DelegationState =
  | 'UNASSIGNED'
  | 'ASSIGNED'
  | 'PENDING_APPROVAL'
  | 'ACCEPTED'
  | 'FINALIZED'
  | 'REJECTED'
  | 'EXPIRED'

/** Value of a parameter, as the request gave it. */
export interface TemplateParameter {
  readonly name: string
  readonly values: readonly string[]
  readonly type: 'string' | 'stringList'
}

export interface DelegationRequest {
  readonly id: string
  readonly requestor: AccountId
  readonly requestorName: string
  /** The requestor's own id of the matter, one request each. */
  readonly workflowId: string
  readonly description: string
  readonly message?: string
  readonly templateArn: string
  readonly parameters: readonly TemplateParameter[]
  /** The template with its parameters filled in: the most that the requestor may ever do. */
  readonly policy: string
  /** Boundaries of the roles that the policy lets the requestor make. */
  readonly boundaries: readonly string[]
  readonly redirectUrl?: string
  /** ARN of the SNS topic that is told of each step. */
  readonly channel: string
  /** Seconds. */
  readonly sessionSeconds: number
  readonly onlySendByOwner: boolean
  readonly createdAt: Instant
  readonly state: DelegationState
  /** When the state was reached; its end is counted from here. */
  readonly updatedAt: Instant
  readonly ownerAccount?: AccountId
  readonly owner?: DelegationOwner
  /** Words of the owner for the administrator. */
  readonly notes?: string
  readonly rejectionReason?: string
  readonly approver?: DelegationApprover
  /** When the exchange token was released: the delegated access ends so many seconds later. */
  readonly releasedAt?: Instant
  /** When an operator ended the access. */
  readonly revokedAt?: Instant
}

/** The identity that has claimed a request. The unique id tells it from a namesake that is made later. */
export interface DelegationOwner {
  readonly arn: string
  readonly userId: string
}

/** The identity that has accepted, and what a session as that identity has to carry. */
export interface DelegationApprover {
  readonly arn: string
  /** An `ApproverSession` of `credentials/caller.ts`. */
  readonly session: unknown
}

/** In the partition `*`: two accounts look at a request, and at first nobody knows which the second one is. */
export const delegationRequests: Kind<DelegationRequest> = {
  name: 'delegation-request',
  version: 1,
  key: (row) => row.id,
  indexes: {
    requestor: (row) => [row.requestor],
    owner: (row) => (row.owner === undefined || row.ownerAccount === undefined ? [] : [row.ownerAccount]),
    workflow: (row) => [workflowKey(row.requestor, row.workflowId)],
  },
}

export const workflowKey = (requestor: AccountId, workflowId: string): string => `${requestor} ${workflowId}`

const DAY = 24 * 3_600_000
/** How long a request stays in a state, in milliseconds. IAM User Guide, "Understanding the Request Lifecycle". */
const LIFE: Readonly<Record<Exclude<DelegationState, 'EXPIRED'>, number>> = {
  UNASSIGNED: DAY,
  ASSIGNED: 7 * DAY,
  PENDING_APPROVAL: 7 * DAY,
  ACCEPTED: 7 * DAY,
  FINALIZED: 7 * DAY,
  REJECTED: 7 * DAY,
}

/** When the request expires, or has expired. */
export const expiryOf = (row: DelegationRequest): Instant =>
  row.state === 'EXPIRED' ? row.updatedAt : instant(row.updatedAt + LIFE[row.state])

/** The request as it is at that time: nobody has to write down that one has expired. */
export function requestAt(row: DelegationRequest, now: Instant): DelegationRequest {
  if (row.state === 'EXPIRED' || now < expiryOf(row)) return row
  return { ...row, state: 'EXPIRED', updatedAt: expiryOf(row) }
}

/** End of the delegated access; `undefined` before the exchange token is released. */
export const accessEndOf = (row: DelegationRequest): Instant | undefined =>
  row.releasedAt === undefined ? undefined : instant(row.releasedAt + row.sessionSeconds * 1000)

/** A message to a notification channel. The service that would carry it is not here, so it waits until it is fetched. */
export interface DelegationNotice {
  readonly id: string
  readonly channel: string
  readonly requestor: AccountId
  readonly requestId: string
  readonly at: Instant
  /** The message as JSON text, sealed for `noticeSealOwner`: it may hold the exchange token. */
  readonly sealedMessage: string
}

/** In the partition `*`, in the order of their time. */
export const delegationNotices: Kind<DelegationNotice> = {
  name: 'delegation-notice',
  version: 1,
  key: (row) => `${String(row.at).padStart(16, '0')} ${row.id}`,
  indexes: { channel: (row) => [row.channel], request: (row) => [row.requestId] },
}

/** Whose a sealed message is. */
export const noticeSealOwner = (requestor: AccountId, id: string): readonly string[] => [
  'delegation-notice',
  requestor,
  id,
]
