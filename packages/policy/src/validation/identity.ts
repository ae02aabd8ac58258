/**
 * Identity policies: managed, inline, boundaries, session policies. The stages stand in the order in which IAM tells
 * its faults (policy-semantics 1.15), so that a document with two of them gets the text that tools expect.
 */
import type { JsonNode } from '../language/json.ts'
import { checkAction } from './actions.ts'
import { checkLegacyArn, checkResource } from './arns.ts'
import { unreadableOperand } from './operands.ts'
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
  type JsonText,
  type PolicyType,
  type Problem,
} from './problem.ts'
import { checkShape, unknownOperator } from './shape.ts'

type Stage = (statements: readonly JsonObject[], document: JsonObject, type: PolicyType) => Problem | undefined

export function checkIdentity(root: JsonNode, type: PolicyType): Problem | undefined {
  const shape = checkShape(root)
  if (shape) return shape
  const document = root as JsonObject
  const statements = statementsOf(document)
  return first(STAGES, (stage) => stage(statements, document, type))
}

const STAGES: readonly Stage[] = [
  (statements) => first(statements, (statement) => asProblem(unknownOperator(statement), SYNTAX)),
  checkVersion,
  (statements) => first(statements, checkLegacy),
  (statements, _document, type) => first(statements, (statement) => checkOperands(statement, type)),
  checkSids,
  (statements) => first(statements, checkNoPrincipal),
  (statements) => first(statements, (statement) => checkPresent(statement, 'Action')),
  (statements) => first(statements, checkResources),
  (statements, _document, type) => (type === 'session' ? first(statements, checkCompleteArns) : undefined),
  (statements) => first(statements, (statement) => first(elements(statement, 'Action'), checkAction)),
  (statements) => first(statements, (statement) => checkPresent(statement, 'Resource')),
]

const asProblem = (found: { readonly at: number } | undefined, message: string): Problem | undefined =>
  found && problem(message, found)

const elements = (statement: JsonObject, name: 'Action' | 'Resource'): readonly JsonText[] =>
  textsOf(memberOf(statement, name) ?? memberOf(statement, `Not${name}`))

/** Managed policies only: inline ones may leave Version out, and then they are of 2008-10-17. */
function checkVersion(_statements: readonly JsonObject[], document: JsonObject, type: PolicyType): Problem | undefined {
  if (type !== 'managed' && type !== 'boundary') return undefined
  const version = memberOf(document, 'Version')
  const message = 'Policy document must be version 2012-10-17 or greater.'
  return isText(version) && version.value === '2012-10-17' ? undefined : problem(message, version ?? document)
}

function checkLegacy(statement: JsonObject): Problem | undefined {
  const effect = memberOf(statement, 'Effect') as JsonText
  if (effect.value !== 'Allow' && effect.value !== 'Deny') return problem(LEGACY, effect)
  return first(elements(statement, 'Resource'), checkLegacyArn)
}

/** Session policies take what cannot be read, malformed base64 excepted (policy-semantics 1.14). */
function checkOperands(statement: JsonObject, type: PolicyType): Problem | undefined {
  const families =
    type === 'session' ? (['binary'] as const) : (['date', 'number', 'address', 'arn', 'binary'] as const)
  return asProblem(unreadableOperand(statement, families), LEGACY)
}

/** An empty Sid may repeat. */
function checkSids(statements: readonly JsonObject[]): Problem | undefined {
  const seen = new Set<string>()
  return first(statements, (statement) => {
    const sid = memberOf(statement, 'Sid')
    if (!isText(sid) || sid.value === '') return undefined
    if (!/^[0-9A-Za-z]*$/.test(sid.value)) return problem(SID_CHARACTERS, sid)
    if (seen.has(sid.value)) return problem('Statement IDs (SID) in a single policy must be unique.', sid)
    seen.add(sid.value)
    return undefined
  })
}

const SID_CHARACTERS =
  'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*'

function checkNoPrincipal(statement: JsonObject): Problem | undefined {
  const principal = memberOf(statement, 'Principal') ?? memberOf(statement, 'NotPrincipal')
  return asProblem(principal, 'Policy document should not specify a principal.')
}

/** Missing, or an empty list. */
function checkPresent(statement: JsonObject, name: 'Action' | 'Resource'): Problem | undefined {
  const element = memberOf(statement, name) ?? memberOf(statement, `Not${name}`)
  if (element && !(element.kind === 'array' && element.items.length === 0)) return undefined
  return problem(`Policy statement must contain ${name.toLowerCase()}s.`, element ?? statement)
}

const checkResources = (statement: JsonObject): Problem | undefined =>
  first(elements(statement, 'Resource'), checkResource)

/** Short ARNs are not filled up in session policies (policy-semantics 1.14). */
function checkCompleteArns(statement: JsonObject): Problem | undefined {
  const short = elements(statement, 'Resource').find(
    ({ value }) => value !== '*' && value.replace(/\$\{[^}]*\}/g, '').split(':').length < 6 && !value.startsWith('${'),
  )
  return asProblem(short, LEGACY)
}
