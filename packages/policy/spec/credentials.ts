/** What is settled before any policy is read: rules 4.20 and 4.21. */
import type { RequestContext } from '@understudy/policy'

/** Operations that need no permission (4.20). */
const FREE: readonly string[] = ['sts:getcalleridentity', 'sts:getsessiontoken']

/** Second permissions of AssumeRole and no operations of their own (6.3, 6.4), so no kind of credentials is barred from them. */
const PERMISSIONS_ONLY: readonly string[] = ['sts:tagsession', 'sts:setsourceidentity', 'sts:setcontext']

/** May this kind of credentials not call the operation at all? The table of 4.21, row by row. */
export function barred(request: RequestContext): boolean {
  if (request.flags?.stsRestriction === true) return true
  const action = request.action.toLowerCase()
  const [service] = action.split(':')
  const sts = service === 'sts' && !PERMISSIONS_ONLY.includes(action)
  switch (request.principal.kind) {
    case 'role-session':
      return action === 'sts:getfederationtoken' || action === 'sts:getsessiontoken'
    case 'federated-user':
      return service === 'iam' || (sts && !['sts:getcalleridentity', 'sts:getscopedcredentials'].includes(action))
    case 'root':
      return ['sts:assumerole', 'sts:assumeroot', 'sts:getscopedcredentials'].includes(action)
    case 'user':
      if (!hasSessionToken(request)) return action === 'sts:getscopedcredentials'
      if (service === 'iam') return !usedMfa(request)
      return sts && !['sts:assumerole', 'sts:getcalleridentity', 'sts:getscopedcredentials'].includes(action)
    default:
      return false
  }
}

/** Does the operation need no permission? */
export const free = ({ action, flags }: RequestContext): boolean =>
  flags?.noPermissionRequired === true || FREE.includes(action.toLowerCase())

const hasSessionToken = ({ flags, context }: RequestContext): boolean =>
  flags?.sessionToken === true || context.has('aws:tokenissuetime')

const usedMfa = ({ context }: RequestContext): boolean =>
  String(context.get('aws:multifactorauthpresent')).toLowerCase() === 'true'
