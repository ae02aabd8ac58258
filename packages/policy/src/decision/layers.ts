/** Which policies take part in a decision, and in which part (the table of policy-semantics 4.2). */
import type { AttachedPolicy, LayerName, PolicySet, Principal, RequestContext } from '../types.ts'
import { isRcpAction } from './rcp-services.ts'
import type { Reading } from './statement.ts'

export interface Layer {
  readonly name: LayerName
  /** Level of an SCP or RCP, from the organization's root. */
  readonly level?: number
  readonly policies: readonly AttachedPolicy[]
  /**
   * `ceiling` must allow whatever grants; `grant` may grant or limit, as the rules of the decision say; `denies`
   * matters by its denies only.
   */
  readonly part: 'ceiling' | 'grant' | 'denies'
  readonly reading: Reading
}

/** The layers that apply, in AWS's order. */
export function layersOf(request: RequestContext, set: PolicySet): readonly Layer[] {
  const layers: Layer[] = []
  const bounded = set.boundary !== undefined
  const named: Reading = { principals: true, trust: false, bounded }
  addLevels(layers, 'scp', isScpBound(request) ? set.scp : undefined, UNNAMED)
  addLevels(layers, 'rcp', isRcpBound(request) ? set.rcp : undefined, named)
  if (set.vpce) layers.push({ name: 'vpce', policies: [set.vpce], part: 'ceiling', reading: named })
  addResourceSide(layers, request, set, named)
  addCallerSide(layers, request, set)
  return layers
}

const UNNAMED: Reading = { principals: false, trust: false, bounded: false }

function addLevels(layers: Layer[], name: 'scp' | 'rcp', levels: PolicySet['scp'], reading: Reading): void {
  const part = name === 'scp' ? 'ceiling' : 'denies'
  levels?.forEach((policies, level) => layers.push({ name, level, policies, part, reading }))
}

function addResourceSide(layers: Layer[], request: RequestContext, set: PolicySet, named: Reading): void {
  const name = sideOf(request)
  const policy = name === 'trust' ? set.trust : set.resource
  if (policy && name === 'resource' && isRescue(request)) return
  const reading = name === 'trust' ? { ...named, trust: true } : named
  if (policy || isStrict(request)) layers.push({ name, policies: policy ? [policy] : [], part: 'grant', reading })
}

function addCallerSide(layers: Layer[], request: RequestContext, set: PolicySet): void {
  const { principal } = request
  if (principal.kind === 'root') {
    // The task policy of an AssumeRoot session: it only takes away.
    if (set.session) layers.push({ name: 'session', policies: set.session, part: 'denies', reading: UNNAMED })
    return
  }
  if (!hasIdentity(principal)) return
  layers.push({ name: 'identity', policies: set.identity, part: 'grant', reading: UNNAMED })
  if (set.boundary && request.flags?.serviceLinkedRole !== true) {
    layers.push({ name: 'boundary', policies: [set.boundary], part: 'grant', reading: UNNAMED })
  }
  // A federated user without session policy has nothing (policy-semantics 4.7), so an empty layer stands for it.
  const session = set.session ?? (principal.kind === 'federated-user' ? [] : undefined)
  if (session) layers.push({ name: 'session', policies: session, part: 'grant', reading: UNNAMED })
  for (const policy of set.scopeDown ?? []) {
    layers.push({ name: 'session', policies: [policy], part: 'ceiling', reading: UNNAMED })
  }
}

/** Users, roles and federated users have identity policies; services, anonymous callers and proven tokens have none. */
export const hasIdentity = (principal: Principal): boolean =>
  principal.kind === 'user' || principal.kind === 'role-session' || principal.kind === 'federated-user'

function isScpBound({ principal, flags }: RequestContext): boolean {
  if (flags?.managementAccount || flags?.serviceLinkedRole) return false
  return principal.kind === 'root' || hasIdentity(principal)
}

/** An action without a resource type is out of an RCP's reach (AWS's page of 2026-09-27). */
function isRcpBound(request: RequestContext): boolean {
  const { flags, resource, action } = request
  if (flags?.serviceLinkedRole || flags?.resourceInManagementAccount || resource === '*') return false
  return isRcpAction(action) && !(isTrustAction(action) && resource.includes(':role/aws-service-role/'))
}

const TRUST_ACTIONS = new Set([
  'sts:assumerole',
  'sts:assumerolewithsaml',
  'sts:assumerolewithwebidentity',
  'sts:tagsession',
  'sts:setsourceidentity',
  'sts:setcontext',
])

const isTrustAction = (action: string): boolean => TRUST_ACTIONS.has(action.toLowerCase())

/** The resource side is the trust policy when a role is to be assumed. */
export function sideOf({ action, resource }: RequestContext): 'trust' | 'resource' {
  if (!resource.startsWith('arn:') || !resource.includes(':role/')) return 'resource'
  return isTrustAction(action) ? 'trust' : 'resource'
}

const KMS_KEY = /^arn:[^:]*:kms:[^:]*:[^:]*:key\//

/** Roles and KMS keys: their own policy must give access, an identity policy alone does not (policy-semantics 4.3). */
export const isStrict = (request: RequestContext): boolean =>
  sideOf(request) === 'trust' || (KMS_KEY.test(request.resource) && request.action.slice(0, 4).toLowerCase() === 'kms:')

const RESCUE_ACTIONS = new Set(['s3:getbucketpolicy', 's3:putbucketpolicy', 's3:deletebucketpolicy'])

/** The bucket owner's root reaches the bucket policy whatever that policy says (policy-semantics 4.12). */
const isRescue = (request: RequestContext): boolean =>
  request.principal.kind === 'root' && isSameAccount(request) && RESCUE_ACTIONS.has(request.action.toLowerCase())

/** A resource that nobody owns counts as the caller's own. */
export function isSameAccount({ principal, resourceAccount }: RequestContext): boolean {
  if (!('accountId' in principal)) return false
  return resourceAccount === undefined || principal.accountId === resourceAccount
}
