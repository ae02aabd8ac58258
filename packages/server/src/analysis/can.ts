/** `can`: may a principal do an action on a resource? Decided by the live authorization code, with open keys left open. */
import { decidePartly } from '@understudy/policy'
import type { ContextValue, Example, PartialDecision, PolicySet, Principal } from '@understudy/policy'
import { judge } from '../authorization/authorize.ts'
import type { Instant } from '../domain/brands.ts'
import { folded, roles } from '../entities/iam.ts'
import type { ManagedPolicyCatalogue } from '../entities/managed-policy-catalogue.ts'
import type { Reader } from '../store/port.ts'
import { opennessOf } from './openness.ts'
import { principalArn } from './principals.ts'
import type { KnownCaller } from './principals.ts'
import { questionFor } from './questions.ts'
import { serviceReference } from '../entities/reference/load.ts'

/** What queries are asked of: one picture of the store. */
export interface Surroundings {
  readonly reader: Reader
  readonly catalogue: ManagedPolicyCatalogue
  /** Session time. */
  readonly now: Instant
}

export interface Query {
  readonly action: string
  readonly resource: string
  /** Condition keys that the request would have; every other one that it may have is open. */
  readonly context: Readonly<Record<string, ContextValue>>
}

export interface Answer {
  /** ARN of the user, the role, or the root user. */
  readonly principal: string
  readonly outcome: PartialDecision['outcome']
  /** `identity`, `implicit-deny:trust` … */
  readonly reason: string
  /** Keys that the answer depends on. */
  readonly dependsOn: readonly string[]
  /** Values of these keys with which it is allowed; `null` for a key that must be absent. */
  readonly allowedWith?: Readonly<Record<string, ContextValue | null>>
}

/** Answers for one principal. */
export async function can(caller: KnownCaller, query: Query, at: Surroundings): Promise<Answer> {
  const { ask, found } = await questionFor(query.action, query.resource, query.context, at.reader)
  const asker = { caller, region: 'us-east-1', now: at.now, secure: true }
  const { request, set } = await judge(ask, asker, at.reader, at.catalogue)
  const openness = opennessOf({
    caller,
    action: query.action,
    resourceFound: found,
    given: new Set(Object.keys(query.context).map((key) => key.toLowerCase())),
    taggable: await isTaggable(caller, at.reader),
    reference: serviceReference(),
  })
  const decided = decidePartly(request, set, openness)
  const named = sessionNames(caller, set).map((name) => ({
    name,
    other: decidePartly({ ...request, principal: withSessionName(request.principal, name) }, set, openness),
  }))
  return answerOf(principalArn(caller), overSessionNames(decided, named))
}

interface NamedDecision {
  readonly name: string
  readonly other: PartialDecision
}

/** Where some session name is decided otherwise than the rest, the answer depends on the name. */
function overSessionNames(decided: PartialDecision, named: readonly NamedDecision[]): PartialDecision {
  const different = named.find(({ other }) => other.outcome !== decided.outcome)
  if (!different) return decided
  const { name, other } = different
  const allowed = other.outcome === 'denied' ? decided : other
  const keys = [...new Set([SESSION_NAME_KEY, ...decided.keys, ...other.keys])]
  const example = other.outcome === 'denied' ? {} : { allowedWith: { [SESSION_NAME_KEY]: name, ...other.allowedWith } }
  return { outcome: 'depends', keys, decision: allowed === other ? decided.decision : other.decision, ...example }
}

const SESSION_NAME_KEY = 'sts:RoleSessionName'

/** Session names of the role that policies name in full. */
function sessionNames(caller: KnownCaller, set: PolicySet): readonly string[] {
  if (caller.kind !== 'role-session') return []
  const policies = [set.resource, set.trust, ...(set.rcp ?? []).flat()]
  const prefix = `:assumed-role/${caller.roleName}/`
  const rests = policies.flatMap((attached) => attached?.policy.text.split(prefix).slice(1) ?? [])
  return [...new Set(rests.flatMap((rest) => /^[\w+=,.@-]+/.exec(rest)?.[0] ?? []))]
}

function withSessionName(principal: Principal, name: string): Principal {
  if (principal.kind !== 'role-session') return principal
  const until = (text: string, separator: string) => text.slice(0, text.lastIndexOf(separator) + 1)
  return { ...principal, arn: until(principal.arn, '/') + name, userId: until(principal.userId, ':') + name }
}

/** A decision as an answer about somebody. */
export const answerOf = (principal: string, { outcome, decision, keys, allowedWith }: PartialDecision): Answer => ({
  principal,
  outcome,
  reason: decision.reason,
  dependsOn: keys,
  ...(allowedWith ? { allowedWith: shown(allowedWith) } : {}),
})

const shown = (example: Example): Record<string, ContextValue | null> =>
  Object.fromEntries(Object.entries(example).map(([key, value]) => [key, value ?? null]))

/** Session tags are possible where the role's trust policy says anything about sts:TagSession. */
async function isTaggable(caller: KnownCaller, reader: Reader): Promise<boolean> {
  if (caller.kind !== 'role-session') return false
  const role = await reader.get(roles, caller.account, folded(caller.roleName))
  return role !== undefined && trustsTagging(role.trust)
}

const trustsTagging = (trust: string): boolean => /"sts:(?:t[^"]*|\*)"/i.test(trust)
