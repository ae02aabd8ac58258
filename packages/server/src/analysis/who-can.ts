/**
 * `who-can`: every principal of the store that may do an action on a resource. For sts:AssumeRole also those that reach the
 * role through other roles, each by its shortest way, and the services and identity providers that the role trusts.
 */
import type { Caller } from '../credentials/caller.ts'
import { judge } from '../authorization/authorize.ts'
import { can } from './can.ts'
import type { Answer, Query, Surroundings } from './can.ts'
import { allPrincipals } from './principals.ts'
import type { KnownCaller } from './principals.ts'
import { questionFor } from './questions.ts'

export interface Reaching extends Answer {
  /** Roles on the way, first the one that the principal assumes itself; empty for what it may do at once. */
  readonly through: readonly string[]
}

export interface WhoCan {
  /** Allowed ones first, then those for whom it depends; each in the order of the store. */
  readonly principals: readonly Reaching[]
  /** AWS services that the trust policy lets in: `ec2.amazonaws.com`. Only for sts:AssumeRole. */
  readonly services: readonly string[]
  /** Principals that were asked about. */
  readonly asked: number
}

/** Roles on the longest way that is looked for. */
const HOPS_MAX = 8

export async function whoCan(query: Query, at: Surroundings): Promise<WhoCan> {
  const principals = await allPrincipals(at.reader, at.now)
  const assuming = query.action.toLowerCase() === 'sts:assumerole'
  const reaching = assuming ? await chains(query, principals, at) : await direct(query, principals, at)
  const order = ['allowed', 'depends']
  return {
    principals: reaching.toSorted((left, right) => order.indexOf(left.outcome) - order.indexOf(right.outcome)),
    services: assuming ? await trustedServices(query, at) : [],
    asked: principals.length,
  }
}

async function direct(
  query: Query,
  principals: readonly KnownCaller[],
  at: Surroundings,
): Promise<readonly Reaching[]> {
  const found: Reaching[] = []
  for (const caller of principals) {
    const answer = await can(caller, query, at)
    if (answer.outcome !== 'denied') found.push({ ...answer, through: [] })
  }
  return found
}

/**
 * From the role backwards. A way that is open to everybody on it is preferred to one that depends, so it is looked for
 * first; then what is left over by ways that depend.
 */
async function chains(
  query: Query,
  principals: readonly KnownCaller[],
  at: Surroundings,
): Promise<readonly Reaching[]> {
  const edges = new Map<string, Promise<readonly Reaching[]>>()
  const into = (role: string) => {
    const known = edges.get(role) ?? direct({ ...query, resource: role }, principals, at)
    edges.set(role, known)
    return known
  }
  const found = new Map<string, Reaching>()
  for (const outcomes of [['allowed'], ['allowed', 'depends']]) {
    let frontier: readonly Way[] = [{ role: query.resource, through: [] }]
    const visited = new Set([query.resource])
    for (let hops = 0; hops < HOPS_MAX && frontier.length > 0; hops++)
      frontier = (await Promise.all(frontier.map((way) => onward(way, into)))).flat().filter((way) => {
        if (!way.answer || !outcomes.includes(way.answer.outcome) || visited.has(way.role)) return false
        visited.add(way.role)
        if (!found.has(way.role)) found.set(way.role, { ...way.answer, through: way.through })
        return true
      })
  }
  return [...found.values()]
}

/** How the role is reached from one principal. */
interface Way {
  /** ARN of the principal; a role is reached itself by the next step. */
  readonly role: string
  readonly through: readonly string[]
  /** Absent where the way begins: the role that is asked about. */
  readonly answer?: Answer
}

/** The principals that can take the way's first step, each with the whole way. */
async function onward(way: Way, into: (role: string) => Promise<readonly Reaching[]>): Promise<readonly Way[]> {
  const through = way.answer ? [way.role, ...way.through] : []
  return (await into(way.role)).map((answer) => ({
    role: answer.principal,
    through,
    answer: way.answer ? joined(answer, way.answer) : answer,
  }))
}

/** A way depends on the keys of all its steps. */
function joined(step: Answer, rest: Answer): Answer {
  const outcome = step.outcome === 'depends' || rest.outcome === 'depends' ? 'depends' : 'allowed'
  return { ...step, outcome, dependsOn: [...new Set([...step.dependsOn, ...rest.dependsOn])] }
}

/** Services named in the trust policy, each asked for itself. */
async function trustedServices(query: Query, at: Surroundings): Promise<readonly string[]> {
  const { ask } = await questionFor(query.action, query.resource, query.context, at.reader)
  const names = new Set(
    (ask.resourcePolicy?.text.match(/"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?"/g) ?? []).map((name) => name.slice(1, -1)),
  )
  const trusted: string[] = []
  for (const name of names) {
    const caller: Caller = { kind: 'service', principal: { kind: 'service', name }, name }
    const asker = { caller, region: 'us-east-1', now: at.now, secure: true }
    const { decision } = await judge(ask, asker, at.reader, at.catalogue)
    if (decision.effect === 'Allow') trusted.push(name)
  }
  return trusted
}
