/**
 * Makes a stored policy ready to be decided with. Lenient: grammar is the business of `parsePolicy`, which stands before
 * every store. What is no policy at all is an Error, and so is what would make a decision a guess.
 */
import type { ActionTest, ResourceTest, StatementBody } from './compiled.ts'
import { compileCondition, type Condition } from './conditions/condition.ts'
import { completeArn } from './language/arn.ts'
import { compileLastingGlob, patternOf } from './language/glob.ts'
import { readJson, type JsonMember, type JsonNode } from './language/json.ts'
import { compileTemplateGlob } from './language/template-glob.ts'
import { parseTemplate } from './language/template.ts'
import { compilePrincipal } from './principals.ts'
import type { CompiledPolicy } from './types.ts'

type JsonObject = JsonNode & { readonly kind: 'object' }

/** Compiles the text of a policy. Throws an Error that says what is wrong when the text is no policy. */
export function compilePolicy(text: string): CompiledPolicy {
  const read = readJson(text)
  if (!read.ok) throw new Error(`The text is no JSON: ${read.problem} at offset ${read.at}.`)
  return compileDocument(read.root, text)
}

/** The same from a document that has been read. */
export function compileDocument(root: JsonNode, text: string): CompiledPolicy {
  const document = objectOf(root, 'a policy')
  const version = member(document, 'Version')
  const dated = version?.kind === 'string' && version.value === '2012-10-17' ? '2012-10-17' : '2008-10-17'
  const statement = member(document, 'Statement')
  if (!statement) throw new Error('The policy has no Statement.')
  const lines = lineCounter(text)
  const nodes = statement.kind === 'array' ? statement.items : [statement]
  const statements = nodes.map((node, index) =>
    compileStatement(objectOf(node, `statement ${index}`), {
      index,
      line: lines(node.at),
      variables: dated === '2012-10-17',
    }),
  )
  return { version: dated, statements, text, byAction: new Map() }
}

interface Place {
  readonly index: number
  readonly line: number
  readonly variables: boolean
}

function compileStatement(node: JsonObject, place: Place): StatementBody {
  const effect = textOf(member(node, 'Effect'))
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error(`Statement ${place.index} has no Effect.`)
  const sid = textOf(member(node, 'Sid'))
  const principal = member(node, 'Principal')
  const notPrincipal = member(node, 'NotPrincipal')
  return {
    ...(sid === undefined ? {} : { sid }),
    effect,
    index: place.index,
    line: place.line,
    action: compileActions(node),
    resource: compileResources(node, place.variables),
    principal: principal ? compilePrincipal(principal, false) : notPrincipal && compilePrincipal(notPrincipal, true),
    conditions: compileConditions(member(node, 'Condition'), place),
  }
}

function compileActions(node: JsonObject): ActionTest | undefined {
  const plain = member(node, 'Action')
  const list = plain ?? member(node, 'NotAction')
  if (!list) return undefined
  return { not: !plain, globs: textsOf(list).map((text) => compileLastingGlob(patternOf(text.toLowerCase()))) }
}

/** Shared by every entry without variables: policies are kept by the thousand. */
const NO_VARIABLE = compileTemplateGlob(parseTemplate('', false))

function compileResources(node: JsonObject, variables: boolean): ResourceTest | undefined {
  const plain = member(node, 'Resource')
  const list = plain ?? member(node, 'NotResource')
  if (!list) return undefined
  const entries = textsOf(list).map((text) => {
    const template = completeArn(parseTemplate(text, variables))
    const glob = template.fixed && compileLastingGlob(template.fixed)
    return { glob, variable: glob ? NO_VARIABLE : compileTemplateGlob(template) }
  })
  return { not: !plain, entries }
}

const NO_CONDITIONS: readonly Condition[] = []

function compileConditions(node: JsonNode | undefined, place: Place): readonly Condition[] {
  if (!node) return NO_CONDITIONS
  return objectOf(node, 'Condition').members.flatMap((operator) =>
    objectOf(operator.value, operator.name).members.map((key) => {
      const condition = compileCondition(operator.name, key.name, valuesOf(key.value), place.variables)
      if (!condition) throw new Error(`Statement ${place.index} has the unknown condition operator ${operator.name}.`)
      return condition
    }),
  )
}

function objectOf(node: JsonNode, what: string): JsonObject {
  if (node.kind !== 'object') throw new Error(`An object is wanted for ${what}, not ${node.kind}.`)
  const names = new Set(node.members.map(({ name }) => name))
  if (names.size !== node.members.length) throw new Error(`A member occurs twice in ${what}.`)
  return node
}

/** Value of a member; the first one, since `objectOf` lets no member occur twice. */
const member = (node: JsonObject, name: string): JsonNode | undefined =>
  node.members.find((candidate: JsonMember) => candidate.name === name)?.value

const textOf = (node: JsonNode | undefined): string | undefined => (node?.kind === 'string' ? node.value : undefined)

function textsOf(node: JsonNode): readonly string[] {
  const items = node.kind === 'array' ? node.items : [node]
  return items.flatMap((item) => (item.kind === 'string' ? [item.value] : []))
}

/** Condition values may be numbers and booleans too; they count as the text they are written with. */
function valuesOf(node: JsonNode): readonly string[] {
  const items = node.kind === 'array' ? node.items : [node]
  return items.flatMap((item) => ('value' in item ? [item.value] : []))
}

/** Line of ascending offsets, counted once through the text. */
function lineCounter(text: string): (at: number) => number {
  let line = 1
  let end = text.indexOf('\n')
  return (at) => {
    // A text of one line is looked through once, not once per statement.
    for (; end >= 0 && end < at; end = text.indexOf('\n', end + 1)) line++
    return line
  }
}
