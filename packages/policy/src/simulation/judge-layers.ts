/** What each layer of a decision says by itself, and which statements say it: cheaper than an explanation. */
import { candidates } from '../actions.ts'
import type { StatementBody } from '../compiled.ts'
import { beforePolicies } from '../decision/before-policies.ts'
import { caseOf } from '../decision/decide.ts'
import { grantsOf } from '../decision/statement.ts'
import type { AttachedPolicy, LayerName, LayerRecord, PolicySet, RequestContext } from '../types.ts'

export interface MatchedStatement {
  /** Name of the policy. */
  readonly policy: string
  /** Position in the policy's list of statements, from 0. */
  readonly index: number
  readonly effect: 'Allow' | 'Deny'
}

export interface LayerJudgement {
  readonly layer: LayerName
  readonly verdict: LayerRecord['verdict']
  readonly matched: readonly MatchedStatement[]
}

export interface Judgement {
  /** Settled before any policy is read: no permission is required, or the credentials may not make the call. */
  readonly early?: 'Allow' | 'Deny'
  /** In AWS order. */
  readonly layers: readonly LayerJudgement[]
}

/** Judges every layer with the functions that `decide` uses, and puts nothing together. */
export function judgeLayers(request: RequestContext, set: PolicySet): Judgement {
  const early = beforePolicies(request)
  if (early) return { early: early.effect, layers: [] }
  const layers = caseOf(request, set).layers.map(({ name, policies, reading }): LayerJudgement => {
    const matching = ({ policy, name: policyName }: AttachedPolicy): readonly MatchedStatement[] => {
      const { allows, denies } = candidates(policy, request.action)
      return [...denies, ...allows]
        .filter((statement: StatementBody) => grantsOf(statement, request, reading) !== 0)
        .map(({ index, effect }) => ({ policy: policyName, index, effect }))
    }
    const matched = policies.flatMap(matching)
    const denied = matched.some(({ effect }) => effect === 'Deny')
    return { layer: name, verdict: denied ? 'denied' : matched.length > 0 ? 'allowed' : 'silent', matched }
  })
  return { layers }
}
