/** Sessions as operators ask about them: where one came from, and one for a service that tries a role. */
import type { ContextValue } from '@understudy/policy'
import type { Ask } from '../../authorization/question.ts'
import { trustPolicyOf } from '../../authorization/trust-policy.ts'
import type { Caller, SessionFacts, SessionProof } from '../../credentials/caller.ts'
import type { CredentialIssuer } from '../../credentials/issuer.ts'
import type { KnownSessions } from '../../credentials/known-sessions.ts'
import { sessionArn } from '../../credentials/session-words.ts'
import { assumedRoleArn, parseArn } from '../../domain/arn.ts'
import { accountId, instant, isoSeconds } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import type { Role } from '../../entities/iam.ts'
import { findTarget } from '../../entities/target-role.ts'
import { AdminError, badRequest, notFound, ok, onlyMembers, textMember } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'

/** What these routes need of the server. */
export interface SessionAdmin {
  readonly issuer: CredentialIssuer
  readonly known: KnownSessions
  /** Decides and journals, as the metadata service's questions are. */
  readonly authorize: (
    caller: Caller,
    ask: Ask,
  ) => Promise<{ readonly allowed: boolean; readonly decisionId: string; readonly explanation?: string }>
}

export const sessionRoutes: readonly (readonly [string, Route])[] = [
  ['GET lineage/*', lineage],
  ['POST assume', assumeAsService],
]

/** @throws AdminError 404 for a key that this server has not seen since its start */
function lineage({ segments }: AdminCall, { sessions }: AdminParts): JsonAnswer {
  const [accessKeyId = ''] = segments
  const chain = sessions?.known.chain(accessKeyId) ?? []
  const first = chain.at(-1)
  if (first === undefined)
    throw notFound(`No session with the key \`${accessKeyId}\` was issued or used here since the start.`)
  const hidden = first.chain.length - 1
  return ok({
    accessKeyId,
    hops: chain.map(shownHop),
    ...(hidden > 0 ? { unknownHops: hidden } : {}),
    ...(first.chain.first ? { began: { ...first.chain.first } } : {}),
  })
}

const shownHop = (facts: SessionFacts) => ({
  arn: sessionArn(facts),
  accessKeyId: facts.accessKeyId,
  issuedAt: isoSeconds(facts.issuedAt),
  expiresAt: isoSeconds(facts.expiresAt),
  proof: facts.proof.kind,
  ...(facts.proof.kind === 'delegation'
    ? { delegation: { requestId: facts.proof.requestId, requestor: facts.proof.requestor } }
    : {}),
  ...shownProof(facts.proof),
  ...(facts.sourceIdentity === undefined ? {} : { sourceIdentity: facts.sourceIdentity }),
  tags: Object.fromEntries(facts.tags.map((tag) => [tag.key, tag.value])),
  transitiveTagKeys: facts.transitiveKeys,
  sessionPolicies: [...facts.sessionPolicies, ...facts.sessionPolicyArns],
  scopePolicies: facts.scopePolicies ?? [],
  mfa: facts.mfaAt === undefined ? null : isoSeconds(facts.mfaAt),
})

/** Who vouched for the session, where that was no other key. */
function shownProof(proof: SessionProof): { readonly provedBy?: string; readonly subject?: string } {
  if (proof.kind === 'service') return { provedBy: proof.service, ...subject(proof.sourceArn) }
  if (proof.kind === 'instance') return { provedBy: 'ec2.amazonaws.com', subject: proof.instanceArn }
  if (proof.kind === 'saml') return { provedBy: proof.providerArn, ...subject(proof.claims['saml:sub']) }
  if (proof.kind !== 'web-identity') return {}
  const [, sub] = Object.entries(proof.claims).find(([key]) => key.endsWith(':sub')) ?? []
  return { provedBy: proof.provider, ...subject(sub) }
}

const subject = (text: ContextValue | undefined) => (typeof text === 'string' ? { subject: text } : {})

const SECONDS = { least: 900, usual: 3600, most: 43_200 } as const

/** @throws AdminError 400 for bad parameters, 403 with the decision's id when the role does not trust the service */
async function assumeAsService({ body }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  if (!parts.sessions) throw notFound('This server issues no sessions.')
  onlyMembers(body, 'service', 'roleArn', 'sessionName', 'sourceArn', 'sourceAccount', 'durationSeconds')
  const wanted = wantedSession(body)
  const role = await parts.store.read((reader) => findTarget(wanted.account, wanted.roleArn, reader))
  const decision = await parts.sessions.authorize(wanted.caller, askOf(wanted, role))
  if (!decision.allowed || !role)
    throw new AdminError(403, 'AccessDenied', decision.explanation ?? 'The role does not trust the service.', {
      decisionId: decision.decisionId,
    })
  const now = parts.clock.session()
  const credentials = await parts.sessions.issuer.issue({
    account: wanted.account,
    expiresAt: instant((Math.floor(now / 1000) + wanted.seconds) * 1000),
    holder: { kind: 'role', name: role.name, path: role.path, id: role.id },
    sessionName: wanted.sessionName,
    sessionPolicies: [],
    sessionPolicyArns: [],
    tags: [],
    transitiveKeys: [],
    proof: { kind: 'service', service: wanted.service, ...wanted.source },
    chain: { length: 0 },
  })
  return ok({
    decisionId: decision.decisionId,
    arn: assumedRoleArn(wanted.account, role.name, wanted.sessionName),
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken: credentials.sessionToken,
    expiration: credentials.expiration.toISOString(),
  })
}

type Wanted = ReturnType<typeof wantedSession>

function wantedSession(body: AdminCall['body']) {
  const service = needed(body, 'service')
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(service))
    throw badRequest(`\`${service}\` is no service principal, such as lambda.amazonaws.com.`)
  const roleArn = needed(body, 'roleArn')
  const account = accountId(parseArn(roleArn)?.account ?? '')
  if (account === undefined) throw badRequest(`\`${roleArn}\` is no role ARN.`)
  const sessionName = textMember(body, 'sessionName') ?? service.split('.')[0] ?? service
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw badRequest('A session name has 2 to 64 of the characters A-Z a-z 0-9 _ + = , . @ -')
  const sourceArn = textMember(body, 'sourceArn')
  const sourceAccount = readAccount(textMember(body, 'sourceAccount') ?? parseArn(sourceArn ?? '')?.account)
  const source = {
    ...(sourceArn === undefined ? {} : { sourceArn }),
    ...(sourceAccount === undefined ? {} : { sourceAccount }),
  }
  const caller: Caller = { kind: 'service', principal: { kind: 'service', name: service }, name: service, ...source }
  return { service, roleArn, account, sessionName, source, caller, seconds: secondsOf(body['durationSeconds']) }
}

function readAccount(text: string | undefined): AccountId | undefined {
  if (text === undefined || text === '') return undefined
  const id = accountId(text)
  if (id === undefined) throw badRequest(`\`${text}\` is not an account id of twelve digits.`)
  return id
}

/** MaxSessionDuration does not bind what services open (policy of AWS: it is for AssumeRole calls); the API's own limits do. */
function secondsOf(value: unknown): number {
  if (value === undefined) return SECONDS.usual
  if (typeof value !== 'number' || !Number.isInteger(value) || value < SECONDS.least || value > SECONDS.most)
    throw badRequest(`\`durationSeconds\` is a whole number from ${SECONDS.least} to ${SECONDS.most}.`)
  return value
}

function needed(body: AdminCall['body'], name: string): string {
  const value = textMember(body, name)
  if (value === undefined) throw badRequest(`\`${name}\` is missing.`)
  return value
}

const askOf = (wanted: Wanted, role: Role | undefined): Ask => ({
  action: 'sts:AssumeRole',
  resource: wanted.roleArn,
  resourceAccount: wanted.account,
  context: { 'sts:RoleSessionName': wanted.sessionName },
  resourcePolicy: trustPolicyOf(role, wanted.account, wanted.roleArn),
  ...(role ? {} : { diagnosis: 'ASSUME.NO_SUCH_ROLE', note: `There is no role \`${wanted.roleArn}\`.` }),
})
