/** Policies of resources other than buckets: KMS keys, VPC endpoints, queues and topics. */
import { actionMatches } from '../actions.ts'
import { compileDocument } from '../compile.ts'
import type { JsonMember, JsonNode } from '../language/json.ts'
import { GRANT, grantOf } from '../principals.ts'
import { checkAction } from './actions.ts'
import type { ParseOptions } from './options.ts'
import {
  first,
  isText,
  LEGACY,
  memberOf,
  problem,
  statementsOf,
  SYNTAX,
  textsOf,
  type JsonObject,
  type Problem,
} from './problem.ts'
import { checkShape, unknownOperator } from './shape.ts'

/** The grammar that all resource policies share: a principal is wanted, Resource may be left out. */
export function checkResourcePolicy(root: JsonNode, options: ParseOptions): Problem | undefined {
  return checkShape(root) ?? first(statementsOf(root as JsonObject), (statement) => checkStatement(statement, options))
}

function checkStatement(statement: JsonObject, options: ParseOptions): Problem | undefined {
  const effect = memberOf(statement, 'Effect')
  if (!isText(effect) || !/^(?:Allow|Deny)$/.test(effect.value)) return problem(LEGACY, effect ?? statement)
  const unknown = unknownOperator(statement)
  if (unknown) return problem(SYNTAX, unknown)
  if (!memberOf(statement, 'Principal') && !memberOf(statement, 'NotPrincipal')) {
    return problem('Missing required field Principal', statement)
  }
  if (memberOf(statement, 'NotPrincipal') && effect.value === 'Allow') {
    return problem('Allow with NotPrincipal is not supported.', statement)
  }
  const actions = textsOf(memberOf(statement, 'Action') ?? memberOf(statement, 'NotAction'))
  if (actions.length === 0) return problem('Policy statement must contain actions.', statement)
  return first(actions, checkAction) ?? checkPrincipals(statement, options, 'Invalid principal in policy')
}

const AWS =
  /^(?:\*|\d{12}|A(?:IDA|ROA)[A-Z0-9]+|arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)\/[^*?]+)|arn:aws[a-z-]*:sts::\d{12}:(?:assumed-role\/[^/*?]+\/|federated-user\/)[^*?]+|arn:aws:iam::cloudfront:user\/.+)$/
const FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['AWS', AWS],
  ['Service', /^[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com|amazonaws\.com\.cn|amazon\.com|aws\.internal|aws)$/],
  ['Federated', /^[^\s*]+$/],
  ['CanonicalUser', /^[0-9a-f]{64}$/],
])

/** First principal of a wrong form, or one that does not exist. */
export function checkPrincipals(statement: JsonObject, options: ParseOptions, message: string): Problem | undefined {
  const principal = memberOf(statement, 'Principal') ?? memberOf(statement, 'NotPrincipal')
  if (isText(principal)) return principal.value === '*' ? undefined : problem(message, principal)
  if (principal?.kind !== 'object' || principal.members.length === 0) return problem(message, principal ?? statement)
  return first(principal.members, (member) => checkKind(member, options, message))
}

function checkKind({ name, value }: JsonMember, { exists }: ParseOptions, message: string): Problem | undefined {
  const form = FORMS.get(name)
  return first(textsOf(value), (text) => {
    if (form === undefined || !form.test(text.value)) return problem(message, text)
    const kind = name as 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'
    const known = text.value === '*' || exists === undefined || exists({ kind, value: text.value })
    return known ? undefined : problem(message, text)
  })
}

/** KMS key policies: the shared grammar, and the lockout check. */
export function checkKeyPolicy(root: JsonNode, text: string, options: ParseOptions): Problem | undefined {
  const shape = checkShape(root)
  if (shape) return shape
  const invalid = 'Policy contains a statement with one or more invalid principals.'
  const statements = statementsOf(root as JsonObject)
  return (
    first(statements, (statement) => checkPrincipals(statement, options, invalid)) ??
    checkResourcePolicy(root, options) ??
    (options.bypassLockoutCheck ? undefined : checkLockout(root, text, options))
  )
}

/** Somebody (the caller, where it is known) must be able to change the policy afterwards. */
function checkLockout(root: JsonNode, text: string, { caller }: ParseOptions): Problem | undefined {
  const open = compileDocument(root, text).statements.some((statement) => {
    if (statement.effect !== 'Allow' || !statement.principal || statement.principal.not) return false
    if (!actionMatches(statement.action, 'kms:putkeypolicy')) return false
    return caller === undefined || grantOf(statement.principal, caller) !== GRANT.none
  })
  return open ? undefined : { message: 'The new key policy will not allow you to update the key policy in the future.' }
}
