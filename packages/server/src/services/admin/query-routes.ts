/** Questions about the whole store: `can`, `who-can` and our own simulation. */
import { explain } from '@understudy/policy'
import type { ContextValue } from '@understudy/policy'
import { can } from '../../analysis/can.ts'
import type { Query, Surroundings } from '../../analysis/can.ts'
import { findPrincipal } from '../../analysis/principals.ts'
import { simulate } from '../../analysis/simulate.ts'
import type { Simulated, Simulation } from '../../analysis/simulate.ts'
import { readSimulation } from '../../analysis/simulation-input.ts'
import { whoCan } from '../../analysis/who-can.ts'
import type { ExplainedEntry } from '../../authorization/journal.ts'
import { badRequest, notFound, ok } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import { explanation } from './explanation.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'

export const queryRoutes: readonly (readonly [string, Route])[] = [
  ['GET can', canRoute],
  ['GET who-can', whoCanRoute],
  ['POST simulate', simulateRoute],
]

/** Everything of one question comes from one picture. */
const surroundings = ({ store, seed, clock }: AdminParts): Surroundings => ({
  reader: store.current(),
  catalogue: seed.catalogue,
  now: clock.session(),
})

async function canRoute({ query }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  const at = surroundings(parts)
  const principal = needed(query, 'principal')
  const caller = await findPrincipal(principal, at.reader, at.now)
  if (!caller) throw noPrincipal(principal)
  return ok(await can(caller, queryOf(query), at))
}

async function whoCanRoute({ query }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  return ok(await whoCan(queryOf(query), surroundings(parts)))
}

const noPrincipal = (arn: string) =>
  notFound(`There is no user, role or account \`${arn}\` here; principals are named by their ARNs.`)

function queryOf(query: URLSearchParams): Query {
  const action = needed(query, 'action')
  if (!/^[\w-]+:\w+$/.test(action)) throw badRequest(`\`${action}\` is no action, such as s3:GetObject.`)
  return { action, resource: needed(query, 'resource'), context: contextOf(query.getAll('context')) }
}

function needed(query: URLSearchParams, name: string): string {
  const value = query.get(name)
  if (!value) throw badRequest(`\`${name}\` is missing.`)
  return value
}

/** `aws:SourceIp=192.0.2.1`; a key that comes twice has several values. */
function contextOf(pairs: readonly string[]): Query['context'] {
  const context = new Map<string, ContextValue>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw badRequest(`\`${pair}\` is no condition key with its value: KEY=VALUE.`)
    const key = pair.slice(0, at)
    const before = context.get(key)
    context.set(key, before === undefined ? pair.slice(at + 1) : [before, pair.slice(at + 1)].flat())
  }
  return Object.fromEntries(context)
}

async function simulateRoute({ body }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  const read = readSimulation(body)
  if (!read.ok) throw badRequest(read.problem)
  const at = surroundings(parts)
  const simulated = await simulate(read.simulation, at)
  if (simulated.kind === 'no-caller') throw noPrincipal(read.simulation.caller)
  return ok(explanation(entryOf(read.simulation, simulated, at)))
}

/** A simulation in the form of a decision that was made, so that it reads like one. */
function entryOf(
  { action, caller }: Simulation,
  simulated: Exclude<Simulated, { readonly kind: 'no-caller' }>,
  at: Surroundings,
): ExplainedEntry {
  const base = {
    decisionId: 'simulation',
    requestId: 'simulation',
    at: at.now,
    service: action.slice(0, Math.max(0, action.indexOf(':'))),
    operation: action.slice(action.indexOf(':') + 1),
    principal: caller,
    clientIp: '-',
    userAgent: 'understudy simulate',
    revision: String(at.reader.head.revision),
  }
  if (simulated.kind === 'refused') {
    const { code, status, message, options } = simulated.error
    const refusal = { code, status, message, diagnosis: options.diagnosis ?? 'REQUEST.INVALID' }
    return { ...base, questions: [], records: [], refusal }
  }
  return {
    ...base,
    questions: simulated.questions,
    records: simulated.questions.map(({ request, set }) => explain(request, set)),
  }
}
