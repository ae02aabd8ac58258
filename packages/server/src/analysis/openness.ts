/**
 * Which condition keys of a request are settled by who asks and for what, and which the request itself will bring. The rest
 * follows from the service reference: a key that the action does not know is never there.
 */
import type { Openness, ServiceReference } from '@understudy/policy'
import { keyCovers } from '@understudy/policy'
import type { KnownCaller } from './principals.ts'

/** What the openness of keys depends on. */
export interface Known {
  readonly caller: KnownCaller
  readonly action: string
  /** The resource's own row was read: its tags are known. */
  readonly resourceFound: boolean
  /** Keys that were given, in lower case. */
  readonly given: ReadonlySet<string>
  /** May sessions of the calling role bring tags? */
  readonly taggable: boolean
  readonly reference: ServiceReference
}

/** Keys that every request has, with a value that is not known yet. */
const ALWAYS = /^aws:(?:currenttime|epochtime|securetransport|viaawsservice)$/
/** Keys that follow from the request's way: address, network, agent, services in between. */
const OF_REQUEST =
  /^aws:(?:sourceip|vpcsourceip|sourcevpc|sourcevpce|sourcevpcarn|vpce\w+|useragent|referer|calledvia\w*|viaawsmcpservice|source(?:arn|account|orgid|orgpaths))$/
/** Keys that a session may carry; claims of identity providers begin with the issuer, which holds a dot. */
const OF_SESSION =
  /^(?:aws:(?:sourceidentity|federatedprovider|ec2instance\w+|chatbotsourcearn|signinsessionarn)|ec2:(?:roledelivery|sourceinstancearn)|lambda:sourcefunctionarn|ssm:sourceinstancearn|saml:.+|[^:]*\.[^:]*:.+)$/
/** Keys that follow from the principal alone. */
const OF_PRINCIPAL =
  /^aws:(?:principal(?:arn|account|type|orgid|orgpaths|isawsservice|servicename\w*)|username|assumedroot)$/

/** How much is known of each key. */
export function opennessOf(known: Known): Openness {
  return (key) => (known.given.has(key) ? 'fixed' : openness(key, known))
}

function openness(key: string, known: Known): ReturnType<Openness> {
  const session = known.caller.kind === 'role-session'
  if (ALWAYS.test(key)) return 'present'
  if (key === 'aws:requestedregion') return known.action.toLowerCase().startsWith('iam:') ? 'fixed' : 'present'
  if (OF_PRINCIPAL.test(key)) return 'fixed'
  if (key === 'aws:userid' || key === 'aws:tokenissuetime')
    return session ? 'present' : key === 'aws:userid' ? 'fixed' : 'any'
  if (key.startsWith('aws:multifactorauth')) return session ? 'fixed' : 'any'
  if (key.startsWith('aws:principaltag/')) return session && known.taggable ? 'any' : 'fixed'
  if (OF_REQUEST.test(key)) return 'any'
  if (OF_SESSION.test(key)) return session ? 'any' : 'fixed'
  if (key.startsWith('aws:resourcetag/') || key.startsWith('iam:resourcetag/'))
    return known.resourceFound ? 'fixed' : 'any'
  if (key.startsWith('aws:resource')) return 'fixed'
  return ofAction(key, known)
}

/** Keys of the action's own: open when the action, or a resource that it takes, knows them. */
function ofAction(key: string, { action, reference }: Known): ReturnType<Openness> {
  const row = reference.action(action)
  if (row && !row.keys.some((candidate) => keyCovers(candidate.key, key))) return 'fixed'
  return /^sts:rolesessionname$/.test(key) ? 'present' : 'any'
}
