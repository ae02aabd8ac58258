/** The decision. `explain` asks the same layers with the same functions. */
import { candidates } from '../actions.ts'
import { DIRECT, LIMITED } from '../principals.ts'
import type { AttachedPolicy, Decision, LayerName, PolicySet, Reason, RequestContext } from '../types.ts'
import { beforePolicies } from './before-policies.ts'
import { hasIdentity, isSameAccount, isStrict, layersOf, sideOf, type Layer } from './layers.ts'
import { grantsOf } from './statement.ts'

/**
 * Decides one request. Pure: equal arguments give an equal decision. A deny anywhere wins; otherwise every layer that
 * limits must allow, and one that grants must allow (IAM User Guide, "Policy evaluation logic").
 */
export function decide(request: RequestContext, set: PolicySet): Decision {
  return beforePolicies(request) ?? decideByLayers(request, layersOf(request, set))
}

export function decideByLayers(request: RequestContext, layers: readonly Layer[]): Decision {
  for (const layer of layers) {
    const denying = denyingPolicy(layer, request)
    if (denying) return { effect: 'Deny', reason: `explicit-deny:${layer.name}`, denying }
  }
  for (const layer of layers) {
    if (layer.part === 'ceiling' && grantsIn(layer, request) === 0) return silent(layer.name)
  }
  const granted = grantedBy(request, layers)
  return granted.ok ? { effect: 'Allow', reason: granted.reason } : silent(granted.missing)
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

type Granted = { readonly ok: true; readonly reason: Reason } | { readonly ok: false; readonly missing: LayerName }

const granted = (reason: Reason): Granted => ({ ok: true, reason })
const missing = (layer: LayerName): Granted => ({ ok: false, missing: layer })

/** Steps 5 to 7 of policy-semantics 4.2: which side has to grant, and which does not need to. */
function grantedBy(request: RequestContext, layers: readonly Layer[]): Granted {
  const side = sideOf(request)
  const sideLayer = layers.find((layer) => layer.name === side)
  const grants = sideLayer ? grantsIn(sideLayer, request) : 0
  const { principal } = request
  const strict = isStrict(request)
  if (principal.kind === 'root' && isSameAccount(request) && !strict) return granted('root')
  if (!hasIdentity(principal)) return grants === 0 ? missing(side) : granted(side)
  if (!isSameAccount(request)) return grants === 0 ? missing(side) : callerSide(request, layers, `identity+${side}`)
  if ((grants & DIRECT) !== 0) return granted(side)
  if ((grants & LIMITED) !== 0) return limits(request, layers, side)
  if (strict && grants === 0) return missing(side)
  return callerSide(request, layers, strict ? `identity+${side}` : 'identity')
}

function callerSide(request: RequestContext, layers: readonly Layer[], reason: Reason): Granted {
  const identity = layers.find((layer) => layer.name === 'identity')
  if (!identity || grantsIn(identity, request) === 0) return missing('identity')
  return limits(request, layers, reason)
}

function limits(request: RequestContext, layers: readonly Layer[], reason: Reason): Granted {
  for (const layer of layers) {
    const limit = layer.part === 'grant' && (layer.name === 'boundary' || layer.name === 'session')
    if (limit && grantsIn(layer, request) === 0) return missing(layer.name)
  }
  return granted(reason)
}
