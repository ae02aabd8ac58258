/** The decision, step by step as the documents tell it: section 4. Slow on purpose; the fast engine is measured by it. */
import type { AttachedPolicy, LayerName, PolicySet, Reason, RequestContext } from '@understudy/policy'
import { barred, free } from './credentials.ts'
import { isStrict, rcpReaches, scpReaches, serviceLinked, trustAnswers } from './reach.ts'
import { evaluate, type Outcome } from './statements.ts'

export interface SpecDecision {
  readonly effect: 'Allow' | 'Deny'
  readonly reason: Reason
  /** Every layer with a Deny that matched: AWS names one of them and does not say which. */
  readonly denying: readonly LayerName[]
}

/** What every layer says; `undefined` is a layer that does not apply. */
interface Layers {
  readonly scp: readonly Outcome[]
  readonly rcp: readonly Outcome[]
  readonly vpce: Outcome | undefined
  readonly resource: Outcome
  readonly identity: Outcome
  readonly boundary: Outcome | undefined
  readonly session: Outcome | undefined
  readonly scopeDown: readonly Outcome[]
}

/** Decides one request from the texts of the policies. */
export function specDecide(request: RequestContext, set: PolicySet): SpecDecision {
  // Step 0: 4.21, 4.20.
  if (barred(request)) return deny('sts-restriction')
  if (free(request)) return allow('no-permission-required')
  // Steps 1 and 2.
  const layers = evaluateAll(request, set)
  const denying = denyingLayers(request, layers)
  const [first] = denying
  if (first) return { effect: 'Deny', reason: `explicit-deny:${first}`, denying }
  // Step 3: 4.9. Step 4: 4.11, 4.4.
  if (layers.scp.some((level) => !level.allows)) return deny('implicit-deny:scp')
  if (layers.vpce && !layers.vpce.allows) return deny('implicit-deny:vpce')
  if (layers.scopeDown.some((each) => !each.allows)) return deny('implicit-deny:session')
  return granted(request, layers)
}

const allow = (reason: Reason): SpecDecision => ({ effect: 'Allow', reason, denying: [] })
const deny = (reason: Reason): SpecDecision => ({ effect: 'Deny', reason, denying: [] })

/** Step 1, with the table of 4.2: which layer applies to which caller. */
function evaluateAll(request: RequestContext, set: PolicySet): Layers {
  const { kind } = request.principal
  const linked = serviceLinked(request)
  const owned = kind === 'user' || kind === 'role-session' || kind === 'federated-user'
  const limited = owned && !linked
  const hasBoundary = limited && set.boundary !== undefined
  const ask = (policies: readonly AttachedPolicy[], namesPrincipals: boolean, isTrust = false): Outcome =>
    evaluate(policies, request, { namesPrincipals, hasBoundary, isTrust })
  const one = (policy: AttachedPolicy | undefined): readonly AttachedPolicy[] => (policy ? [policy] : [])
  const hasSession = kind === 'root' || (limited && kind !== 'user')
  return {
    scp: scpReaches(request) ? (set.scp ?? []).map((level) => ask(level, false)) : [],
    rcp: rcpReaches(request) ? (set.rcp ?? []).map((level) => ask(level, true)) : [],
    vpce: set.vpce && ask([set.vpce], true),
    resource: ask(one(trustAnswers(request) ? set.trust : set.resource), true, trustAnswers(request)),
    identity: ask(owned ? set.identity : [], false),
    boundary: hasBoundary ? ask(one(set.boundary), false) : undefined,
    // 4.25: several are one, any of them may allow.
    session: hasSession && set.session ? ask(set.session, false) : undefined,
    scopeDown: limited || kind === 'root' ? (set.scopeDown ?? []).map((policy) => ask([policy], false)) : [],
  }
}

/** Step 2: 4.1, a Deny anywhere is final. */
function denyingLayers(request: RequestContext, layers: Layers): readonly LayerName[] {
  const found: readonly [LayerName, boolean][] = [
    ['scp', layers.scp.some((level) => level.denies)],
    ['rcp', layers.rcp.some((level) => level.denies)],
    ['vpce', layers.vpce?.denies === true],
    [sideOf(request), layers.resource.denies && !ownerKeepsPolicy(request)],
    ['identity', layers.identity.denies],
    ['boundary', layers.boundary?.denies === true],
    ['session', layers.session?.denies === true || layers.scopeDown.some((each) => each.denies)],
  ]
  return found.filter(([, denies]) => denies).map(([layer]) => layer)
}

const sideOf = (request: RequestContext): 'trust' | 'resource' => (trustAnswers(request) ? 'trust' : 'resource')

/** 4.12: a bucket's own root gets, puts and deletes the bucket policy whatever that policy says. */
const ownerKeepsPolicy = (request: RequestContext): boolean =>
  request.principal.kind === 'root' &&
  !acrossAccounts(request) &&
  ['s3:getbucketpolicy', 's3:putbucketpolicy', 's3:deletebucketpolicy'].includes(request.action.toLowerCase())

/** A resource that nobody owns is nobody else's. */
const acrossAccounts = ({ principal, resourceAccount }: RequestContext): boolean =>
  'accountId' in principal && resourceAccount !== undefined && resourceAccount !== principal.accountId

/** Steps 5 to 7: does somebody grant, and does nothing on the caller's own side limit it? */
function granted(request: RequestContext, layers: Layers): SpecDecision {
  const side = sideOf(request)
  const bySide = layers.resource.allows ? allow(side) : deny(`implicit-deny:${side}`)
  const { kind } = request.principal
  // Step 5: 4.13, 4.15.
  if (!('accountId' in request.principal)) return bySide
  // Step 6: 4.8, 4.12, 4.17.
  if (acrossAccounts(request)) {
    if (kind === 'root') return bySide
    const failing = layers.resource.allows ? failingLimit(request, layers, true) : side
    return failing ? deny(`implicit-deny:${failing}`) : allow(`identity+${side}`)
  }
  // Step 7a: 4.12.
  if (kind === 'root') return isStrict(request) ? bySide : allow('root')
  return atHome(request, layers)
}

/** Steps 7b to 7e: 4.3, 4.4, 4.16, 4.19. */
function atHome(request: RequestContext, layers: Layers): SpecDecision {
  const side = sideOf(request)
  const { classes } = layers.resource
  if (classes.some((each) => ['user', 'session', 'federated-user', 'any'].includes(each))) return allow(side)
  if (classes.some((each) => each === 'role' || each === 'issuer')) {
    const failing = failingLimit(request, layers, false)
    return failing ? deny(`implicit-deny:${failing}`) : allow(side)
  }
  const strict = isStrict(request)
  if (strict && !classes.includes('account')) return deny(`implicit-deny:${side}`)
  const failing = failingLimit(request, layers, true)
  if (failing) return deny(`implicit-deny:${failing}`)
  return allow(strict ? `identity+${side}` : 'identity')
}

/** The first of the caller's own layers that does not allow. */
function failingLimit({ principal }: RequestContext, layers: Layers, asksIdentity: boolean): LayerName | undefined {
  if (asksIdentity && !layers.identity.allows) return 'identity'
  // 4.5
  if (layers.boundary && !layers.boundary.allows) return 'boundary'
  // 4.6, 4.7: without a session policy a federated user has nothing, a role session no limit.
  const sessionOk = layers.session ? layers.session.allows : principal.kind !== 'federated-user'
  return sessionOk ? undefined : 'session'
}
