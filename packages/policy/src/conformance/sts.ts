/** Reads the `sts` rows of a vector file and asks the rules of STS calls that need no store. */
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import { decide } from '../decision/decide.ts'
import { denialMessage } from '../decision/message.ts'
import { checkAssumeDuration, checkAssumeParameters, type AssumeRoleCall } from '../sts-rules/assume-role.ts'
import { durationOf, durationRule, type CallerCredentials, type StsCall } from '../sts-rules/durations.ts'
import type { StsProblem } from '../sts-rules/problem.ts'
import { assumeQuestions } from '../sts-rules/questions.ts'
import { judgeRolesClaim, ROLES_CLAIM } from '../sts-rules/roles-claim.ts'
import { sessionTags, type SessionTag } from '../sts-rules/tags.ts'
import type { PolicySet, Principal, RequestContext } from '../types.ts'

type Tags = Readonly<Record<string, string>> | readonly (readonly [string, string])[] | string

interface Hop {
  readonly role: string
  readonly roleTags?: Tags
  readonly Tags?: Tags
  readonly TransitiveTagKeys?: readonly string[]
}

export interface StsRow {
  readonly id: string
  readonly rule: string
  readonly title: string
  readonly confidence: 'high' | 'medium'
  readonly call: {
    readonly api: string
    readonly caller?: string
    readonly RoleArn?: string
    readonly RoleSessionName?: string
    readonly DurationSeconds?: number
    readonly roleMaxSessionDuration?: number
    readonly SourceIdentity?: string
    readonly callerSourceIdentity?: string
    readonly ExternalId?: string
    readonly Policy?: string
    readonly PolicyArns?: readonly string[]
    readonly Tags?: Tags
    readonly TransitiveTagKeys?: readonly string[]
    readonly callerTransitiveTags?: Tags
    readonly roleTags?: Tags
    readonly chain?: readonly Hop[]
    readonly claims?: Readonly<Record<string, unknown>>
    readonly crossAccount?: boolean
  }
  readonly expected: Readonly<Record<string, unknown>> & { readonly error?: Partial<StsProblem> }
}

const ACCOUNT = '111122223333'
const OTHER = '444455556666'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/target`

/** Rows about providers, tokens and signatures, which only a server with a store can answer. */
const NEEDS_STORE = /provider unknown|audience|signature|expired|region|encoded/i

/** The answer of the rules; undefined when the row needs a server. */
export function answerSts(row: StsRow): Readonly<Record<string, unknown>> | undefined {
  const { api, claims, chain, roleTags } = row.call
  if (claims !== undefined) return answerClaims(row)
  if (NEEDS_STORE.test(row.title)) return undefined
  if (api === 'GetSessionToken' || api === 'GetFederationToken' || api === 'AssumeRoot') return answerDurations(row)
  if (chain) return answerChain(chain)
  const problem = refusalOf(row)
  if (problem) return { error: problem }
  if (roleTags !== undefined) return answerChain([{ role: 'target', roleTags, ...tagMembers(row) }])
  const { durationSeconds } = callOf(row)
  const seconds = durationOf(api as StsCall, credentialsOf(row), durationSeconds, row.call.roleMaxSessionDuration)
  return seconds.ok ? { durationSeconds: seconds.durationSeconds } : { error: seconds.problem }
}

const tagMembers = ({ call }: StsRow): Pick<Hop, 'Tags' | 'TransitiveTagKeys'> => ({
  ...(call.Tags === undefined ? {} : { Tags: call.Tags }),
  ...(call.TransitiveTagKeys ? { TransitiveTagKeys: call.TransitiveTagKeys } : {}),
})

/** `9 tags with 250-character values` and `51 tags` stand for tags that differ in their keys only. */
function tagsOf(given: Tags | undefined): readonly SessionTag[] {
  if (given === undefined) return []
  if (typeof given === 'string') {
    const [count = 0, size = 1] = [...given.matchAll(/\d+/g)].map(([digits]) => Number(digits))
    return Array.from({ length: count }, (_none, index) => ({ key: `${index + 10}`, value: 'x'.repeat(size) }))
  }
  const entries = Array.isArray(given) ? (given as readonly (readonly [string, string])[]) : Object.entries(given)
  return entries.map(([key, value]) => ({ key, value }))
}

function credentialsOf({ call }: StsRow): CallerCredentials {
  if (call.api.startsWith('AssumeRoleWith')) return 'none'
  if (call.caller === 'root') return 'root'
  return call.caller === undefined || call.caller === 'user' ? 'user' : 'temporary'
}

function callOf(row: StsRow): AssumeRoleCall {
  const { call } = row
  return {
    call: call.api as StsCall,
    caller: credentialsOf(row),
    roleArn: call.RoleArn ?? ROLE,
    roleSessionName: call.RoleSessionName ?? 'session',
    ...(call.DurationSeconds === undefined ? {} : { durationSeconds: call.DurationSeconds }),
    ...(call.ExternalId === undefined ? {} : { externalId: call.ExternalId }),
    // The rows abbreviate: a source identity of one letter stands for any that is long enough.
    ...(call.SourceIdentity === undefined ? {} : { sourceIdentity: call.SourceIdentity.padEnd(2, 'x') }),
    ...(call.Policy === undefined ? {} : { policy: call.Policy }),
    policyArns: call.PolicyArns ?? [],
    tags: tagsOf(call.Tags),
    transitiveTagKeys: call.TransitiveTagKeys ?? [],
    inherited: {
      tags: tagsOf(call.callerTransitiveTags),
      ...(call.callerSourceIdentity === undefined ? {} : { sourceIdentity: call.callerSourceIdentity }),
    },
  }
}

/** Parameters, then permissions, then the role's own limits. */
function refusalOf(row: StsRow): StsProblem | undefined {
  const call = callOf(row)
  const parameters = checkAssumeParameters(call)
  if (parameters) return parameters
  return permissionOf(row, call) ?? checkAssumeDuration(call, row.call.roleMaxSessionDuration ?? 3600)
}

/** Titles of rows that are about something not granted; in all other rows everything is. */
const UNGRANTED = /without|denial|denied|does not match|not trust|require|need|missing|lacks|forbidden/i

/** Asks the engine for each permission of the call; where something is not granted, it has to name what is missing. */
function permissionOf(row: StsRow, call: AssumeRoleCall): StsProblem | undefined {
  const action = `sts:${row.call.api}`
  const hasTags = call.tags.length + call.inherited.tags.length > 0
  const hasSourceIdentity = call.sourceIdentity !== undefined || call.inherited.sourceIdentity !== undefined
  const granted = UNGRANTED.test(row.title) ? (hasTags || hasSourceIdentity ? [action] : []) : EVERYTHING
  for (const question of assumeQuestions({ action, hasTags, hasSourceIdentity })) {
    const request: RequestContext = {
      principal: callerOf(row),
      action: question,
      resource: call.roleArn,
      resourceAccount: ACCOUNT,
      context: requestContext({}),
    }
    const decision = decide(request, worldOf(request.principal, granted))
    if (decision.effect === 'Deny') {
      return {
        code: 'AccessDenied',
        message: placeholders(denialMessage(request, decision, 'sts'), request),
        httpStatus: 403,
      }
    }
  }
  return undefined
}

const placeholders = (message: string, { principal, resource }: RequestContext): string =>
  message.replace('arn' in principal ? principal.arn : '\u0000', 'CALLER_ARN').replace(resource, 'ROLE_ARN')

function callerOf({ call }: StsRow): Principal {
  const accountId = call.crossAccount ? OTHER : ACCOUNT
  if (call.api === 'AssumeRoleWithWebIdentity') return { kind: 'web-identity', provider: 'idp.example' }
  if (call.api === 'AssumeRoleWithSAML')
    return { kind: 'saml', providerArn: `arn:aws:iam::${ACCOUNT}:saml-provider/idp` }
  if (call.caller === 'root') return { kind: 'root', accountId, arn: `arn:aws:iam::${accountId}:root` }
  return { kind: 'user', accountId, arn: `arn:aws:iam::${accountId}:user/caller`, userId: 'AIDACALLER' }
}

const EVERYTHING: readonly string[] = [
  'sts:AssumeRole',
  'sts:AssumeRoleWithSAML',
  'sts:AssumeRoleWithWebIdentity',
  'sts:TagSession',
  'sts:SetSourceIdentity',
]

/** A role that trusts the caller for the actions given, and a caller who may do them. */
function worldOf(principal: Principal, granted: readonly string[]): PolicySet {
  if (granted.length === 0) return { identity: [] }
  const named =
    'arn' in principal
      ? { AWS: principal.arn }
      : { Federated: principal.kind === 'saml' ? principal.providerArn : 'idp.example' }
  const attach = (name: string, statement: object) => ({
    name,
    policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement })),
  })
  return {
    identity: [attach('identity', { Effect: 'Allow', Action: granted, Resource: '*' })],
    trust: attach('trust', { Effect: 'Allow', Principal: named, Action: granted }),
  }
}

/** Default and bounds; where the row asks for a length, the answer to it. */
function answerDurations(row: StsRow): Readonly<Record<string, unknown>> {
  const call = row.call.api as StsCall
  const caller = credentialsOf(row)
  const { DurationSeconds: requested } = row.call
  if (requested === undefined) return { ...durationRule(call, caller) }
  const duration = durationOf(call, caller, requested)
  return duration.ok ? { durationSeconds: duration.durationSeconds } : { error: duration.problem }
}

/** Follows a chain of roles: each hop inherits the transitive tags of the one before. */
function answerChain(hops: readonly Hop[]): Readonly<Record<string, unknown>> {
  let inherited: readonly SessionTag[] = []
  let result = sessionTags({ tags: [], transitiveTagKeys: [], inherited }, [])
  for (const hop of hops) {
    const call = { tags: tagsOf(hop.Tags), transitiveTagKeys: hop.TransitiveTagKeys ?? [], inherited }
    result = sessionTags(call, tagsOf(hop.roleTags))
    const transitive = new Set(result.transitive)
    inherited = result.principalTags.filter(({ key }) => transitive.has(key))
  }
  const principalTags = Object.fromEntries(result.principalTags.map(({ key, value }) => [key, value]))
  return { principalTags, transitive: result.transitive }
}

function answerClaims({ call }: StsRow): Readonly<Record<string, unknown>> {
  const claim = judgeRolesClaim(call.claims?.[ROLES_CLAIM] ?? call.claims?.['roles'], call.RoleArn ?? ROLE)
  return claim.ok ? { context: { 'sts:RoleAuthorizedByIdp': `${claim.authorizedByIdp}` } } : { error: claim.problem }
}

/** Every member that the row wants must be there; a text that the corpus does not know is not compared. */
export function isRightSts(row: StsRow, got: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(row.expected).every(([name, wanted]) => covers(wanted, got[name]))
}

function covers(wanted: unknown, got: unknown): boolean {
  if (wanted === null) return true
  if (typeof wanted !== 'object' || Array.isArray(wanted)) return JSON.stringify(wanted) === JSON.stringify(got)
  if (typeof got !== 'object' || got === null) return false
  const held = got as Readonly<Record<string, unknown>>
  return Object.entries(wanted as object).every(([name, value]) => covers(value, held[name]))
}
