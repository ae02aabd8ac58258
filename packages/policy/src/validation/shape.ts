/** The outer form: which members there may be, and of which JSON type (policy-semantics 1.1 to 1.11). */
import { readOperatorName } from '../conditions/operators.ts'
import type { JsonMember, JsonNode } from '../language/json.ts'
import { first, isText, itemsOf, memberOf, problem, SYNTAX, type JsonObject, type Problem } from './problem.ts'

const DOCUMENT = new Set(['Version', 'Id', 'Statement'])
const VERSIONS = new Set(['2012-10-17', '2008-10-17'])
const STATEMENT = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

/** First member that occurs a second time, anywhere in the document. */
export function repeatedMember(node: JsonNode): JsonMember | undefined {
  if (node.kind === 'array') return firstOf(node.items, repeatedMember)
  if (node.kind !== 'object') return undefined
  const seen = new Set<string>()
  for (const member of node.members) {
    if (seen.has(member.name)) return member
    seen.add(member.name)
  }
  return firstOf(
    node.members.map(({ value }) => value),
    repeatedMember,
  )
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

/** undefined when the document has the form of a policy. The text is IAM's, for whatever is wrong. */
export function checkShape(root: JsonNode): Problem | undefined {
  if (root.kind !== 'object') return problem(SYNTAX, root)
  const repeated = repeatedMember(root)
  if (repeated) return problem(SYNTAX, repeated)
  const strange = root.members.find(({ name }) => !DOCUMENT.has(name))
  if (strange) return problem(SYNTAX, strange)
  const version = memberOf(root, 'Version')
  if (version && !(isText(version) && VERSIONS.has(version.value))) return problem(SYNTAX, version)
  const id = memberOf(root, 'Id')
  if (id && !isText(id)) return problem(SYNTAX, id)
  const statement = memberOf(root, 'Statement')
  if (!statement || (statement.kind === 'array' && statement.items.length === 0))
    return problem(SYNTAX, statement ?? root)
  return first(itemsOf(statement), checkStatement)
}

function checkStatement(node: JsonNode): Problem | undefined {
  if (node.kind !== 'object') return problem(SYNTAX, node)
  const strange = node.members.find(({ name }) => !STATEMENT.has(name))
  if (strange) return problem(SYNTAX, strange)
  const sid = memberOf(node, 'Sid')
  if (sid && !isText(sid)) return problem(SYNTAX, sid)
  const effect = memberOf(node, 'Effect')
  if (!isText(effect) || !/^(?:allow|deny)$/i.test(effect.value)) return problem(SYNTAX, effect ?? node)
  return (
    checkPair(node, 'Action') ??
    checkPair(node, 'Resource') ??
    checkPair(node, 'Principal') ??
    checkPrincipal(memberOf(node, 'Principal')) ??
    checkPrincipal(memberOf(node, 'NotPrincipal')) ??
    checkCondition(memberOf(node, 'Condition'))
  )
}

/** An element and its complement exclude each other; both are texts or lists of texts. */
function checkPair(node: JsonObject, name: 'Action' | 'Resource' | 'Principal'): Problem | undefined {
  const plain = memberOf(node, name)
  const complement = memberOf(node, `Not${name}`)
  if (plain && complement) return problem(SYNTAX, complement)
  const element = plain ?? complement
  if (!element || name === 'Principal') return undefined
  const nullable = name === 'Resource' && element.kind === 'array'
  const wrong = itemsOf(element).find((item) => !isText(item) && !(nullable && item.kind === 'null'))
  return wrong && problem(SYNTAX, wrong)
}

const PRINCIPALS = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser'])

function checkPrincipal(node: JsonNode | undefined): Problem | undefined {
  if (!node || isText(node)) return undefined
  if (node.kind !== 'object') return problem(SYNTAX, node)
  return first(node.members, ({ name, value }) => {
    const wrong = PRINCIPALS.has(name) ? itemsOf(value).find((item) => !isText(item)) : value
    return wrong && problem(SYNTAX, wrong)
  })
}

function checkCondition(node: JsonNode | undefined): Problem | undefined {
  if (!node) return undefined
  if (node.kind !== 'object') return problem(SYNTAX, node)
  return first(node.members, ({ value }) => {
    if (value.kind !== 'object') return problem(SYNTAX, value)
    return first(value.members, (key) => {
      const wrong = itemsOf(key.value).find((item) => !('value' in item))
      return wrong && problem(SYNTAX, wrong)
    })
  })
}

/** First operator AWS does not have; one with an empty body slips through. */
export function unknownOperator(statement: JsonObject): JsonMember | undefined {
  const condition = memberOf(statement, 'Condition')
  if (condition?.kind !== 'object') return undefined
  return condition.members.find(
    ({ name, value }) => value.kind === 'object' && value.members.length > 0 && !readOperatorName(name),
  )
}
