/** The whole answer: the decision, and every layer, statement and condition that took part in it. */
import type { DecisionRecord, LayerName, LayerRecord, PolicySet, RequestContext } from '../types.ts'
import { beforePolicies } from './before-policies.ts'
import { codeOf } from './code.ts'
import { caseOf, decideCase, denyingPolicy, grantsIn, isMissing, needsOf, type Case } from './decide.ts'
import { layerNamed, type Layer } from './layers.ts'
import { recordLayer } from './record.ts'
import { suggestionsFor } from './suggest.ts'

/** Explains one request. Its decision is that of `decide`, made by the same functions over the same layers. */
export function explain(request: RequestContext, set: PolicySet): DecisionRecord {
  const early = beforePolicies(request)
  const code = early?.effect === 'Deny' ? { code: 'SESSION.CREDENTIAL_KIND' } : {}
  if (early) return { ...early, layers: [], blocking: [], suggestions: [], ...code }
  const given = caseOf(request, set)
  const decision = decideCase(given)
  const records = given.layers.map((layer) => recordLayer(layer, request))
  if (decision.effect === 'Allow') return { ...decision, layers: records, blocking: [], suggestions: [] }
  const blocking = blockingLayers(given)
  return {
    ...decision,
    layers: withAbsent(records, blocking),
    blocking: namesOf(blocking),
    code: codeOf({ given, decision, records }),
    suggestions: suggestionsFor({ request, layers: given.layers, blocking, records }),
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
function blockingLayers(given: Case): readonly Block[] {
  const { request, layers } = given
  const blocks: Block[] = []
  for (const at of layers) {
    if (denyingPolicy(at, request)) blocks.push({ layer: at.name, kind: 'explicit', at })
  }
  for (const at of layers) {
    if (at.part === 'ceiling' && grantsIn(at, request) === 0) blocks.push({ layer: at.name, kind: 'implicit', at })
  }
  for (const layer of needsOf(given).layers) {
    if (!isMissing(layer, given)) continue
    blocks.push({ layer, kind: 'implicit', at: layerNamed(layers, layer, 'grant') })
  }
  return blocks
}

const ORDER: readonly LayerName[] = ['scp', 'rcp', 'vpce', 'resource', 'trust', 'identity', 'boundary', 'session']

/** A layer that was needed and holds no policy took part too: it was silent. */
function withAbsent(records: readonly LayerRecord[], blocks: readonly Block[]): readonly LayerRecord[] {
  const absent = blocks
    .filter(({ at, layer }) => at === undefined && !records.some((record) => record.layer === layer))
    .map(({ layer }): LayerRecord => ({ layer, verdict: 'silent', statements: [] }))
  if (absent.length === 0) return records
  return [...records, ...absent].toSorted((a, b) => ORDER.indexOf(a.layer) - ORDER.indexOf(b.layer))
}

/** In AWS's order, each name once. */
const namesOf = (blocks: readonly Block[]): readonly LayerName[] =>
  ORDER.filter((name) => blocks.some((block) => block.layer === name))
