/**
 * Our own simulation, a superset of AWS's: trust policies, role sessions as callers, resource control policies, session
 * policies, policies left out or put in another's place. The questions are those of the operations, the answer is that of
 * the live authorization code, so it is the one that a real call would get.
 */
import { compilePolicy, decide } from '@understudy/policy'
import type { AttachedPolicy, ContextValue, PolicySet } from '@understudy/policy'
import type { Sts } from '@understudy/wire'
import { judge } from '../authorization/authorize.ts'
import type { JudgedQuestion } from '../authorization/journal.ts'
import type { Ask } from '../authorization/question.ts'
import { AwsError } from '../errors/aws-error.ts'
import type { Call } from '../services/operation.ts'
import type { Platform } from '../services/platform.ts'
import { assumeRoleOperations } from '../services/sts/assume-role.ts'
import type { Surroundings } from './can.ts'
import { findPrincipal } from './principals.ts'
import type { KnownCaller, SessionShape } from './principals.ts'
import { questionFor } from './questions.ts'

/** Documents that stand in for the stored ones. `null` takes a layer away. */
export interface PolicyChanges {
  readonly identity?: readonly string[]
  readonly boundary?: string | null
  readonly session?: readonly string[] | null
  /** Trust policy of the role in `resource`. */
  readonly trust?: string
  readonly resource?: string | null
  /** Levels from the organization's root down. */
  readonly scp?: readonly (readonly string[])[] | null
  readonly rcp?: readonly (readonly string[])[] | null
  /** ARNs or names of policies to leave out; a level that is emptied by it is left out whole. */
  readonly exclude?: readonly string[]
}

export interface Simulation {
  /** ARN of a user, a root user, a role, or a role session. */
  readonly caller: string
  /** What a role session brings along. */
  readonly session?: SessionShape
  readonly action: string
  readonly resource: string
  /** Condition keys of the request; for sts:AssumeRole they stand for its parameters. */
  readonly context: Readonly<Record<string, ContextValue>>
  readonly policies: PolicyChanges
}

export type Simulated =
  | {
      readonly kind: 'decided'
      readonly effect: 'Allow' | 'Deny'
      /** Up to the first that is denied, as a real call asks them, with the policies as the simulation has them. */
      readonly questions: readonly JudgedQuestion[]
    }
  /** Refused before any policy is asked: parameters, or a kind of credentials that may not call the operation. */
  | { readonly kind: 'refused'; readonly effect: 'Deny'; readonly error: AwsError }
  | { readonly kind: 'no-caller' }

/** Answers as a real call would be answered. @throws Error for a document that is no policy */
export async function simulate(simulation: Simulation, at: Surroundings): Promise<Simulated> {
  const caller = await findPrincipal(simulation.caller, at.reader, at.now, simulation.session)
  if (!caller) return { kind: 'no-caller' }
  const asks = await asksFor(simulation, caller, at)
  if (asks instanceof AwsError) return { kind: 'refused', effect: 'Deny', error: asks }
  const questions: JudgedQuestion[] = []
  for (const ask of asks) {
    const question = await answered(ask, caller, simulation.policies, at)
    questions.push(question)
    if (question.decision.effect === 'Deny') return { kind: 'decided', effect: 'Deny', questions }
  }
  return { kind: 'decided', effect: 'Allow', questions }
}

async function answered(
  ask: Ask,
  caller: KnownCaller,
  changes: PolicyChanges,
  at: Surroundings,
): Promise<JudgedQuestion> {
  const asker = { caller, region: 'us-east-1', now: at.now, secure: true }
  const judged = await judge(ask, asker, at.reader, at.catalogue)
  const set = changedSet(judged.set, changes)
  return { ...judged, set, decision: decide(judged.request, set) }
}

/** The operation's own questions where it asks several; otherwise the one that is given. */
async function asksFor(
  { action, resource, context }: Simulation,
  caller: KnownCaller,
  at: Surroundings,
): Promise<readonly Ask[] | AwsError> {
  if (action.toLowerCase() !== 'sts:assumerole') return [(await questionFor(action, resource, context, at.reader)).ask]
  try {
    const asks = await assumeRoleOperations.AssumeRole.ask(
      assumeRoleInput(resource, context),
      callOf(caller, at),
      at.reader,
    )
    if ('noQuestion' in asks) throw new Error('AssumeRole asks nothing')
    return asks.map((ask) => ({ ...ask, context: { ...context, ...ask.context } }))
  } catch (error) {
    if (error instanceof AwsError) return error
    throw error
  }
}

/** Parameters of AssumeRole that its condition keys stand for. */
function assumeRoleInput(role: string, context: Simulation['context']): Sts.AssumeRoleRequest {
  const keys = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))
  const text = (key: string): string | undefined => [keys.get(key) ?? []].flat()[0]
  const tags = Object.entries(context).flatMap(([key, value]) =>
    /^aws:requesttag\//i.test(key) ? [{ Key: key.slice(key.indexOf('/') + 1), Value: [value].flat()[0] ?? '' }] : [],
  )
  const transitive = [keys.get('sts:transitivetagkeys') ?? []].flat()
  return {
    RoleArn: role,
    RoleSessionName: text('sts:rolesessionname') ?? 'understudy',
    ExternalId: text('sts:externalid'),
    SourceIdentity: text('sts:sourceidentity'),
    ...(tags.length > 0 ? { Tags: tags } : {}),
    ...(transitive.length > 0 ? { TransitiveTagKeys: transitive } : {}),
  }
}

/** A call that is only asked about. */
const callOf = (caller: KnownCaller, at: Surroundings): Call => ({
  service: 'sts',
  operation: 'AssumeRole',
  caller,
  account: caller.account,
  region: 'us-east-1',
  now: at.now,
  request: { requestId: 'simulation', clientIp: '127.0.0.1', secure: true, userAgent: 'simulation', host: 'localhost' },
  platform: NO_PLATFORM,
})

/** Questions read rows and the caller; one that began to use more would be told here. */
const NO_PLATFORM = new Proxy({} as Platform, {
  get: (_target, name) => {
    throw new Error(`a question of a simulation wants \`${String(name)}\` of the platform`)
  },
})

function changedSet(set: PolicySet, changes: PolicyChanges): PolicySet {
  const replaced: PolicySet = {
    ...set,
    ...(changes.identity ? { identity: changes.identity.map((text, index) => given('identity', text, index)) } : {}),
    ...(changes.trust === undefined ? {} : { trust: given('trust', changes.trust) }),
    ...optional('boundary', changes.boundary),
    ...optional('resource', changes.resource),
    ...(changes.session === undefined
      ? {}
      : { session: changes.session?.map((text, index) => given('session', text, index)) }),
    ...levels('scp', changes.scp),
    ...levels('rcp', changes.rcp),
  }
  return changes.exclude === undefined ? replaced : without(replaced, new Set(changes.exclude))
}

const given = (layer: string, text: string, index = 0): AttachedPolicy => ({
  name: `given ${layer} policy ${index + 1}`,
  policy: compilePolicy(text),
})

const optional = (layer: 'boundary' | 'resource', text: string | null | undefined): Partial<PolicySet> =>
  text === undefined ? {} : { [layer]: text === null ? undefined : given(layer, text) }

const levels = (layer: 'scp' | 'rcp', texts: PolicyChanges['scp']): Partial<PolicySet> =>
  texts === undefined
    ? {}
    : { [layer]: texts?.map((level, index) => level.map((text) => given(layer, text, index))) ?? undefined }

function without(set: PolicySet, excluded: ReadonlySet<string>): PolicySet {
  const stays = ({ arn, name }: AttachedPolicy): boolean => !excluded.has(arn ?? name) && !excluded.has(name)
  const one = (policy: AttachedPolicy | undefined) => (policy && stays(policy) ? policy : undefined)
  const list = (policies: readonly AttachedPolicy[] | undefined) => policies?.filter(stays)
  const ladder = (given: PolicySet['scp']) =>
    given?.map((level) => level.filter(stays)).filter((level, index) => level.length > 0 || given[index]?.length === 0)
  return {
    ...set,
    identity: set.identity.filter(stays),
    resource: one(set.resource),
    trust: one(set.trust),
    boundary: one(set.boundary),
    session: list(set.session),
    scp: ladder(set.scp),
    rcp: ladder(set.rcp),
  }
}
