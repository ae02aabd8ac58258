/** Turns layers into records: every statement with each of its tests, and each condition with what it saw. */
import { actionMatches } from '../actions.ts'
import type { StatementBody } from '../compiled.ts'
import { wantedValues, type Condition } from '../conditions/condition.ts'
import type {
  AttachedPolicy,
  ConditionContext,
  ConditionRecord,
  LayerRecord,
  RequestContext,
  StatementRecord,
} from '../types.ts'
import { denyingPolicy, grantsIn } from './decide.ts'
import type { Layer } from './layers.ts'
import { conditionHolds, namedAs, resourceMatches } from './statement.ts'

export function recordLayer(layer: Layer, request: RequestContext): LayerRecord {
  const denied = denyingPolicy(layer, request) !== undefined
  // RCPFullAWSAccess is attached everywhere and cannot be detached: an RCP that does not deny allows.
  const allowed = layer.name === 'rcp' || grantsIn(layer, request) !== 0
  const verdict = denied ? 'denied' : allowed ? 'allowed' : 'silent'
  const statements = layer.policies.flatMap((attached) =>
    attached.policy.statements.map((statement) => recordStatement(statement, attached, layer, request)),
  )
  return { layer: layer.name, verdict, ...(layer.level === undefined ? {} : { level: layer.level }), statements }
}

function recordStatement(
  statement: StatementBody,
  attached: AttachedPolicy,
  layer: Layer,
  request: RequestContext,
): StatementRecord {
  const conditions = statement.conditions.map((condition) => recordCondition(condition, statement, request.context))
  const failures = [
    ...(namedAs(statement, request.principal, layer.reading) === 0 ? (['principal'] as const) : []),
    ...(actionMatches(statement.action, request.action.toLowerCase()) ? [] : (['action'] as const)),
    ...(resourceMatches(statement.resource, request) ? [] : (['resource'] as const)),
    ...conditions.filter((condition) => !condition.matched).map(() => 'condition' as const),
  ]
  const failed = failures[0]
  return {
    policy: attached.name,
    ...(attached.arn === undefined ? {} : { policyArn: attached.arn }),
    ...(attached.owner === undefined ? {} : { owner: attached.owner }),
    ...(statement.sid === undefined ? {} : { sid: statement.sid }),
    index: statement.index,
    line: statement.line,
    effect: statement.effect,
    matched: failed === undefined,
    ...(failed === undefined ? {} : { failed }),
    misses: failures.length,
    conditions,
  }
}

function recordCondition(condition: Condition, statement: StatementBody, context: ConditionContext): ConditionRecord {
  const value = context.get(condition.key)
  const received = value === undefined ? [] : typeof value === 'string' ? [value] : value
  return {
    key: condition.keyAsWritten,
    received,
    operator: condition.operator,
    wanted: wantedValues(condition, context),
    matched: conditionHolds(condition, statement.effect, context),
    absent: received.length === 0,
  }
}
