/** What is settled before any policy is read: calls that need no permission, and credentials that may not make a call. */
import { actionFacts } from './facts.ts'
import type { Decision, RequestContext } from '../types.ts'

const RESTRICTED: Decision = { effect: 'Deny', reason: 'sts-restriction' }
const FREE: Decision = { effect: 'Allow', reason: 'no-permission-required' }

/** policy-semantics 4.20. */
const FREE_ACTIONS = new Set(['sts:getcalleridentity', 'sts:getsessiontoken'])

/** Questions that go with a call and are no API operations of their own; the call itself has been asked about. */
const NO_OPERATIONS = new Set(['sts:tagsession', 'sts:setsourceidentity', 'sts:setcontext', 'iam:passrole'])

const FEDERATED_USER_MAY = new Set(['sts:getcalleridentity', 'sts:getscopedcredentials'])
/** Outbound tokens were recorded in September 2026. */
const SESSION_TOKEN_MAY = new Set([
  ...FEDERATED_USER_MAY,
  'sts:assumerole',
  'sts:getwebidentitytoken',
  'sts:taggetwebidentitytoken',
])
const ROLE_SESSION_MAY_NOT = new Set(['sts:getfederationtoken', 'sts:getsessiontoken'])
const ROOT_MAY_NOT = new Set(['sts:assumerole', 'sts:assumeroot', 'sts:getscopedcredentials'])

/** undefined when the policies have to be asked. */
export function beforePolicies(request: RequestContext): Decision | undefined {
  const { flags } = request
  if (flags?.stsRestriction) return RESTRICTED
  const { name, isStsOrIam } = actionFacts(request.action)
  // What a kind of credentials may not call comes before what needs no permission.
  if (isStsOrIam && !NO_OPERATIONS.has(name) && isBarred(name, request)) return RESTRICTED
  return flags?.noPermissionRequired || (isStsOrIam && FREE_ACTIONS.has(name)) ? FREE : undefined
}

/** May this kind of credentials not make the call at all (policy-semantics 4.21)? */
function isBarred(action: string, request: RequestContext): boolean {
  switch (request.principal.kind) {
    case 'role-session':
      return ROLE_SESSION_MAY_NOT.has(action)
    case 'federated-user':
      return !FEDERATED_USER_MAY.has(action)
    case 'root':
      return ROOT_MAY_NOT.has(action)
    case 'user':
      return isSessionToken(request) ? isBarredForSessionToken(action, request) : action === 'sts:getscopedcredentials'
    default:
      return false
  }
}

/** A user with temporary credentials can only have them from GetSessionToken. */
const isSessionToken = (request: RequestContext): boolean =>
  request.principal.kind === 'user' && (request.flags?.sessionToken ?? request.context.has('aws:tokenissuetime'))

function isBarredForSessionToken(action: string, request: RequestContext): boolean {
  if (action.startsWith('sts:')) return !SESSION_TOKEN_MAY.has(action)
  const mfa = request.context.get('aws:multifactorauthpresent')
  return !(typeof mfa === 'string' && mfa.toLowerCase() === 'true')
}
