/** Random policy documents. */
import {
  ACTION_PATTERNS,
  AWS_NAMES,
  CALLERS,
  KEYS,
  OPERATOR_NAMES,
  PROVIDERS,
  RESOURCE_PATTERNS,
  SERVICES,
  VARIABLES,
  type Target,
} from './alphabet.ts'
import type { Chance } from './chance.ts'

/** A policy document, or a part of one, as JSON. */
export type Json = string | number | boolean | readonly Json[] | { readonly [member: string]: Json }
type Fields = { readonly [member: string]: Json }

/** Documents by layer, as in `PolicySet`. */
export type Documents = Readonly<Record<string, Json>>

/** What one set of policies and its requests have in common. */
export interface Theme {
  readonly chance: Chance
  readonly targets: readonly Target[]
  /** Kinds of condition values, and the few values of each kind that meet in this case. */
  readonly families: readonly string[]
  readonly values: Readonly<Record<string, readonly string[]>>
  /** What the decision hangs on: all layers together, or one test of one statement. */
  readonly focus: 'layers' | 'condition' | 'resource' | 'principal'
}

/** How a layer's statements look. */
interface Form {
  readonly principal: 'none' | 'everybody' | 'named'
  readonly resource: boolean
  readonly notPrincipal?: boolean
  readonly allows: number
}

const IDENTITY: Form = { principal: 'none', resource: true, allows: 80 }
const RESOURCE: Form = { principal: 'named', resource: true, notPrincipal: true, allows: 85 }
const TRUST: Form = { principal: 'named', resource: false, allows: 85 }
const RCP: Form = { principal: 'everybody', resource: true, allows: 75 }

/** Mostly the first, that the values of a case may meet. */
export function mainly<T>(chance: Chance, list: readonly T[]): T {
  const [first] = list
  return first !== undefined && chance.maybe(60) ? first : chance.pick(list)
}

/** Documents for every layer that takes part. */
export function documentsOf(theme: Theme): Documents {
  return theme.focus === 'layers' ? layersOf(theme) : focused(theme)
}

/** Everything allows but one statement of one document, or nothing does but it. */
function focused(theme: Theme): Documents {
  const { chance, focus } = theme
  const effect = chance.pick(['Allow', 'Deny'])
  const named = focus === 'principal'
  const not = named && chance.maybe(effect === 'Deny' ? 70 : 5) ? 'NotPrincipal' : 'Principal'
  const everybody = named ? { Principal: '*' } : {}
  const tested: Fields = {
    Effect: effect,
    ...(named ? { [not]: principalOf(chance, not) } : {}),
    Action: '*',
    ...(focus === 'resource'
      ? { [chance.pick(['Resource', 'NotResource'])]: listOf(chance, () => resourceOf(theme)) }
      : { Resource: '*' }),
    ...(focus === 'condition' ? { Condition: conditionOf(theme) } : {}),
  }
  const allow: Fields = { Effect: 'Allow', ...everybody, Action: '*', Resource: '*' }
  const document: Json = {
    Version: chance.pick(['2012-10-17', '2012-10-17', '2008-10-17']),
    Statement: effect === 'Deny' ? [allow, tested] : tested,
  }
  const free: Json = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }
  if (!named) return { identity: [document], session: [free] }
  return {
    identity: chance.maybe(50) ? [free] : [],
    resource: document,
    trust: document,
    ...(chance.maybe(60) ? { session: [free] } : {}),
    ...(chance.maybe(20) ? { boundary: free } : {}),
  }
}

function layersOf(theme: Theme): Documents {
  const { chance } = theme
  const one = (form: Form) => documentOf(theme, form)
  const many = (most: number, form: Form) => chance.some(most, () => one(form))
  const optional = (layer: string, percent: number, make: () => Json): Documents =>
    chance.maybe(percent) ? { [layer]: make() } : {}
  return {
    identity: many(2, IDENTITY),
    ...optional('resource', 60, () => one(RESOURCE)),
    ...optional('trust', 80, () => one(TRUST)),
    ...optional('boundary', 30, () => one(IDENTITY)),
    ...optional('session', 40, () => many(2, IDENTITY)),
    ...optional('scopeDown', 15, () => many(2, IDENTITY)),
    ...optional('scp', 30, () => chance.some(2, () => many(2, IDENTITY))),
    ...optional('rcp', 30, () => chance.some(2, () => many(2, RCP))),
    ...optional('vpce', 20, () => one(RESOURCE)),
    ...optional('resourceAccountScp', 10, () => [many(1, IDENTITY)]),
  }
}

function documentOf(theme: Theme, form: Form): Json {
  const { chance } = theme
  const versions: readonly Fields[] = [
    { Version: '2012-10-17' },
    { Version: '2012-10-17' },
    { Version: '2008-10-17' },
    {},
  ]
  const statements = [statementOf(theme, form), ...chance.some(1, () => statementOf(theme, form))]
  const [first] = statements
  return {
    ...chance.pick(versions),
    Statement: first && statements.length === 1 && chance.maybe(50) ? first : statements,
  }
}

function statementOf(theme: Theme, form: Form): Fields {
  const { chance } = theme
  const effect = chance.maybe(form.allows) ? 'Allow' : 'Deny'
  const not = (element: string, percent: number): string => (chance.maybe(percent) ? `Not${element}` : element)
  const principal = form.notPrincipal && effect === 'Deny' && chance.maybe(40) ? 'NotPrincipal' : 'Principal'
  const everybody = chance.pick<Json>(['*', { AWS: '*' }])
  return {
    Effect: effect,
    ...(form.principal === 'everybody' ? { Principal: everybody } : {}),
    ...(form.principal === 'named' ? { [principal]: principalOf(chance, principal) } : {}),
    [not('Action', 15)]: listOf(chance, () =>
      chance.maybe(30) ? chance.pick(theme.targets)[0] : chance.pick(ACTION_PATTERNS),
    ),
    ...(form.resource ? { [not('Resource', 15)]: listOf(chance, () => resourceOf(theme)) } : {}),
    ...(chance.maybe(35) ? { Condition: conditionOf(theme) } : {}),
  }
}

const resourceOf = ({ chance, targets }: Theme): string =>
  chance.maybe(30) ? chance.pick(targets)[1] : chance.pick(RESOURCE_PATTERNS)

/** One, or a list of one or two. */
function listOf(chance: Chance, make: () => Json): Json {
  return chance.maybe(60) ? make() : [make(), ...chance.some(1, make)]
}

function principalOf(chance: Chance, element: string): Json {
  if (element === 'Principal' && chance.maybe(15)) return '*'
  const names = element === 'NotPrincipal' ? AWS_NAMES.filter((name) => name !== '*') : AWS_NAMES
  const caller = chance.pick(CALLERS)
  // Often everything that names one caller, for that is what NotPrincipal asks for.
  const own = Object.entries(caller).flatMap(([member, value]) =>
    ['accountId', 'arn', 'roleArn', 'issuerArn'].includes(member) ? [value] : [],
  )
  const some = (list: readonly string[]): Json => listOf(chance, () => chance.pick(list))
  const aws: Json = own.length > 0 && chance.maybe(50) ? own : some(names)
  return {
    ...(chance.maybe(85) ? { AWS: aws } : { CanonicalUser: '0'.repeat(64) }),
    ...(chance.maybe(20) ? { Service: some(SERVICES) } : {}),
    ...(chance.maybe(20) ? { Federated: some(PROVIDERS) } : {}),
  }
}

function conditionOf(theme: Theme): Fields {
  const operators = Array.from({ length: theme.chance.pick([1, 1, 2]) }, () => operatorOf(theme))
  return Object.fromEntries(operators)
}

function operatorOf({ chance, families, values }: Theme): [string, Json] {
  const family = mainly(chance, families)
  const prefix = chance.pick(['', '', 'ForAllValues:', 'ForAnyValue:'])
  const suffix = family !== 'Null' && chance.maybe(20) ? 'IfExists' : ''
  const variables = family === 'String' || family === 'Arn' ? 30 : 5
  const value = (): Json => {
    if (family !== 'Binary' && chance.maybe(variables)) return chance.pick(VARIABLES)
    if (family === 'Bool' && chance.maybe(20)) return chance.maybe(50)
    return family === 'Numeric' && chance.maybe(20) ? chance.int(3) : chance.pick(values[family] ?? [])
  }
  const list = (): Json => (chance.maybe(4) ? [] : listOf(chance, value))
  const keys = Array.from({ length: chance.pick([1, 1, 1, 2]) }, () => [chance.pick(KEYS), list()] as const)
  return [prefix + chance.pick(OPERATOR_NAMES[family] ?? []) + suffix, Object.fromEntries(keys)]
}
