/** What a decision needs to know of its request more than once. Facts of an action are kept, since they never change. */
import type { Principal, RequestContext } from '../types.ts'
import { isRcpAction } from './rcp-services.ts'

/** What follows from the name of an action alone. */
interface ActionFacts {
  /** Lower case. */
  readonly name: string
  readonly isStsOrIam: boolean
  /** Asked of a role's trust policy. */
  readonly isTrust: boolean
  readonly isKms: boolean
  /** Reading and repairing a bucket policy. */
  readonly isRescue: boolean
  /** In reach of resource control policies. */
  readonly isRcp: boolean
}

export interface Facts {
  readonly action: ActionFacts
  /** The resource side is the trust policy when a role is to be assumed. */
  readonly side: 'trust' | 'resource'
  /** Roles and KMS keys: their own policy must give access, an identity policy alone does not (policy-semantics 4.3). */
  readonly strict: boolean
  readonly sameAccount: boolean
}

const TRUST_ACTIONS = new Set([
  'sts:assumerole',
  'sts:assumerolewithsaml',
  'sts:assumerolewithwebidentity',
  'sts:tagsession',
  'sts:setsourceidentity',
  'sts:setcontext',
])
const RESCUE_ACTIONS = new Set(['s3:getbucketpolicy', 's3:putbucketpolicy', 's3:deletebucketpolicy'])
const KMS_KEY = /^arn:[^:]*:kms:[^:]*:[^:]*:key\//
const ROLE = /^arn:[^:]*:iam::[^:]*:role\//

const KEPT_MAX = 4096
const kept = new Map<string, ActionFacts>()

/** Actions are few; a caller who sends ever new names makes the table start again. */
export function actionFacts(action: string): ActionFacts {
  const known = kept.get(action)
  if (known) return known
  const name = action.toLowerCase()
  const facts: ActionFacts = {
    name,
    isStsOrIam: name.startsWith('sts:') || name.startsWith('iam:'),
    isTrust: TRUST_ACTIONS.has(name),
    isKms: name.startsWith('kms:'),
    isRescue: RESCUE_ACTIONS.has(name),
    isRcp: isRcpAction(name),
  }
  if (kept.size >= KEPT_MAX) kept.clear()
  kept.set(action, facts)
  return facts
}

export function factsOf(request: RequestContext): Facts {
  const action = actionFacts(request.action)
  const trust = action.isTrust && ROLE.test(request.resource)
  return {
    action,
    side: trust ? 'trust' : 'resource',
    strict: trust || (action.isKms && KMS_KEY.test(request.resource)),
    sameAccount: isSameAccount(request),
  }
}

/** A resource that nobody owns counts as the caller's own. */
export function isSameAccount({ principal, resourceAccount }: RequestContext): boolean {
  if (!('accountId' in principal)) return false
  return resourceAccount === undefined || principal.accountId === resourceAccount
}

/** Users, roles and federated users have identity policies; services, anonymous callers and proven tokens have none. */
export const hasIdentity = ({ kind }: Principal): boolean =>
  kind === 'user' || kind === 'role-session' || kind === 'federated-user'
