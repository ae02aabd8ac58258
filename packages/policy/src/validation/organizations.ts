/** Service control policies and resource control policies, refused by Organizations with one text (policy-semantics 1.17). */
import { isRcpAction } from '../decision/rcp-services.ts'
import type { JsonNode } from '../language/json.ts'
import { checkIdentity } from './identity.ts'
import { first, isText, memberOf, problem, statementsOf, textsOf, type JsonObject, type Problem } from './problem.ts'
import { checkShape, unknownOperator } from './shape.ts'

const UNMET = 'The provided policy document does not meet the requirements of the specified policy type.'

const unmet = (found: { readonly at?: number } | undefined): Problem | undefined =>
  found && (found.at === undefined ? { message: UNMET } : { message: UNMET, at: found.at })

/** The grammar of managed policies; AWS's text does not say what is wrong. */
export const checkScp = (root: JsonNode): Problem | undefined => unmet(checkIdentity(root, 'managed'))

/** Unlike SCPs, RCPs may leave Version out, or be of 2008-10-17. */
export function checkRcp(root: JsonNode): Problem | undefined {
  return unmet(checkShape(root) ?? first(statementsOf(root as JsonObject), checkRcpStatement))
}

function checkRcpStatement(statement: JsonObject): Problem | undefined {
  const effect = memberOf(statement, 'Effect')
  if (!isText(effect) || effect.value !== 'Deny') return problem(UNMET, effect ?? statement)
  const unknown = unknownOperator(statement)
  if (unknown) return problem(UNMET, unknown)
  const actions = textsOf(memberOf(statement, 'Action'))
  const strange = actions.find(({ value }) => value.split(':').length !== 2 || !isRcpAction(value))
  if (actions.length === 0 || strange) return problem(UNMET, strange ?? statement)
  const resources = textsOf(memberOf(statement, 'Resource') ?? memberOf(statement, 'NotResource'))
  if (resources.length === 0) return problem(UNMET, statement)
  return isEverybody(memberOf(statement, 'Principal')) ? undefined : problem(UNMET, statement)
}

/** `"*"` or `{"AWS":"*"}`; a list with one star is refused. */
function isEverybody(principal: JsonNode | undefined): boolean {
  if (principal?.kind !== 'object') return isText(principal) && principal.value === '*'
  const aws = memberOf(principal, 'AWS')
  return principal.members.length === 1 && isText(aws) && aws.value === '*'
}
