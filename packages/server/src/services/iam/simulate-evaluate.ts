/**
 * One action on one resource, as the policy simulator answers it. What each layer says comes from the engine; how the
 * layers are put together is the simulator's own (policy-semantics 4.26): it knows no trust policies, and a resource policy
 * that names the account grants like an identity policy.
 */
import { decide, judgeLayers } from '@understudy/policy'
import type { Judgement, LayerName, MatchedStatement, PolicySet, RequestContext } from '@understudy/policy'
import type { Iam } from '@understudy/wire'
import { parseArn } from '../../domain/arn.ts'
import { accountId } from '../../domain/brands.ts'
import type { Scene, SimulatedPolicy } from './simulate-scene.ts'

export type EvalDecision = Iam.EvaluationResult['EvalDecision']
type Verdict = 'allowed' | 'denied' | 'silent'

export interface Evaluation {
  readonly resource: string
  readonly decision: EvalDecision
  readonly matched: readonly Iam.Statement[]
  readonly missing: readonly string[]
  readonly byBoundary?: boolean
  readonly byOrganizations?: boolean
  /** What each side says; only where the resource belongs to another account. */
  readonly details: Readonly<Record<string, EvalDecision>>
}

/** @param applies whether the action takes resources of this kind at all; if not, no statement matches */
export function evaluate(scene: Scene, action: string, resource: string, applies: boolean): Evaluation {
  const owner = accountId(parseArn(resource)?.account ?? '') ?? scene.resourceOwner
  const request: RequestContext = {
    principal: scene.principal,
    action,
    resource,
    resourceAccount: owner,
    context: scene.context,
  }
  const set: PolicySet = {
    identity: scene.identity.map(({ attached }) => attached),
    boundary: scene.boundary?.attached,
    resource: scene.resourcePolicy?.attached,
    scp: scene.scp,
  }
  const judged: Judgement = applies ? judgeLayers(request, set) : { layers: [] }
  const verdicts = verdictsOf(judged, scene)
  const decision = decisionOf(verdicts, { request, set, judged, sameAccount: owner === scene.account })
  return {
    resource,
    decision,
    matched: matchedStatements(judged, decision, scene),
    missing: decision === 'implicitDeny' ? missingKeys(scene) : [],
    ...(scene.boundary === undefined ? {} : { byBoundary: verdicts.boundary === 'allowed' }),
    ...(scene.scp === undefined ? {} : { byOrganizations: verdicts.scp === 'allowed' }),
    details: owner === scene.account ? {} : sides(verdicts, scene),
  }
}

type Verdicts = Readonly<Record<'scp' | 'boundary' | 'identity' | 'resource', Verdict>>

function verdictsOf(judged: Judgement, scene: Scene): Verdicts {
  const of = (name: LayerName): Verdict => {
    const found = judged.layers.filter(({ layer }) => layer === name).map(({ verdict }) => verdict)
    if (found.includes('denied')) return 'denied'
    return found.length === 0 || found.includes('silent') ? 'silent' : 'allowed'
  }
  return {
    // Without levels nothing limits: all of them may have been left out.
    scp: scene.scp === undefined || scene.scp.length === 0 ? 'allowed' : of('scp'),
    boundary: scene.boundary === undefined ? 'allowed' : of('boundary'),
    identity: of('identity'),
    resource: of('resource'),
  }
}

interface Situation {
  readonly request: RequestContext
  readonly set: PolicySet
  readonly judged: Judgement
  readonly sameAccount: boolean
}

function decisionOf(verdicts: Verdicts, situation: Situation): EvalDecision {
  const { judged, sameAccount } = situation
  // Settled before any policy, such as GetCallerIdentity.
  if (judged.early !== undefined) return judged.early === 'Allow' ? 'allowed' : 'implicitDeny'
  if (Object.values(verdicts).includes('denied')) return 'explicitDeny'
  if (verdicts.scp === 'silent') return 'implicitDeny'
  if (sameAccount && grantsAlone(situation)) return 'allowed'
  const granted = sameAccount
    ? verdicts.identity === 'allowed' || verdicts.resource === 'allowed'
    : verdicts.identity === 'allowed' && verdicts.resource === 'allowed'
  return granted && verdicts.boundary === 'allowed' ? 'allowed' : 'implicitDeny'
}

/** Does the resource policy grant to the caller itself, so that a silent boundary does not matter? */
function grantsAlone({ request, set }: Situation): boolean {
  if (set.resource === undefined) return false
  const decision = decide(request, { identity: [], resource: set.resource, boundary: set.boundary })
  return decision.effect === 'Allow'
}

const NAMES: Readonly<Record<Verdict, EvalDecision>> = {
  allowed: 'allowed',
  denied: 'explicitDeny',
  silent: 'implicitDeny',
}

function sides(verdicts: Verdicts, scene: Scene): Evaluation['details'] {
  return {
    'IAM Policy': NAMES[verdicts.identity],
    'Resource Policy': NAMES[verdicts.resource],
    ...(scene.boundary === undefined ? {} : { 'Permissions Boundary Policy': NAMES[verdicts.boundary] }),
  }
}

/** A deny is told alone; those of service control policies are never told. */
function matchedStatements(judged: Judgement, decision: EvalDecision, scene: Scene): readonly Iam.Statement[] {
  if (decision === 'implicitDeny') return []
  const effect = decision === 'allowed' ? 'Allow' : 'Deny'
  const told: readonly (readonly [LayerName, readonly (SimulatedPolicy | undefined)[]])[] = [
    ['identity', scene.identity],
    ['resource', [scene.resourcePolicy]],
    ['boundary', [scene.boundary]],
  ]
  return told.flatMap(([name, policies]) => {
    const statements = judged.layers.filter(({ layer }) => layer === name).flatMap((layer) => layer.matched)
    const matched = statements.filter((statement) => statement.effect === effect)
    return matched.flatMap((statement) => shown(statement, policies))
  })
}

function shown(
  statement: MatchedStatement,
  policies: readonly (SimulatedPolicy | undefined)[],
): readonly Iam.Statement[] {
  const policy = policies.find((candidate) => candidate?.attached.name === statement.policy)
  const span = policy?.spans[statement.index]
  if (!policy || !span) return []
  const at = ({ line, column }: typeof span.start): Iam.Position => ({ Line: line, Column: column })
  return [
    {
      SourcePolicyId: policy.attached.name,
      // The service answers words that its own model does not list.
      SourcePolicyType: policy.type as unknown as Iam.Statement['SourcePolicyType'],
      StartPosition: at(span.start),
      EndPosition: at(span.end),
    },
  ]
}

/** Keys of all documents that nobody gave, of statements for other actions too, each spelling once. */
function missingKeys(scene: Scene): readonly string[] {
  const policies = [...scene.identity, scene.boundary, scene.resourcePolicy]
  const asked = policies.flatMap((policy) => policy?.asked ?? [])
  return [...new Set(asked)].filter((key) => !scene.given.has(key.toLowerCase()))
}
