/**
 * Policy templates of IAM temporary delegation: `@{name}` stands for a parameter, `@Enabled` switches a statement. Values are
 * put into the parsed document, so none of them can add a statement. IAM User Guide, "Policy templates".
 */
import { matchesAction, parsePolicy } from '@understudy/policy'
import type { TemplateParameter } from '../entities/delegation.ts'

/** Characters of a rendered policy. */
export const RENDERED_MAX = 2048
const ENABLED = '@Enabled'
const PLACEHOLDER = /@\{([^{}]+)\}/g

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
type Statement = Readonly<Record<string, Json>>

/** A problem of the parameters (`code` as AWS has it for role templates), or of the policy that they make. */
export type Rendered =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: 'InvalidInput' | 'ValidationError'; readonly message: string }

class Unrenderable extends Error {
  readonly code: 'InvalidInput' | 'ValidationError'
  constructor(code: 'InvalidInput' | 'ValidationError', message: string) {
    super(message)
    this.code = code
  }
}

/** The policy that a template and these parameters make. */
export function renderTemplate(template: string, parameters: readonly TemplateParameter[]): Rendered {
  try {
    const document = JSON.parse(template) as Statement
    const values = valuesOf(parameters, namesIn(document))
    const statements = statementsOf(document)
      .filter((statement) => isEnabled(statement, values))
      .map((statement) => filled(withoutSwitch(statement), values) as Statement)
    if (statements.length === 0) return failed('Failed to render template: no statement is enabled.')
    const text = JSON.stringify({ ...document, Statement: statements })
    if (text.length > RENDERED_MAX)
      return failed(
        `Failed to render template: the policy has ${text.length} characters, the limit is ${RENDERED_MAX}.`,
      )
    const problem = policyProblem(text)
    return problem === undefined ? { ok: true, text } : failed(`Failed to render template: ${problem}`)
  } catch (error) {
    if (error instanceof Unrenderable) return { ok: false, code: error.code, message: error.message }
    throw error
  }
}

const failed = (message: string): Rendered => ({ ok: false, code: 'InvalidInput', message })

/** What is wrong with a rendered policy; `undefined` when nothing is. */
function policyProblem(text: string): string | undefined {
  const parsed = parsePolicy(text, 'session')
  if (!parsed.ok) return parsed.message ?? 'it makes no policy.'
  return makesUnboundRoles(text) ? UNBOUND_ROLES : undefined
}

const UNBOUND_ROLES = 'a statement allows iam:CreateRole without a condition StringEquals on iam:PermissionsBoundary.'

/** What is wrong with a template that a partner would register; `undefined` when nothing is. */
export function templateProblem(text: string): string | undefined {
  const document = JSON.parse(text) as Statement
  const statements = statementsOf(document)
  if (statements.length === 0) return 'a policy template has a Statement'
  for (const statement of statements) {
    const enabled = statement[ENABLED]
    if (enabled !== undefined && (typeof enabled !== 'string' || enabled.replace(/^!/, '') === ''))
      return '`@Enabled` names a parameter, or `!` and a parameter'
  }
  const plain = statements.map(withoutSwitch)
  // A parameter may stand for anything.
  const sample = JSON.stringify({ ...document, Statement: plain }).replaceAll(PLACEHOLDER, '*')
  const parsed = parsePolicy(sample, 'session')
  if (!parsed.ok) return parsed.message ?? 'the template makes no policy'
  return makesUnboundRoles(sample) ? UNBOUND_ROLES.slice(0, -1) : undefined
}

/** Boundaries that the rendered policy demands of new roles: RolePermissionRestrictionArns. */
export function roleBoundaries(text: string): readonly string[] {
  const found = statementsOf(JSON.parse(text) as Statement)
    .filter(allowsRoleCreation)
    .flatMap((statement) => boundaryValues(statement) ?? [])
  return [...new Set(found)]
}

const makesUnboundRoles = (text: string): boolean =>
  statementsOf(JSON.parse(text) as Statement).some(
    (statement) => allowsRoleCreation(statement) && boundaryValues(statement) === undefined,
  )

function allowsRoleCreation(statement: Statement): boolean {
  if (statement['Effect'] !== 'Allow') return false
  const { Action: action, NotAction: notAction } = statement
  return action === undefined ? !texts(notAction).some(coversCreateRole) : texts(action).some(coversCreateRole)
}

const coversCreateRole = (pattern: string): boolean => matchesAction(pattern, 'iam:CreateRole')

const EXACT = new Set(['stringequals', 'arnequals'])

function boundaryValues(statement: Statement): readonly string[] | undefined {
  const { Condition: condition } = statement
  if (typeof condition !== 'object' || condition === null) return undefined
  for (const [operator, keys] of Object.entries(condition as Readonly<Record<string, Json>>)) {
    if (!EXACT.has(operator.toLowerCase()) || typeof keys !== 'object' || keys === null) continue
    for (const [key, value] of Object.entries(keys as Readonly<Record<string, Json>>))
      if (key.toLowerCase() === 'iam:permissionsboundary') return texts(value)
  }
  return undefined
}

const texts = (value: Json | undefined): readonly string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

function statementsOf(document: Statement): readonly Statement[] {
  const { Statement: found } = document
  const list = Array.isArray(found) ? (found as readonly Json[]) : found === undefined ? [] : [found]
  return list.filter((item): item is Statement => typeof item === 'object' && item !== null && !Array.isArray(item))
}

function withoutSwitch(statement: Statement): Statement {
  const { [ENABLED]: _switch, ...rest } = statement
  return rest
}

type Values = ReadonlyMap<string, TemplateParameter>

/** @throws Unrenderable for a parameter that is missing, unknown, or has the wrong number of values */
function valuesOf(parameters: readonly TemplateParameter[], names: ReadonlySet<string>): Values {
  const values = new Map(parameters.map((parameter) => [parameter.name, parameter]))
  for (const name of names)
    if (!values.has(name))
      throw new Unrenderable('InvalidInput', `Failed to render template: Parameter '${name}' not found.`)
  for (const { name, values: given, type } of values.values()) {
    if (!names.has(name))
      throw new Unrenderable('InvalidInput', `Failed to render template: Unrecognized parameter: ${name}`)
    if (type === 'string' && given.length !== 1)
      throw new Unrenderable(
        'ValidationError',
        `${name} replacement value must contain exactly one value, got ${given.length}`,
      )
    if (given.length === 0)
      throw new Unrenderable('ValidationError', `${name} replacement value must contain at least one value, got 0`)
  }
  return values
}

/** Names of all parameters that a document speaks of, those of `@Enabled` too. */
function namesIn(value: Json, found = new Set<string>()): Set<string> {
  if (typeof value === 'string') for (const [, name = ''] of value.matchAll(PLACEHOLDER)) found.add(name)
  if (typeof value !== 'object' || value === null) return found
  for (const [name, item] of Object.entries(value as Readonly<Record<string, Json>>)) {
    if (name === ENABLED && typeof item === 'string') found.add(item.replace(/^!/, ''))
    else namesIn(name, found)
    namesIn(item, found)
  }
  return found
}

function isEnabled(statement: Statement, values: Values): boolean {
  const { [ENABLED]: named } = statement
  if (typeof named !== 'string') return true
  const isTrue = values.get(named.replace(/^!/, ''))?.values[0] === 'True'
  return named.startsWith('!') ? !isTrue : isTrue
}

function filled(value: Json, values: Values): Json {
  if (typeof value === 'string')
    return isList(value, values) ? products(value, values) : (products(value, values)[0] ?? '')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.flatMap((item: Json) => {
      const made = filled(item, values)
      return Array.isArray(made) && typeof item === 'string' ? (made as readonly Json[]) : [made]
    })
  const made = new Map<string, Json>()
  for (const [name, item] of Object.entries(value as Readonly<Record<string, Json>>)) {
    if (isList(name, values))
      throw new Unrenderable('InvalidInput', `Failed to render template: \`${name}\` takes one value only.`)
    const key = products(name, values)[0] ?? name
    // The later one would take the place of what the template says, a condition on boundaries for instance.
    if (made.has(key)) throw new Unrenderable('InvalidInput', `Failed to render template: \`${key}\` is there twice.`)
    made.set(key, filled(item, values))
  }
  return Object.fromEntries(made)
}

const isList = (text: string, values: Values): boolean =>
  [...text.matchAll(PLACEHOLDER)].some(([, name = '']) => values.get(name)?.type === 'stringList')

/** Every combination of the values that a text speaks of. */
function products(text: string, values: Values): readonly string[] {
  const [first] = text.matchAll(PLACEHOLDER)
  if (first === undefined) return [text]
  const before = text.slice(0, first.index)
  const rest = products(text.slice(first.index + first[0].length), values)
  const own = values.get(first[1] ?? '')?.values ?? []
  // All of it stands in the policy, so what is too long is not even made: lists multiply.
  const size = rest.length * charactersOf(own) + own.length * (charactersOf(rest) + rest.length * before.length)
  if (size > RENDERED_MAX || own.length * rest.length > RENDERED_MAX)
    throw new Unrenderable('InvalidInput', `Failed to render template: the limit is ${RENDERED_MAX} characters.`)
  return own.flatMap((value) => rest.map((tail) => `${before}${value}${tail}`))
}

const charactersOf = (all: readonly string[]): number => all.reduce((sum, text) => sum + text.length, 0)
