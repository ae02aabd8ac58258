/** Rules about statements beside each other: those that another one makes idle. */
import type { LintStatement } from './document.ts'
import type { Finding } from './finding.ts'
import { coversGlob, tell, type LintContext } from './rule.ts'

/** Statements that never take effect, or add nothing. */
export function idleStatements(context: LintContext): readonly Finding[] {
  const { statements } = context.document
  return statements.flatMap((statement, index) => {
    const deny = statements.find(
      (other) => other.effect === 'Deny' && statement.effect === 'Allow' && includes(other, statement),
    )
    if (deny) {
      const message = `Whatever this statement allows, ${named(deny)} denies.`
      return [tell(context, statement, { code: 'LINT.UNREACHABLE', level: 'warning', message })]
    }
    const same = statements.find(
      (other, at) =>
        at !== index &&
        other.effect === statement.effect &&
        includes(other, statement) &&
        (at < index || !includes(statement, other)),
    )
    if (!same) return []
    const message = `${named(same)} says the same, and more.`
    return [tell(context, statement, { code: 'LINT.REDUNDANT_STATEMENT', level: 'suggestion', message })]
  })
}

const named = ({ path }: LintStatement): string => `the statement at \`${path}\``

/** Does the outer statement, which must have no condition, speak of everything that the inner one speaks of? */
function includes(outer: LintStatement, inner: LintStatement): boolean {
  if (
    outer.conditions.length > 0 ||
    outer.notActions.length + outer.notResources.length + outer.notPrincipals.length > 0
  )
    return false
  if (inner.notActions.length + inner.notPrincipals.length > 0) return false
  return includesActions(outer, inner) && includesResources(outer, inner) && includesPrincipals(outer, inner)
}

const includesActions = (outer: LintStatement, inner: LintStatement): boolean =>
  inner.actions.length > 0 &&
  inner.actions.every((one) =>
    outer.actions.some((other) => coversGlob(other.value.toLowerCase(), one.value.toLowerCase())),
  )

function includesResources(outer: LintStatement, inner: LintStatement): boolean {
  if (outer.resources.some(({ value }) => value === '*')) return true
  if (outer.resources.length === 0) return inner.resources.length + inner.notResources.length === 0
  // A variable stands for itself only: it may be absent.
  return (
    inner.resources.length > 0 &&
    inner.resources.every((one) =>
      outer.resources.some((other) => !other.value.includes('${') && coversGlob(other.value, one.value)),
    )
  )
}

function includesPrincipals(outer: LintStatement, inner: LintStatement): boolean {
  const any = (statement: LintStatement) =>
    statement.principals.some(({ kind, value }) => kind === 'AWS' && value === '*')
  if (outer.principals.length === 0 && inner.principals.length === 0) return true
  if (any(outer)) return true
  const names = new Set(outer.principals.map(({ kind, value }) => `${kind} ${value}`))
  return inner.principals.length > 0 && inner.principals.every(({ kind, value }) => names.has(`${kind} ${value}`))
}
