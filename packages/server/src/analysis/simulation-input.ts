/** A simulation as people write it, in JSON: read member by member, with what is wrong told by its name. */
import { compilePolicy } from '@understudy/policy'
import type { ContextValue } from '@understudy/policy'
import type { SessionShape } from './principals.ts'
import type { PolicyChanges, Simulation } from './simulate.ts'

export type ReadSimulation =
  | { readonly ok: true; readonly simulation: Simulation }
  | { readonly ok: false; readonly problem: string }

type Json = Readonly<Record<string, unknown>>

/** Ends the reading; caught in `readSimulation`, never seen outside. */
class InputProblem extends Error {}

/** Reads `{caller, action, resource, session?, context?, policies?}`; policies are documents, or their texts. */
export function readSimulation(given: Json): ReadSimulation {
  try {
    known(given, '', ['caller', 'session', 'action', 'resource', 'context', 'policies'])
    const simulation: Simulation = {
      caller: text(given, 'caller'),
      action: text(given, 'action'),
      resource: text(given, 'resource'),
      context: contextOf(given['context']),
      policies: given['policies'] === undefined ? {} : changesOf(object(given['policies'], 'policies')),
      ...(given['session'] === undefined ? {} : { session: sessionOf(object(given['session'], 'session')) }),
    }
    return { ok: true, simulation }
  } catch (error) {
    if (error instanceof InputProblem) return { ok: false, problem: error.message }
    throw error
  }
}

function sessionOf(session: Json): SessionShape {
  known(session, 'session.', ['sessionName', 'policies', 'policyArns', 'tags', 'transitiveKeys', 'sourceIdentity'])
  const tags = session['tags'] === undefined ? undefined : object(session['tags'], 'session.tags')
  return {
    ...optional('sessionName', session['sessionName'], (value) => textOf(value, 'session.sessionName')),
    ...optional('sourceIdentity', session['sourceIdentity'], (value) => textOf(value, 'session.sourceIdentity')),
    ...optional('sessionPolicies', session['policies'], (value) => documents(value, 'session.policies')),
    ...optional('sessionPolicyArns', session['policyArns'], (value) => texts(value, 'session.policyArns')),
    ...optional('transitiveKeys', session['transitiveKeys'], (value) => texts(value, 'session.transitiveKeys')),
    ...optional('tags', tags, (value) =>
      Object.entries(value).map(([key, one]) => ({ key, value: textOf(one, `session.tags.${key}`) })),
    ),
  }
}

function changesOf(policies: Json): PolicyChanges {
  known(policies, 'policies.', ['identity', 'boundary', 'session', 'trust', 'resource', 'scp', 'rcp', 'exclude'])
  const path = (name: string) => `policies.${name}`
  const single = (name: 'boundary' | 'resource') =>
    optional(name, policies[name], (value) => (value === null ? null : document(value, path(name))))
  const ladder = (name: 'scp' | 'rcp') =>
    optional(name, policies[name], (value) =>
      value === null
        ? null
        : list(value, path(name)).map((level, index) => documents(level, `${path(name)}[${index}]`)),
    )
  return {
    ...optional('identity', policies['identity'], (value) => documents(value, path('identity'))),
    ...optional('session', policies['session'], (value) => (value === null ? null : documents(value, path('session')))),
    ...optional('trust', policies['trust'], (value) => document(value, path('trust'))),
    ...single('boundary'),
    ...single('resource'),
    ...ladder('scp'),
    ...ladder('rcp'),
    ...optional('exclude', policies['exclude'], (value) => texts(value, path('exclude'))),
  }
}

function contextOf(given: unknown): Simulation['context'] {
  if (given === undefined) return {}
  const entries = Object.entries(object(given, 'context')).map(([key, value]): readonly [string, ContextValue] => [
    key,
    Array.isArray(value) ? texts(value, `context.${key}`) : scalar(value, `context.${key}`),
  ])
  return Object.fromEntries(entries)
}

/** JSON numbers and booleans stand for their texts, as in policies. */
function scalar(value: unknown, path: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return textOf(value, path)
}

function optional<Name extends string, Given, Value>(
  name: Name,
  given: Given,
  read: (value: Exclude<Given, undefined>) => Value,
): { readonly [N in Name]?: Value } {
  if (given === undefined) return {}
  return { [name]: read(given as Exclude<Given, undefined>) } as { readonly [N in Name]?: Value }
}

function document(value: unknown, path: string): string {
  const written = typeof value === 'string' ? value : JSON.stringify(object(value, path))
  try {
    compilePolicy(written)
  } catch (error) {
    throw new InputProblem(`\`${path}\` is no policy. ${error instanceof Error ? error.message : String(error)}`)
  }
  return written
}

const documents = (value: unknown, path: string): readonly string[] =>
  list(value, path).map((item, index) => document(item, `${path}[${index}]`))

const texts = (value: unknown, path: string): readonly string[] =>
  list(value, path).map((item, index) => textOf(item, `${path}[${index}]`))

function list(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new InputProblem(`\`${path}\` must be a list.`)
}

function object(value: unknown, path: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new InputProblem(`\`${path}\` must be an object.`)
}

function textOf(value: unknown, path: string): string {
  if (typeof value === 'string') return value
  throw new InputProblem(`\`${path}\` must be a text.`)
}

function text(given: Json, name: string): string {
  if (given[name] === undefined) throw new InputProblem(`\`${name}\` is missing.`)
  return textOf(given[name], name)
}

function known(given: Json, path: string, names: readonly string[]): void {
  const other = Object.keys(given).find((name) => !names.includes(name))
  if (other !== undefined) throw new InputProblem(`\`${path}${other}\` is not known here. Known: ${names.join(', ')}.`)
}
