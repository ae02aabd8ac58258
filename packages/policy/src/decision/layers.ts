/** Which policies take part in a decision, and in which part (the table of policy-semantics 4.2). */
import type { AttachedPolicy, LayerName, PolicySet, RequestContext } from '../types.ts'
import { hasIdentity, type Facts } from './facts.ts'
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

const UNNAMED: Reading = { principals: false, trust: false, bounded: false }

const NAMED: Reading = { principals: true, trust: false, bounded: false }
const NAMED_BOUNDED: Reading = { ...NAMED, bounded: true }
const TRUST: Reading = { ...NAMED, trust: true }
const TRUST_BOUNDED: Reading = { ...TRUST, bounded: true }

/** The layers that apply, in AWS's order. */
export function layersOf(request: RequestContext, set: PolicySet, facts: Facts): readonly Layer[] {
  const layers: Layer[] = []
  const named = set.boundary === undefined ? NAMED : NAMED_BOUNDED
  if (set.scp && isScpBound(request)) addLevels(layers, 'scp', set.scp, UNNAMED)
  if (set.rcp && isRcpBound(request, facts)) addLevels(layers, 'rcp', set.rcp, named)
  if (set.vpce) layers.push({ name: 'vpce', policies: [set.vpce], part: 'ceiling', reading: named })
  addResourceSide(layers, set, facts, request)
  addCallerSide(layers, request, set)
  return layers
}

function addLevels(
  layers: Layer[],
  name: 'scp' | 'rcp',
  levels: readonly (readonly AttachedPolicy[])[],
  reading: Reading,
): void {
  const part = name === 'scp' ? 'ceiling' : 'denies'
  levels.forEach((policies, level) => layers.push({ name, level, policies, part, reading }))
}

function addResourceSide(layers: Layer[], set: PolicySet, facts: Facts, { principal }: RequestContext): void {
  const trust = facts.side === 'trust'
  const policy = trust ? set.trust : set.resource
  if (!policy && !facts.strict) return
  // The bucket owner's root reaches the bucket policy whatever that policy says (policy-semantics 4.12).
  if (facts.action.isRescue && principal.kind === 'root' && facts.sameAccount) return
  const bounded = set.boundary !== undefined
  const reading = trust ? (bounded ? TRUST_BOUNDED : TRUST) : bounded ? NAMED_BOUNDED : NAMED
  layers.push({ name: facts.side, policies: policy ? [policy] : [], part: 'grant', reading })
}

function addCallerSide(layers: Layer[], request: RequestContext, set: PolicySet): void {
  const { principal } = request
  if (principal.kind === 'root') {
    // The task policy of an AssumeRoot session: it only takes away.
    if (set.session) layers.push({ name: 'session', policies: set.session, part: 'denies', reading: UNNAMED })
    addCeilings(layers, set)
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
  addCeilings(layers, set)
}

/** Credentials that were scoped down, or delegated: those of a root user too. */
function addCeilings(layers: Layer[], { scopeDown }: PolicySet): void {
  if (!scopeDown) return
  for (const policy of scopeDown) {
    layers.push({ name: 'session', policies: [policy], part: 'ceiling', reading: UNNAMED })
  }
}

function isScpBound({ principal, flags }: RequestContext): boolean {
  if (flags?.managementAccount || flags?.serviceLinkedRole) return false
  return principal.kind === 'root' || hasIdentity(principal)
}

/** An action without a resource type is out of an RCP's reach (AWS's page of 2026-09-27). */
function isRcpBound({ flags, resource }: RequestContext, { action }: Facts): boolean {
  if (flags?.serviceLinkedRole || flags?.resourceInManagementAccount || resource === '*') return false
  return action.isRcp && !(action.isTrust && resource.includes(':role/aws-service-role/'))
}

/** First layer of the name; with `part`, the first that also plays it. */
export function layerNamed(layers: readonly Layer[], name: LayerName, part?: Layer['part']): Layer | undefined {
  for (const layer of layers) if (layer.name === name && (part === undefined || layer.part === part)) return layer
  return undefined
}
