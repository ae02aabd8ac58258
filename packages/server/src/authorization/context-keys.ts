/**
 * The condition keys of a request: which exist, and what they hold, by kind of caller and of request. IAM User Guide, "AWS
 * global condition context keys". An absent fact is an absent key: policies tell absent from empty and from false.
 */
import type { ContextValue } from '@understudy/policy'
import { identityProof } from '../credentials/caller.ts'
import type { Caller, SessionFacts, SessionTag } from '../credentials/caller.ts'
import { isoSeconds } from '../domain/brands.ts'
import type { Instant } from '../domain/brands.ts'
import type { Membership } from './organization-policies.ts'
import type { Ask } from './question.ts'

/** What the keys are made from. */
export interface Circumstances {
  readonly caller: Caller
  readonly callerTags: readonly SessionTag[]
  readonly callerMembership: Membership | undefined
  readonly resourceMembership: Membership | undefined
  /** Of the account whose resource a service acts for. */
  readonly sourceMembership?: Membership | undefined
  readonly ask: Ask
  readonly region: string
  readonly now: Instant
  readonly clientIp?: string
  readonly secure: boolean
  readonly userAgent?: string
  readonly referer?: string
}

type Entries = [string, ContextValue][]

/**
 * Keys in lower case, put together when the first one is looked at: most policies have no condition. Keys of the question win
 * over those of the request: an operation knows its own circumstances best.
 */
export const contextOf = (circumstances: Circumstances): ReadonlyMap<string, ContextValue> =>
  new LazyKeys(circumstances)

function keysOf(circumstances: Circumstances): Map<string, ContextValue> {
  const context = new Map<string, ContextValue>([...requestKeys(circumstances), ...principalKeys(circumstances)])
  for (const tag of circumstances.callerTags) context.set(`aws:principaltag/${tag.key.toLowerCase()}`, tag.value)
  for (const [key, value] of Object.entries(circumstances.ask.context ?? {}))
    if (value !== undefined) context.set(key.toLowerCase(), value)
  return context
}

/** A map that is made at its first use, and lets go then of what it is made from. */
class LazyKeys implements ReadonlyMap<string, ContextValue> {
  #from: Circumstances | ReadonlyMap<string, ContextValue>
  constructor(from: Circumstances) {
    this.#from = from
  }
  get #map(): ReadonlyMap<string, ContextValue> {
    if (!(this.#from instanceof Map)) this.#from = keysOf(this.#from as Circumstances)
    return this.#from as ReadonlyMap<string, ContextValue>
  }
  get(key: string): ContextValue | undefined {
    return this.#map.get(key)
  }
  has(key: string): boolean {
    return this.#map.has(key)
  }
  get size(): number {
    return this.#map.size
  }
  forEach(
    use: (value: ContextValue, key: string, map: ReadonlyMap<string, ContextValue>) => void,
    self?: unknown,
  ): void {
    this.#map.forEach((value, key) => use.call(self, value, key, this))
  }
  entries(): MapIterator<[string, ContextValue]> {
    return this.#map.entries()
  }
  keys(): MapIterator<string> {
    return this.#map.keys()
  }
  values(): MapIterator<ContextValue> {
    return this.#map.values()
  }
  [Symbol.iterator](): MapIterator<[string, ContextValue]> {
    return this.#map.entries()
  }
}

function requestKeys(from: Circumstances): Entries {
  const { ask, resourceMembership } = from
  const entries: Entries = [
    ['aws:currenttime', isoSeconds(from.now)],
    ['aws:epochtime', String(Math.floor(from.now / 1000))],
    ['aws:securetransport', String(from.secure)],
    ['aws:requestedregion', ask.action.startsWith('iam:') ? 'us-east-1' : from.region],
    ['aws:viaawsservice', 'false'],
  ]
  if (from.clientIp !== undefined && from.caller.kind !== 'service') entries.push(['aws:sourceip', from.clientIp])
  if (from.userAgent !== undefined) entries.push(['aws:useragent', from.userAgent])
  if (from.referer !== undefined) entries.push(['aws:referer', from.referer])
  const owner = ask.resourceAccount ?? accountOf(from.caller)
  if (owner !== undefined) entries.push(['aws:resourceaccount', owner])
  if (resourceMembership) {
    entries.push(['aws:resourceorgid', resourceMembership.organizationId])
    entries.push(['aws:resourceorgpaths', [resourceMembership.path]])
  }
  return entries
}

const accountOf = (caller: Caller): string | undefined => ('account' in caller ? caller.account : undefined)

function principalKeys(from: Circumstances): Entries {
  const { caller } = from
  const entries: Entries = kindKeys(caller, from.sourceMembership)
  if (from.callerMembership) {
    entries.push(['aws:principalorgid', from.callerMembership.organizationId])
    entries.push(['aws:principalorgpaths', [from.callerMembership.path]])
  }
  const session = 'session' in caller ? caller.session : undefined
  if (session) entries.push(...sessionKeys(caller, session, from.now))
  return entries
}

function kindKeys(caller: Caller, membership: Membership | undefined): Entries {
  const { principal } = caller
  const signed = (type: string, arn: string, userid: string): Entries => [
    ['aws:principalarn', arn],
    ['aws:principalaccount', accountOf(caller) ?? ''],
    ['aws:principaltype', type],
    ['aws:userid', userid],
    ['aws:principalisawsservice', 'false'],
  ]
  switch (principal.kind) {
    case 'anonymous':
      return [
        ['aws:principaltype', 'Anonymous'],
        ['aws:principalaccount', 'anonymous'],
        ['aws:userid', 'anonymous'],
      ]
    case 'service':
      return [
        ['aws:principalisawsservice', 'true'],
        ['aws:principalservicename', principal.name],
        ['aws:principalservicenameslist', [principal.name]],
        ...sourceKeys(caller, membership),
      ]
    case 'root':
      return signed('Account', principal.arn, principal.accountId)
    case 'user':
      return [
        ...signed('User', principal.arn, principal.userId),
        ['aws:username', principal.arn.slice(principal.arn.lastIndexOf('/') + 1)],
      ]
    case 'role-session':
      return signed('AssumedRole', principal.roleArn, principal.userId)
    case 'federated-user':
      return signed('FederatedUser', principal.arn, principal.userId)
    case 'web-identity':
    case 'saml':
      // No `aws:PrincipalArn`: recorded 2026, native/saml/trust-keys and trust-userid.
      return [
        ['aws:principalaccount', caller.kind === 'federated' ? caller.providerAccount : ''],
        ['aws:principaltype', 'User'],
        ['aws:userid', caller.kind === 'federated' ? caller.providerArn : ''],
        ['aws:principalisawsservice', 'false'],
      ]
  }
}

function sourceKeys(caller: Caller, membership: Membership | undefined): Entries {
  if (caller.kind !== 'service') return []
  const entries: Entries = []
  if (caller.sourceArn !== undefined) entries.push(['aws:sourcearn', caller.sourceArn])
  if (caller.sourceAccount !== undefined) entries.push(['aws:sourceaccount', caller.sourceAccount])
  if (membership) {
    entries.push(['aws:sourceorgid', membership.organizationId])
    entries.push(['aws:sourceorgpaths', [membership.path]])
  }
  return entries
}

/**
 * Keys that temporary credentials carry. Role sessions carry no MFA information: it counts in the trust evaluation alone;
 * those of federated identities have not even the key.
 */
function sessionKeys(caller: Caller, session: SessionFacts, now: Instant): Entries {
  const entries: Entries = [['aws:tokenissuetime', isoSeconds(session.issuedAt)]]
  if (session.sourceIdentity !== undefined) entries.push(['aws:sourceidentity', session.sourceIdentity])
  const proof = identityProof(session)
  const federated = proof?.kind === 'web-identity' || proof?.kind === 'saml'
  if (caller.kind === 'role-session' && !federated) entries.push(['aws:multifactorauthpresent', 'false'])
  if (caller.kind === 'user' || caller.kind === 'root') {
    entries.push(['aws:multifactorauthpresent', String(session.mfaAt !== undefined)])
    if (session.mfaAt !== undefined)
      entries.push(['aws:multifactorauthage', String(Math.floor((now - session.mfaAt) / 1000))])
  }
  if (proof?.kind === 'assume-root') entries.push(['aws:assumedroot', 'true'])
  if (proof?.kind === 'instance') {
    entries.push(['ec2:roledelivery', proof.roleDelivery], ['ec2:sourceinstancearn', proof.instanceArn])
    entries.push(['aws:ec2instancesourcevpc', proof.vpcId], ['aws:ec2instancesourceprivateipv4', proof.privateIp])
  }
  if (proof?.kind === 'web-identity') entries.push(['aws:federatedprovider', proof.provider])
  if (federated) for (const [key, value] of Object.entries(proof.claims)) entries.push([key.toLowerCase(), value])
  return entries
}
