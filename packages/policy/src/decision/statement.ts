/** The tests of one statement against one request, apart from the action. */
import type { ResourceEntry, ResourceTest, StatementBody } from '../compiled.ts'
import { judgeCondition, type Condition } from '../conditions/condition.ts'
import { globMatches } from '../language/glob.ts'
import { templateGlobMatches } from '../language/template-glob.ts'
import { GRANT, grantOf, isExempt } from '../principals.ts'
import type { ConditionContext, Principal, RequestContext } from '../types.ts'

/** How a layer reads its statements. */
export interface Reading {
  /** Statements name their principals. */
  readonly principals: boolean
  /** A role's trust policy, where `*` admits no web identity and no SAML subject. */
  readonly trust: boolean
  /** The caller has a permissions boundary, which NotPrincipal never exempts. */
  readonly bounded: boolean
}

/** Absent element: every resource (trust policies have none). */
export function resourceMatches(test: ResourceTest | undefined, request: RequestContext): boolean {
  if (!test) return true
  const covered =
    covers(test, request) || (isAllBuckets(request) && covers(test, { ...request, resource: ALL_BUCKETS }))
  return covered ? !test.not : test.not
}

function covers(test: ResourceTest, request: RequestContext): boolean {
  for (const entry of test.entries) if (entryMatches(entry, request)) return true
  return false
}

/** Pages of AWS disagree on what ListAllMyBuckets is asked for: `*`, or the ARN of all buckets. Both are taken. */
const isAllBuckets = ({ action, resource }: RequestContext): boolean =>
  resource === '*' && action.toLowerCase() === 's3:listallmybuckets'
const ALL_BUCKETS = 'arn:aws:s3:::*'

/** An entry with an unresolved variable covers nothing, and so exempts nothing from a NotResource. */
function entryMatches(entry: ResourceEntry, { resource, context }: RequestContext): boolean {
  return entry.glob ? globMatches(entry.glob, resource) : templateGlobMatches(entry.variable, resource, context)
}

/** A void test (a pattern that is no ARN) keeps an Allow from matching and lets a Deny match. */
export function conditionHolds(condition: Condition, effect: 'Allow' | 'Deny', context: ConditionContext): boolean {
  const outcome = judgeCondition(condition, context)
  return outcome === 'yes' || (outcome === 'void' && effect === 'Deny')
}

function conditionsHold(statement: StatementBody, context: ConditionContext): boolean {
  for (const condition of statement.conditions) {
    if (!conditionHolds(condition, statement.effect, context)) return false
  }
  return true
}

/**
 * Grant classes by which the statement names the caller; 0 when it does not. A statement that should name principals
 * and does not names nobody (policy-semantics 2.8); NotPrincipal with Allow is not supported and grants nothing.
 */
export function namedAs(statement: StatementBody, principal: Principal, reading: Reading): number {
  if (!reading.principals) return GRANT.any
  const test = statement.principal
  if (!test) return GRANT.none
  if (test.not) {
    if (statement.effect === 'Allow') return GRANT.none
    return !reading.bounded && isExempt(test, principal) ? GRANT.none : GRANT.any
  }
  const grants = grantOf(test, principal)
  const federated = principal.kind === 'web-identity' || principal.kind === 'saml'
  return reading.trust && federated && statement.effect === 'Allow' ? grants & ~GRANT.any : grants
}

/** Grant classes of a statement whose action is known to match; 0 when another test fails. */
export function grantsOf(statement: StatementBody, request: RequestContext, reading: Reading): number {
  const grants = namedAs(statement, request.principal, reading)
  if (grants === 0 || !resourceMatches(statement.resource, request)) return 0
  return conditionsHold(statement, request.context) ? grants : 0
}
