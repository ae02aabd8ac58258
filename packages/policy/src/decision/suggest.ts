/**
 * The narrowest edit that would allow exactly this request, as a JSON patch for each policy in the way. A silent layer
 * gets a statement for this caller, action and resource; a Deny gets an exemption for this caller, split off so that
 * it reaches no other action or resource where the language allows that.
 */
import type { AttachedPolicy, LayerName, LayerRecord, RequestContext, Suggestion } from '../types.ts'
import { nearestMiss } from './code.ts'
import { grantsOf } from './statement.ts'
import type { Block } from './explain.ts'
import type { Layer } from './layers.ts'
import { allowStatement } from './suggest-allow.ts'
import { exemptCaller, type JsonStatement } from './suggest-exempt.ts'
import { candidates } from '../actions.ts'

type Patch = Suggestion['patch']

interface Refused {
  readonly request: RequestContext
  readonly layers: readonly Layer[]
  readonly blocking: readonly Block[]
  readonly records: readonly LayerRecord[]
}

/**
 * One suggestion for each policy that has to change, those that widen nothing first. None where a policy of AWS's own denies
 * (a root task, a quarantine): no edit leads past it.
 */
export function suggestionsFor(refused: Refused): readonly Suggestion[] {
  if (refused.blocking.some((block) => isBeyondEdits(block, refused))) return []
  const all = refused.blocking.flatMap((block) =>
    block.kind === 'explicit' ? exemptions(block, refused) : [opening(block, refused)],
  )
  return [...all.filter((one) => one.warning === undefined), ...all.filter((one) => one.warning !== undefined)]
}

const isBeyondEdits = ({ kind, at }: Block, { request }: Refused): boolean =>
  kind === 'explicit' &&
  at !== undefined &&
  at.policies.some((attached) => !isEditable(attached) && deniesOf(attached, at, request).size > 0)

/** Places of the statements that deny. */
function deniesOf(attached: AttachedPolicy, at: Layer, request: RequestContext): ReadonlySet<number> {
  const { denies } = candidates(attached.policy, request.action)
  return new Set(denies.filter((one) => grantsOf(one, request, at.reading) !== 0).map((one) => one.index))
}

function exemptions(block: Block, { request }: Refused): readonly Suggestion[] {
  const { at } = block
  if (!at) return []
  return at.policies.flatMap((attached) => {
    const matching = deniesOf(attached, at, request)
    if (matching.size === 0) return []
    const { version } = attached.policy
    const changes = statementsOf(attached).map((row, index) =>
      matching.has(index) ? exemptCaller(row, request, version) : { exempted: row, rest: [], warning: undefined },
    )
    const all = [...changes.map((change) => change.exempted), ...changes.flatMap((change) => change.rest)]
    const warning = changes.map((change) => change.warning).find((text) => text !== undefined)
    return [suggestion(block.layer, attached, request, { patch: editStatements(attached, all), warning })]
  })
}

function opening(block: Block, { request, records, layers }: Refused): Suggestion {
  const own = records.filter((_record, index) => layers[index] === block.at)
  const near = nearestMiss(own)
  const attached = block.at?.policies.find(isEditable)
  const { statement, warning } = allowStatement(block.layer, { request, near, version: attached?.policy.version })
  if (!attached) {
    const value = { Version: '2012-10-17', Statement: [statement] }
    const patch: Patch = [{ op: 'add', path: '', value }]
    return {
      ...place(block.layer, request),
      policy: `new ${WORDS[block.layer]}`,
      layer: block.layer,
      patch,
      ...(warning ? { warning } : {}),
    }
  }
  const patch = editStatements(attached, [...statementsOf(attached), statement])
  return suggestion(block.layer, attached, request, { patch, warning: warning ?? sharedWarning(block.layer, attached) })
}

const WORDS: Readonly<Record<LayerName, string>> = {
  scp: 'service control policy',
  rcp: 'resource control policy',
  vpce: 'VPC endpoint policy',
  resource: 'resource policy',
  trust: 'trust policy',
  identity: 'inline policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

/** A policy of AWS's own cannot be changed by anybody. */
const isEditable = (attached: AttachedPolicy): boolean => !/^arn:[^:]*:[^:]*::aws:/.test(attached.arn ?? '')

const sharedWarning = (layer: LayerName, { arn }: AttachedPolicy): string | undefined =>
  arn === undefined || layer === 'trust' || layer === 'resource'
    ? undefined
    : 'Everybody to whom this policy is attached gets the permission.'

function suggestion(
  layer: LayerName,
  attached: AttachedPolicy,
  request: RequestContext,
  edit: { readonly patch: Patch; readonly warning: string | undefined },
): Suggestion {
  const owner = attached.owner === undefined ? place(layer, request) : { owner: attached.owner }
  const { patch, warning } = edit
  return { ...owner, policy: attached.name, layer, patch, ...(warning === undefined ? {} : { warning }) }
}

/** Who can make the change where the policy does not say: each side's own account. */
function place(layer: LayerName, { principal, resourceAccount }: RequestContext): { readonly owner?: string } {
  const caller = 'accountId' in principal ? principal.accountId : undefined
  const owner = layer === 'resource' || layer === 'trust' || layer === 'rcp' ? (resourceAccount ?? caller) : caller
  return owner === undefined ? {} : { owner }
}

function documentOf(attached: AttachedPolicy): { readonly Statement: JsonStatement | readonly JsonStatement[] } {
  return JSON.parse(attached.policy.text) as { readonly Statement: JsonStatement | readonly JsonStatement[] }
}

function statementsOf(attached: AttachedPolicy): readonly JsonStatement[] {
  const { Statement: statements } = documentOf(attached)
  return Array.isArray(statements) ? (statements as readonly JsonStatement[]) : [statements as JsonStatement]
}

/** Operations that turn the policy's statements into `wanted`: replaced in place, new ones at the end. */
function editStatements(attached: AttachedPolicy, wanted: readonly JsonStatement[]): Patch {
  if (!Array.isArray(documentOf(attached).Statement)) return [{ op: 'replace', path: '/Statement', value: wanted }]
  const before = statementsOf(attached)
  return wanted.flatMap((value, index): Patch => {
    if (index >= before.length) return [{ op: 'add', path: '/Statement/-', value }]
    if (JSON.stringify(value) === JSON.stringify(before[index])) return []
    return [{ op: 'replace', path: `/Statement/${index}`, value }]
  })
}
