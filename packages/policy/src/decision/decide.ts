/** The decision. `explain` asks the same layers with the same functions. */
import { candidates } from '../actions.ts'
import { DIRECT, LIMITED } from '../principals.ts'
import type { AttachedPolicy, Decision, LayerName, PolicySet, Reason, RequestContext } from '../types.ts'
import { beforePolicies } from './before-policies.ts'
import { factsOf, hasIdentity, type Facts } from './facts.ts'
import { layerNamed, layersOf, type Layer } from './layers.ts'
import { grantsOf } from './statement.ts'

/** A request with what is known of it and the layers that apply to it. */
export interface Case {
  readonly request: RequestContext
  readonly facts: Facts
  readonly layers: readonly Layer[]
}

/**
 * Decides one request. Pure: equal arguments give an equal decision. A deny anywhere wins; otherwise every layer that
 * limits must allow, and one that grants must allow (IAM User Guide, "Policy evaluation logic").
 */
export function decide(request: RequestContext, set: PolicySet): Decision {
  return beforePolicies(request) ?? decideCase(caseOf(request, set))
}

export function caseOf(request: RequestContext, set: PolicySet): Case {
  const facts = factsOf(request)
  return { request, facts, layers: layersOf(request, set, facts) }
}

export function decideCase(given: Case): Decision {
  const { request, layers } = given
  for (const layer of layers) {
    const denying = denyingPolicy(layer, request)
    if (denying) return { effect: 'Deny', reason: `explicit-deny:${layer.name}`, denying }
  }
  for (const layer of layers) {
    if (layer.part === 'ceiling' && grantsIn(layer, request) === 0) return silent(layer.name)
  }
  const needs = needsOf(given)
  for (const name of needs.layers) if (isMissing(name, given)) return silent(name)
  return { effect: 'Allow', reason: needs.reason }
}

const silent = (layer: LayerName): Decision => ({ effect: 'Deny', reason: `implicit-deny:${layer}` })

/** First policy of the layer with a Deny that matches. */
export function denyingPolicy(layer: Layer, request: RequestContext): AttachedPolicy | undefined {
  for (const attached of layer.policies) {
    for (const statement of candidates(attached.policy, request.action).denies) {
      if (grantsOf(statement, request, layer.reading) !== 0) return attached
    }
  }
  return undefined
}

/** All grant classes of the layer's Allows that match; 0 when none does. */
export function grantsIn(layer: Layer, request: RequestContext): number {
  let grants = 0
  for (const attached of layer.policies) {
    for (const statement of candidates(attached.policy, request.action).allows) {
      grants |= grantsOf(statement, request, layer.reading)
      if (grants !== 0 && !layer.reading.principals) return grants
    }
  }
  return grants
}

/** What must allow, after everything that may never be silent has allowed, and the reason when all of it does. */
export interface Needs {
  readonly reason: Reason
  readonly layers: readonly LayerName[]
}

const CALLER: readonly LayerName[] = ['identity', 'boundary', 'session']
const LIMITS: readonly LayerName[] = ['boundary', 'session']

/** Steps 5 to 7 of policy-semantics 4.2: which sides have to grant. */
export function needsOf(given: Case): Needs {
  const { side, strict, sameAccount } = given.facts
  const { principal } = given.request
  if (principal.kind === 'root' && sameAccount && !strict) return { reason: 'root', layers: [] }
  if (!hasIdentity(principal)) return { reason: side, layers: [side] }
  if (!sameAccount) return { reason: `identity+${side}`, layers: [side, ...CALLER] }
  const grants = sideGrants(given)
  if ((grants & DIRECT) !== 0) return { reason: side, layers: [] }
  if ((grants & LIMITED) !== 0) return { reason: side, layers: LIMITS }
  if (!strict) return { reason: 'identity', layers: CALLER }
  if (grants !== 0) return { reason: `identity+${side}`, layers: CALLER }
  // Naming the caller itself is enough in its own account: a user then needs nothing more, a role its limits.
  return { reason: side, layers: principal.kind === 'user' ? [side] : [side, ...LIMITS] }
}

/** Grant classes of the resource side. */
export function sideGrants({ request, facts, layers }: Case): number {
  const layer = layerNamed(layers, facts.side)
  return layer ? grantsIn(layer, request) : 0
}

/** A boundary or session policy that is not there limits nothing; any other layer that is not there grants nothing. */
export function isMissing(name: LayerName, { request, layers }: Case): boolean {
  const layer = layerNamed(layers, name, 'grant')
  return layer ? grantsIn(layer, request) === 0 : !LIMITS.includes(name)
}
