/**
 * Answers a question: gathers the policies that apply from one picture, builds the condition keys, and decides. The same
 * path serves signed calls, metadata reads and simulations.
 */
import { decide } from '@understudy/policy'
import type { AttachedPolicy, PolicySet, RequestContext } from '@understudy/policy'
import type { Caller } from '../credentials/caller.ts'
import type { Instant } from '../domain/brands.ts'
import type { ManagedPolicyCatalogue } from '../entities/managed-policy-catalogue.ts'
import { renderBindings } from '../entities/principal-bindings.ts'
import type { Reader } from '../store/port.ts'
import { policyFromText } from './attached.ts'
import { callerPolicies } from './caller-policies.ts'
import { contextOf } from './context-keys.ts'
import type { JudgedQuestion } from './journal.ts'
import { membershipOf } from './organization-policies.ts'
import type { Ask, ResourcePolicy } from './question.ts'

/** Who asks under which circumstances; the same for every question of one call. */
export interface Asker {
  readonly caller: Caller
  readonly region: string
  /** Session time. */
  readonly now: Instant
  readonly clientIp?: string
  readonly secure: boolean
  readonly userAgent?: string
  readonly referer?: string
}

/** Decides one question. @throws PictureMoved when the picture is too old to go on with */
export async function judge(
  ask: Ask,
  asker: Asker,
  reader: Reader,
  catalogue: ManagedPolicyCatalogue,
): Promise<JudgedQuestion> {
  const caller = ask.caller ?? asker.caller
  const callerAccount = 'account' in caller ? caller.account : undefined
  const resourceAccount = ask.resourceAccount ?? callerAccount
  const own = await callerPolicies(caller, reader, catalogue)
  const callerMembership = await membershipOf(callerAccount, reader)
  const resourceMembership = await membershipOf(resourceAccount, reader)
  const sourceMembership = caller.kind === 'service' ? await membershipOf(caller.sourceAccount, reader) : undefined
  const set: PolicySet = {
    identity: own.identity,
    boundary: own.boundary,
    session: own.session,
    scopeDown: own.scopeDown,
    scp: callerMembership?.scp,
    rcp: resourceMembership?.rcp,
    ...(ask.resourcePolicy === undefined ? {} : await resourceSide(ask.resourcePolicy, caller, reader)),
  }
  const request: RequestContext = {
    principal: caller.principal,
    action: ask.action,
    resource: ask.resource,
    ...(resourceAccount === undefined ? {} : { resourceAccount }),
    context: contextOf({
      ...asker,
      caller,
      ask,
      callerTags: own.tags,
      callerMembership,
      resourceMembership,
      sourceMembership,
    }),
    flags: {
      managementAccount: callerMembership?.management ?? false,
      resourceInManagementAccount: resourceMembership?.management ?? false,
      serviceLinkedRole: own.serviceLinked,
      // What GetSessionToken's credentials may not call, delegated ones may.
      sessionToken: 'session' in caller && caller.session !== undefined && caller.session.proof.kind !== 'delegation',
      ...ask.flags,
    },
  }
  const judged = {
    request,
    set,
    decision: decide(request, set),
    ...(ask.diagnosis === undefined ? {} : { diagnosis: ask.diagnosis }),
    ...(ask.note === undefined ? {} : { note: ask.note }),
  }
  return judged.decision.effect === 'Deny' ? { ...judged, ...ask.whenDenied?.(judged) } : judged
}

async function resourceSide(
  from: ResourcePolicy,
  caller: Caller,
  reader: Reader,
): Promise<Partial<Pick<PolicySet, 'resource' | 'trust'>>> {
  const text = from.bindings === undefined ? from.text : await renderBindings(from.text, from.bindings, reader)
  const policy = resourcePolicy(from, text, caller)
  return from.layer === 'trust' ? { trust: policy } : { resource: policy }
}

function resourcePolicy(from: ResourcePolicy, text: string, caller: Caller): AttachedPolicy {
  const outside = !('account' in caller) || caller.account !== from.owner
  const restricted = from.restrictPublic === true && outside && caller.kind !== 'service'
  return policyFromText(restricted ? withRestriction(text) : text, from.name, from.owner)
}

/** RestrictPublicBuckets is reported as an explicit deny on the resource side: so it is one, named by its Sid. */
function withRestriction(text: string): string {
  const document = JSON.parse(text) as { readonly Statement: unknown }
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement]
  const deny = { Sid: 'RestrictPublicBuckets', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }
  return JSON.stringify({ ...document, Statement: [...statements, deny] })
}
