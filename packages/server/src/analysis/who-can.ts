/**
 * `who-can`: every principal of the store that may do an action on a resource, at once or through roles that it can assume,
 * each by its shortest way; where a role is assumed, also the services and identity providers that it trusts.
 */
import { setImmediate } from 'node:timers/promises'
import { can } from './can.ts'
import type { Answer, Query, Surroundings } from './can.ts'
import { outsiders } from './outsiders.ts'
import { allPrincipals } from './principals.ts'
import type { KnownCaller } from './principals.ts'

export interface Reaching extends Answer {
  /** Roles on the way, first the one that the principal assumes itself; empty for what it may do at once. */
  readonly through: readonly string[]
}

export interface WhoCan {
  /** Allowed ones first, then those for whom it depends; each in the order of the store. */
  readonly principals: readonly Reaching[]
  /** AWS services and identity providers that the trust policy lets in, where a role is assumed. */
  readonly outsiders: readonly Answer[]
  /** Principals that were asked about. */
  readonly asked: number
}

/** Roles on the longest way that is looked for. */
const HOPS_MAX = 8

export async function whoCan(query: Query, at: Surroundings): Promise<WhoCan> {
  const principals = await allPrincipals(at.reader, at.now)
  const order = ['allowed', 'depends']
  return {
    principals: (await reaching(query, principals, at)).toSorted(
      (left, right) => order.indexOf(left.outcome) - order.indexOf(right.outcome),
    ),
    outsiders: await outsiders(query, at),
    asked: principals.length,
  }
}

/** Answers of all principals that are not denied. */
async function direct(query: Query, principals: readonly KnownCaller[], at: Surroundings): Promise<readonly Answer[]> {
  const found: Answer[] = []
  for (const caller of principals) {
    const answer = await can(caller, query, at)
    if (answer.outcome !== 'denied') found.push(answer)
    // Calls of clients do not wait for a question about everybody.
    await setImmediate()
  }
  return found
}

/**
 * From the question backwards, role by role. A way that is open to everybody on it is preferred to one that depends, so it
 * is looked for first; then what is left over by ways that depend.
 */
async function reaching(
  query: Query,
  principals: readonly KnownCaller[],
  at: Surroundings,
): Promise<readonly Reaching[]> {
  const first = await direct(query, principals, at)
  const assuming = new Map<string, Promise<readonly Answer[]>>()
  const into: Edges = (role) => {
    const question = { action: 'sts:AssumeRole', resource: role, context: {} }
    const known = assuming.get(role) ?? direct(question, principals, at)
    assuming.set(role, known)
    return known
  }
  const found = new Map<string, Reaching>()
  for (const outcomes of [['allowed'], ['allowed', 'depends']]) {
    let ways: readonly Reaching[] = first.map((answer) => ({ ...answer, through: [] }))
    const visited = new Set<string>()
    for (let hops = 0; hops <= HOPS_MAX && ways.length > 0; hops++) {
      const open = ways.filter(({ principal, outcome }) => {
        if (!outcomes.includes(outcome) || visited.has(principal)) return false
        visited.add(principal)
        return true
      })
      for (const way of open) if (!found.has(way.principal)) found.set(way.principal, way)
      ways = (await Promise.all(open.filter(isRole).map((way) => onward(way, into)))).flat()
    }
  }
  return [...found.values()]
}

/** Who may assume a role. */
type Edges = (role: string) => Promise<readonly Answer[]>

const isRole = ({ principal }: Answer): boolean => principal.includes(':role/')

/** The ways of all that may assume the role where this way begins. */
async function onward(way: Reaching, into: Edges): Promise<readonly Reaching[]> {
  return (await into(way.principal)).map((answer) => ({
    ...joined(answer, way),
    through: [way.principal, ...way.through],
  }))
}

/** A way depends on the keys of all its steps. */
function joined(step: Answer, rest: Answer): Answer {
  const outcome = step.outcome === 'depends' || rest.outcome === 'depends' ? 'depends' : 'allowed'
  return { ...step, outcome, dependsOn: [...new Set([...step.dependsOn, ...rest.dependsOn])] }
}
