/** The whole answer: the decision, and every layer, statement and condition that took part in it. */
import type { DecisionRecord, LayerName, PolicySet, RequestContext } from '../types.ts'
import { beforePolicies } from './before-policies.ts'
import { codeOf } from './code.ts'
import { decideByLayers, denyingPolicy, grantsIn, isMissing, needsOf, sideGrants } from './decide.ts'
import { layersOf, type Layer } from './layers.ts'
import { recordLayer } from './record.ts'
import { suggestionsFor } from './suggest.ts'

/** Explains one request. Its decision is that of `decide`, made by the same functions over the same layers. */
export function explain(request: RequestContext, set: PolicySet): DecisionRecord {
  const early = beforePolicies(request)
  const code = early?.effect === 'Deny' ? { code: 'SESSION.CREDENTIAL_KIND' } : {}
  if (early) return { ...early, layers: [], blocking: [], suggestions: [], ...code }
  const layers = layersOf(request, set)
  const decision = decideByLayers(request, layers)
  const records = layers.map((layer) => recordLayer(layer, request))
  if (decision.effect === 'Allow') return { ...decision, layers: records, blocking: [], suggestions: [] }
  const blocking = blockingLayers(request, layers)
  return {
    ...decision,
    layers: records,
    blocking: namesOf(blocking),
    code: codeOf({ request, decision, records, layers, blocking }),
    suggestions: suggestionsFor({ request, set, layers, blocking, records }),
  }
}

/** A layer in the way, and how. A layer may both deny and be silent; the deny is then told. */
export interface Block {
  readonly layer: LayerName
  readonly kind: 'explicit' | 'implicit'
  /** undefined for a layer that is needed and not there. */
  readonly at: Layer | undefined
}

/** Every layer that stands in the way. */
export function blockingLayers(request: RequestContext, layers: readonly Layer[]): readonly Block[] {
  const blocks: Block[] = []
  for (const at of layers) {
    if (denyingPolicy(at, request)) blocks.push({ layer: at.name, kind: 'explicit', at })
  }
  for (const at of layers) {
    if (at.part === 'ceiling' && grantsIn(at, request) === 0) blocks.push({ layer: at.name, kind: 'implicit', at })
  }
  for (const layer of needsOf(request, sideGrants(request, layers)).layers) {
    if (!isMissing(layer, request, layers)) continue
    const at = layers.find((candidate) => candidate.name === layer && candidate.part === 'grant')
    blocks.push({ layer, kind: 'implicit', at })
  }
  return blocks
}

const ORDER: readonly LayerName[] = ['scp', 'rcp', 'vpce', 'resource', 'trust', 'identity', 'boundary', 'session']

/** In AWS's order, each name once. */
const namesOf = (blocks: readonly Block[]): readonly LayerName[] =>
  ORDER.filter((name) => blocks.some((block) => block.layer === name))
