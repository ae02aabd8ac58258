/** Rules about actions: those that AWS does not have, and those that no resource of the statement fits. */
import type { ReferenceAction, ServiceReference } from '../reference/reference.ts'
import type { LintStatement } from './document.ts'
import type { Finding, Placed } from './finding.ts'
import {
  covers,
  coversGlob,
  globsMeet,
  hasWildcard,
  tell,
  withoutVariables,
  type LintContext,
  type StatementRule,
} from './rule.ts'

/** Actions that the pattern stands for. */
function actionsOf(pattern: string, reference: ServiceReference): readonly ReferenceAction[] {
  const service = pattern.slice(0, Math.max(0, pattern.indexOf(':')))
  if (service === '' || hasWildcard(service)) return []
  if (!hasWildcard(pattern)) return [reference.action(pattern) ?? []].flat()
  const wanted = pattern.toLowerCase()
  return reference.actionsOf(service).filter(({ name }) => covers(wanted, name.toLowerCase()))
}

export const unknownActions: StatementRule = (statement, context) => {
  const { reference } = context
  if (!reference) return []
  return [...statement.actions, ...statement.notActions].flatMap((action) => unknownAction(action, reference, context))
}

function unknownAction(action: Placed, reference: ServiceReference, context: LintContext): readonly Finding[] {
  const { value } = action
  const colon = value.indexOf(':')
  const service = value.slice(0, Math.max(0, colon))
  if (value === '*' || colon < 0 || hasWildcard(service)) return []
  if (!reference.hasService(service)) {
    const near = nearest(service, reference.serviceNames)
    const message = `AWS has no service \`${service}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`
    return [tell(context, action, { code: 'LINT.NO_SUCH_SERVICE', level: 'error', message })]
  }
  if (actionsOf(value, reference).length > 0) return []
  if (hasWildcard(value)) {
    const message = `\`${value}\` stands for no action of ${service}.`
    return [tell(context, action, { code: 'LINT.NO_SUCH_ACTION', level: 'error', message })]
  }
  const names = reference.actionsOf(service).map(({ name }) => name.slice(colon + 1))
  const near = nearest(value.slice(colon + 1), names)
  const hint = near === undefined ? '' : ` Did you mean \`${service}:${near}\`?`
  return [
    tell(context, action, {
      code: 'LINT.NO_SUCH_ACTION',
      level: 'error',
      message: `There is no action \`${value}\`.${hint}`,
    }),
  ]
}

/** The name with the fewest changed letters, when those are few. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase()
  const most = Math.max(1, Math.floor(wanted.length / 4))
  let best: string | undefined
  let bestDistance = most + 1
  for (const candidate of names) {
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue
    const distance = changedLetters(wanted, candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** Levenshtein's distance; anything from `limit` on is `limit`. */
function changedLetters(left: string, right: string, limit: number): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    if (Math.min(...next) >= limit) return limit
    row = next
  }
  return row[right.length] ?? limit
}

/** An Allow on narrower resources than `*` never applies to actions that have no resource. */
export const actionsWithoutResource: StatementRule = (statement, context) => {
  const { reference } = context
  if (!reference || statement.effect !== 'Allow' || statement.resources.length === 0) return []
  if (statement.resources.some(({ value }) => withoutVariables(value) === '*')) return []
  return statement.actions.flatMap((action) => {
    const known = actionsOf(action.value, reference)
    if (known.length === 0) return []
    return applicability(action, known, statement, context)
  })
}

/** Do the resources fit at least one of the actions that the pattern stands for? */
function applicability(
  action: Placed,
  known: readonly ReferenceAction[],
  statement: LintStatement,
  context: LintContext,
): readonly Finding[] {
  if (known.every(({ resources }) => resources.length === 0)) {
    const message = `\`${action.value}\` takes no resource: it is granted on \`*\` only, so this statement never allows it.`
    return [tell(context, action, { code: 'LINT.ACTION_NEEDS_STAR', level: 'error', message })]
  }
  const globs = statement.resources.map(({ value }) => completed(withoutVariables(value)))
  const fits = known.some(({ resources }) => resources.some((type) => globs.some((own) => isOfType(own, type))))
  if (fits) return []
  const types = [...new Set(known.flatMap(({ resources }) => resources.map(({ arn }) => arn)))].slice(0, 2)
  const message = `No resource of the statement is one that \`${action.value}\` takes (${types.join(', ')}).`
  return [tell(context, action, { code: 'LINT.RESOURCE_NEVER_MATCHES', level: 'warning', message })]
}

/** May the resource be one of the type? A bucket's name has no slash, which the glob of the type does not say. */
const isOfType = (resource: string, { arn, glob }: ReferenceAction['resources'][number]): boolean =>
  !(arn.endsWith(':::${BucketName}') && resource.includes('/')) && globsMeet(resource, glob)

/** Short ARNs are filled up with stars. */
function completed(arn: string): string {
  const colons = arn.split(':').length - 1
  return colons === 0 || colons >= 5 ? arn : arn + ':*'.repeat(5 - colons)
}

export const redundantActions: StatementRule = ({ actions }, context) => {
  const names = actions.map(({ value }) => value.toLowerCase())
  const wide = names.flatMap((name, at) => (hasWildcard(name) ? [at] : []))
  const firsts = new Map(names.map((name, at) => [name, at] as const).toReversed())
  return actions.flatMap((action, index) => {
    const name = names[index] ?? ''
    const earlier = firsts.get(name) ?? index
    const at =
      earlier < index
        ? earlier
        : wide.find((other) => other !== index && names[other] !== name && coversGlob(names[other] ?? '', name))
    const other = at === undefined ? undefined : actions[at]
    if (!other) return []
    const message = `\`${action.value}\` is covered by \`${other.value}\`.`
    return [tell(context, action, { code: 'LINT.REDUNDANT_ACTION', level: 'suggestion', message })]
  })
}

/** Whoever may pass every role to a service has what the strongest of them may do. */
export const passRole: StatementRule = ({ effect, actions, resources, conditions }, context) => {
  const star = resources.find(({ value }) => value === '*' || /^arn:[^:]*:iam::[^:]*:role\/\*$/.test(value))
  if (effect !== 'Allow' || !star || conditions.some(({ key }) => key.value.toLowerCase() === 'iam:passedtoservice'))
    return []
  return actions
    .filter(({ value }) => /^iam:pass(?:role|\*|r)/i.test(value))
    .map((action) =>
      tell(context, action, {
        code: 'LINT.PASSROLE_STAR',
        level: 'securityWarning',
        message:
          'Every role may be passed to every service: name the roles, or add a condition on `iam:PassedToService`.',
      }),
    )
}

/** Allows whatever AWS adds to its services. */
export const allowNotAction: StatementRule = ({ effect, notActions, resources, notResources }, context) => {
  const [first] = notActions
  const wide = resources.some(({ value }) => value === '*') || notResources.length > 0
  if (effect !== 'Allow' || !first || !wide) return []
  const message = '`NotAction` with `Allow` gives every other action of every service, those to come included.'
  return [tell(context, first, { code: 'LINT.ALLOW_NOT_ACTION', level: 'securityWarning', message })]
}
