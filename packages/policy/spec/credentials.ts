/** What is settled before any policy is read: rules 4.20 and 4.21. */
import type { RequestContext } from '@understudy/policy'

/** Operations that need no permission (4.20). */
const FREE: readonly string[] = ['sts:getcalleridentity', 'sts:getsessiontoken']

/**
 * Permissions that go with other calls and are no operations of their own (4.24, 6.3, 6.4): what a kind of credentials
 * may call says nothing of them.
 */
const NO_OPERATIONS: readonly string[] = ['iam:passrole', 'sts:tagsession', 'sts:setsourceidentity', 'sts:setcontext']

/** May this kind of credentials not call the operation at all? The table of 4.21, row by row. */
export function barred(request: RequestContext): boolean {
  if (request.flags?.stsRestriction === true) return true
  const action = request.action.toLowerCase()
  if (NO_OPERATIONS.includes(action)) return false
  const [service] = action.split(':')
  switch (request.principal.kind) {
    case 'role-session':
      return action === 'sts:getfederationtoken' || action === 'sts:getsessiontoken'
    case 'federated-user':
      return (
        service === 'iam' ||
        (service === 'sts' && !['sts:getcalleridentity', 'sts:getscopedcredentials'].includes(action))
      )
    case 'root':
      return ['sts:assumerole', 'sts:assumeroot', 'sts:getscopedcredentials'].includes(action)
    case 'user':
      if (!hasSessionToken(request)) return action === 'sts:getscopedcredentials'
      if (service === 'iam') return !usedMfa(request)
      return service === 'sts' && !SESSION_TOKEN_MAY.includes(action)
    default:
      return false
  }
}

/** policy-semantics 4.21; the outbound tokens by recordings of September 2026 (native/outbound/caller/session-token). */
const SESSION_TOKEN_MAY = [
  'sts:assumerole',
  'sts:getcalleridentity',
  'sts:getscopedcredentials',
  'sts:getwebidentitytoken',
  'sts:taggetwebidentitytoken',
]

/** Does the operation need no permission? */
export const free = ({ action, flags }: RequestContext): boolean =>
  flags?.noPermissionRequired === true || FREE.includes(action.toLowerCase())

const hasSessionToken = ({ flags, context }: RequestContext): boolean =>
  flags?.sessionToken === true || context.has('aws:tokenissuetime')

const usedMfa = ({ context }: RequestContext): boolean =>
  String(context.get('aws:multifactorauthpresent')).toLowerCase() === 'true'
