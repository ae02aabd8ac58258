/** Which statements hang on keys that are not known yet, and the policies of a set with such statements bent one way. */
import { actionMatches } from '../actions.ts'
import type { ResourceEntry, StatementBody } from '../compiled.ts'
import { conditionHolds, resourceMatches } from '../decision/statement.ts'
import { constantPrefix, variableKeys, type Template } from '../language/template.ts'
import type { AttachedPolicy, CompiledPolicy, PolicySet, RequestContext } from '../types.ts'

/**
 * What is known of a key that the context may not hold: `fixed` is what the context says, absent included; `present` has
 * some value; `any` may be absent too. Keys come in lower case.
 */
export type Openness = (key: string) => 'fixed' | 'present' | 'any'

/** A statement that covers the request as far as fixed keys tell, and asks about others. */
export interface OpenStatement {
  readonly statement: StatementBody
  /** Its open keys, in lower case. */
  readonly keys: ReadonlySet<string>
}

/** Every statement of the set whose match depends on open keys. */
export function openStatements(request: RequestContext, set: PolicySet, openness: Openness): readonly OpenStatement[] {
  return policiesOf(set)
    .flatMap(({ policy }) => policy.statements)
    .flatMap((statement) => {
      const keys = openKeysOf(statement, request, openness)
      return keys.size > 0 && mayCover(statement, request, openness) ? [{ statement, keys }] : []
    })
}

/** Every key of conditions, their values and the resource that is not fixed. */
function openKeysOf(statement: StatementBody, request: RequestContext, openness: Openness): ReadonlySet<string> {
  const keys = new Set<string>()
  const templates: Template[] = []
  for (const condition of statement.conditions) {
    keys.add(condition.key)
    templates.push(...condition.values)
  }
  for (const { variable } of statement.resource?.entries ?? []) {
    if (request.resource.startsWith(constantPrefix(variable.template))) templates.push(variable.template)
  }
  for (const key of templates.flatMap(variableKeys)) keys.add(key)
  return new Set([...keys].filter((key) => openness(key) !== 'fixed'))
}

/** As far as action, resource and the conditions on fixed keys tell. */
function mayCover(statement: StatementBody, request: RequestContext, openness: Openness): boolean {
  if (!actionMatches(statement.action, request.action.toLowerCase())) return false
  if (!hasOpenResource(statement, openness) && !resourceMatches(statement.resource, request)) return false
  return closedConditions(statement, openness).every((condition) =>
    conditionHolds(condition, statement.effect, request.context),
  )
}

const isOpenTemplate = (template: Template, openness: Openness): boolean =>
  variableKeys(template).some((key) => openness(key) !== 'fixed')

const hasOpenResource = (statement: StatementBody, openness: Openness): boolean =>
  (statement.resource?.entries ?? []).some(({ variable }: ResourceEntry) => isOpenTemplate(variable.template, openness))

const closedConditions = (statement: StatementBody, openness: Openness): StatementBody['conditions'] =>
  statement.conditions.filter(
    ({ key, values }) => openness(key) === 'fixed' && !values.some((template) => isOpenTemplate(template, openness)),
  )

/**
 * The set as if every open statement of the effect matched, and none of the other effect did: no request that differs in
 * open keys only is decided further that way.
 */
export function bentSet(
  set: PolicySet,
  open: readonly OpenStatement[],
  effect: 'Allow' | 'Deny',
  openness: Openness,
): PolicySet {
  const hanging = new Set(open.map(({ statement }) => statement))
  const bend = (policy: CompiledPolicy): CompiledPolicy => ({
    ...policy,
    byAction: new Map(),
    statements: policy.statements.flatMap((statement): readonly StatementBody[] => {
      if (!hanging.has(statement)) return [statement]
      if (statement.effect !== effect) return []
      const conditions = closedConditions(statement, openness)
      return [
        { ...statement, conditions, resource: hasOpenResource(statement, openness) ? undefined : statement.resource },
      ]
    }),
  })
  return mapped(set, (attached) => ({ ...attached, policy: bend(attached.policy) }))
}

function policiesOf(set: PolicySet): readonly AttachedPolicy[] {
  const single = [set.resource, set.trust, set.boundary, set.vpce].flatMap((policy) => policy ?? [])
  const levels = [set.scp, set.rcp, set.resourceAccountScp].flatMap((list) => list ?? []).flat()
  return [...set.identity, ...single, ...(set.session ?? []), ...(set.scopeDown ?? []), ...levels]
}

function mapped(set: PolicySet, change: (policy: AttachedPolicy) => AttachedPolicy): PolicySet {
  const one = (policy: AttachedPolicy | undefined) => policy && change(policy)
  const list = (policies: readonly AttachedPolicy[] | undefined) => policies?.map(change)
  const levels = (given: PolicySet['scp']) => given?.map((level) => level.map(change))
  return {
    identity: set.identity.map(change),
    resource: one(set.resource),
    trust: one(set.trust),
    boundary: one(set.boundary),
    vpce: one(set.vpce),
    session: list(set.session),
    scopeDown: list(set.scopeDown),
    scp: levels(set.scp),
    rcp: levels(set.rcp),
    resourceAccountScp: levels(set.resourceAccountScp),
  }
}
