/** Bucket policies: another code, another grammar, other texts (policy-semantics 1.19; wire-facts 6). */
import { compileGlob, globMatches, patternOf } from '../language/glob.ts'
import type { JsonNode } from '../language/json.ts'
import { unreadableOperand } from './operands.ts'
import type { ParseOptions } from './options.ts'
import {
  first,
  isText,
  itemsOf,
  memberOf,
  problem,
  statementsOf,
  textsOf,
  type JsonObject,
  type JsonText,
  type Problem,
} from './problem.ts'
import { checkPrincipals } from './resource-policies.ts'
import { BUCKET_ACTIONS, OBJECT_ACTIONS } from './s3-actions.ts'
import { checkShape, repeatedMember, unknownOperator } from './shape.ts'

export const NO_JSON = "Policies must be valid JSON and the first byte must be '{'"
const GRAMMAR = 'This policy contains invalid Json'

export function checkBucketPolicy(root: JsonNode, options: ParseOptions): Problem | undefined {
  if (root.kind !== 'object') return problem(NO_JSON, root)
  const repeated = repeatedMember(root)
  if (repeated) return problem(GRAMMAR, repeated)
  const statement = memberOf(root, 'Statement')
  if (!statement) return problem('Missing required field Statement', root)
  if (statement.kind === 'array' && statement.items.length === 0) {
    return problem('Could not parse the policy: Statement is empty!', statement)
  }
  return (
    first(itemsOf(statement), (item) => (item.kind === 'object' ? checkFields(item) : problem(GRAMMAR, item))) ??
    grammar(checkShape(root)) ??
    first(statementsOf(root), (item) => checkStatement(item, options))
  )
}

const grammar = (found: Problem | undefined): Problem | undefined => found && { ...found, message: GRAMMAR }

function checkFields(statement: JsonObject): Problem | undefined {
  const has = (name: string): boolean => memberOf(statement, name) !== undefined
  if (!has('Effect')) return problem('Missing required field Effect', statement)
  const effect = memberOf(statement, 'Effect')
  if (!isText(effect) || !/^(?:Allow|Deny)$/.test(effect.value)) {
    return problem(`Invalid effect: ${isText(effect) ? effect.value : ''}`, effect)
  }
  if (!has('Principal') && !has('NotPrincipal')) return problem('Missing required field Principal', statement)
  if (!has('Action') && !has('NotAction')) return problem('Missing required field Action', statement)
  if (!has('Resource') && !has('NotResource')) return problem('Missing required field Resource', statement)
  return undefined
}

function checkStatement(statement: JsonObject, options: ParseOptions): Problem | undefined {
  const effect = memberOf(statement, 'Effect') as JsonText
  if (memberOf(statement, 'NotPrincipal') && effect.value === 'Allow') {
    return problem('Allow with NotPrincipal is not allowed.', statement)
  }
  const unknown = unknownOperator(statement)
  if (unknown) return problem(`Invalid Condition type : ${unknown.name}`, unknown)
  const operand = unreadableOperand(statement, ['date', 'number', 'address', 'arn', 'binary'])
  if (operand) return problem('Policy has invalid condition value', operand)
  return (
    checkPrincipals(statement, options, 'Invalid principal in policy') ??
    checkActions(statement) ??
    checkResources(statement, options) ??
    checkFit(statement)
  )
}

const actionsOf = (statement: JsonObject): readonly JsonText[] =>
  textsOf(memberOf(statement, 'Action') ?? memberOf(statement, 'NotAction'))

/** Every action must name at least one that bucket policies can hold. */
function checkActions(statement: JsonObject): Problem | undefined {
  const actions = actionsOf(statement)
  const strange = actions.find(({ value }) => !covers(value, BUCKET_ACTIONS) && !covers(value, OBJECT_ACTIONS))
  return actions.length === 0 || strange ? problem('Policy has invalid action', strange ?? statement) : undefined
}

function covers(pattern: string, actions: readonly string[]): boolean {
  const glob = compileGlob(patternOf(pattern.toLowerCase()))
  return actions.some((action) => globMatches(glob, action))
}

/** The bucket itself, its objects, or a pattern of its name; access points are resources too. */
function checkResources(statement: JsonObject, { bucket }: ParseOptions): Problem | undefined {
  const resources = textsOf(memberOf(statement, 'Resource') ?? memberOf(statement, 'NotResource'))
  const strange = resources.find(({ value }) => !isOfBucket(value, bucket))
  return resources.length === 0 || strange ? problem('Policy has invalid resource', strange ?? statement) : undefined
}

function isOfBucket(resource: string, bucket: string | undefined): boolean {
  const name = /^arn:aws[a-z-]*:s3:::([^/]+)(?:\/|$)/.exec(resource)?.[1]
  if (name === undefined) return false
  return bucket === undefined || name.includes('${') || globMatches(compileGlob(patternOf(name)), bucket)
}

/** With Action and Resource, each action must apply to one of the resources. */
function checkFit(statement: JsonObject): Problem | undefined {
  const resources = textsOf(memberOf(statement, 'Resource')).map(({ value }) => value)
  if (!memberOf(statement, 'Action') || resources.length === 0) return undefined
  const objects = resources.some((value) => value.includes('/') || /:::[^/]*[*$]/.test(value))
  const buckets = resources.some((value) => !value.includes('/'))
  const idle = actionsOf(statement).find(
    ({ value }) => !((objects && covers(value, OBJECT_ACTIONS)) || (buckets && covers(value, BUCKET_ACTIONS))),
  )
  return idle && problem('Action does not apply to any resource(s) in statement', idle)
}
