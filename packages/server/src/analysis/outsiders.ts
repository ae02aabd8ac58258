/** Callers that are no principals of the store: the AWS services and identity providers that a role's trust policy names. */
import { decidePartly } from '@understudy/policy'
import type { Openness } from '@understudy/policy'
import { judge } from '../authorization/authorize.ts'
import type { Caller } from '../credentials/caller.ts'
import type { AccountId } from '../domain/brands.ts'
import { answerOf } from './can.ts'
import type { Answer, Query, Surroundings } from './can.ts'
import { questionFor } from './questions.ts'

/** Which kind of name each action lets in. */
const KINDS: ReadonlyMap<string, 'Service' | 'Federated'> = new Map([
  ['sts:assumerole', 'Service'],
  ['sts:assumerolewithwebidentity', 'Federated'],
  ['sts:assumerolewithsaml', 'Federated'],
])

/** Those that are not denied; `principal` is the service's name, or the provider's ARN or name. */
export async function outsiders(query: Query, at: Surroundings): Promise<readonly Answer[]> {
  const kind = KINDS.get(query.action.toLowerCase())
  const { ask } = await questionFor(query.action, query.resource, query.context, at.reader)
  const trust = ask.resourcePolicy
  if (kind === undefined || !trust) return []
  const given = new Set(Object.keys(query.context).map((key) => key.toLowerCase()))
  const found: Answer[] = []
  for (const name of namesIn(trust.text, kind)) {
    const caller = kind === 'Service' ? service(name) : provider(name, trust.owner, query.action)
    if (caller === undefined) continue
    const asker = { caller, region: 'us-east-1', now: at.now, secure: true }
    const { request, set } = await judge(ask, asker, at.reader, at.catalogue)
    const answer = answerOf(name, decidePartly(request, set, opennessOf(given)))
    if (answer.outcome !== 'denied') found.push(answer)
  }
  return found
}

/** What is settled by the caller being none of an account; everything else the call or the token brings. */
const SETTLED =
  /^(?:aws:(?:principal\w+|userid|username|resource\w+|multifactorauth\w+|tokenissuetime)(?:\/.*)?|iam:resourcetag\/.*)$/
const ALWAYS = /^(?:aws:(?:currenttime|epochtime|securetransport|requestedregion|viaawsservice)|sts:rolesessionname)$/

const opennessOf =
  (given: ReadonlySet<string>): Openness =>
  (key) =>
    given.has(key) || SETTLED.test(key) ? 'fixed' : ALWAYS.test(key) ? 'present' : 'any'

/** Principals of one kind in a document that the parser took, each once. */
function namesIn(text: string, kind: 'Service' | 'Federated'): ReadonlySet<string> {
  const { Statement } = JSON.parse(text) as { readonly Statement: unknown }
  const principals = listOf(Statement).map((statement) => (statement as { readonly Principal?: unknown }).Principal)
  const names = principals.flatMap((principal) =>
    typeof principal === 'object' && principal !== null ? listOf((principal as Record<string, unknown>)[kind]) : [],
  )
  return new Set(names.filter((name) => typeof name === 'string'))
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

const service = (name: string): Caller => ({ kind: 'service', principal: { kind: 'service', name }, name })

/** A provider by ARN, or one of those that AWS has built in by its name; each kind has an action of its own. */
function provider(name: string, account: AccountId, action: string): Caller | undefined {
  const saml = name.includes(':saml-provider/')
  if (saml !== /saml$/i.test(action)) return undefined
  const base = { kind: 'federated' as const, providerArn: name, providerAccount: account }
  if (saml) return { ...base, principal: { kind: 'saml', providerArn: name } }
  const [, issuer] = name.split(':oidc-provider/')
  const principal = { kind: 'web-identity' as const, provider: issuer ?? name }
  return { ...base, principal: issuer === undefined ? principal : { ...principal, providerArn: name } }
}
