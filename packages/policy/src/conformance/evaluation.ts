/** Reads the `evaluation` rows of a vector file and asks the engine about them. */
import { compilePolicy } from '../compile.ts'
import { requestContext } from '../context-keys.ts'
import { decide } from '../decision/decide.ts'
import type {
  AttachedPolicy,
  ContextValue,
  Decision,
  PolicySet,
  Principal,
  RequestContext,
  RequestFlags,
} from '../types.ts'

interface VectorPrincipal {
  readonly type: string
  readonly arn: string | null
  readonly accountId: string | null
  readonly userId?: string
  readonly roleArn?: string
  readonly issuerArn?: string
  readonly provider?: string
  readonly name?: string
}

type Levels = readonly (readonly unknown[])[] | null

export interface EvaluationRow {
  readonly id: string
  readonly rule: string
  readonly title: string
  readonly confidence: 'high' | 'medium'
  readonly principal: VectorPrincipal
  readonly request: {
    readonly action: string
    readonly resource: string
    readonly resourceAccount: string | null
    readonly context: Readonly<Record<string, ContextValue>>
  }
  readonly policies: {
    readonly identity: readonly unknown[]
    readonly resource: unknown
    readonly boundary: unknown
    readonly session: readonly unknown[] | null
    readonly scp: Levels
    readonly rcp: Levels
    readonly trust: unknown
    readonly vpce: unknown
    readonly resourceAccountScp?: Levels
  }
  readonly flags?: RequestFlags
  readonly expected: { readonly decision: 'Allow' | 'Deny'; readonly reason: string }
}

export interface Question {
  readonly request: RequestContext
  readonly set: PolicySet
}

/** The row as the engine takes it. `stsRestriction` marks a row for lesser engines; this one finds out by itself. */
export function questionOf(row: EvaluationRow): Question {
  const { stsRestriction: _ignored, ...facts } = row.flags ?? {}
  const flags = row.principal.type === 'session-token' ? { ...facts, sessionToken: true } : facts
  const { action, resource, resourceAccount } = row.request
  const request: RequestContext = {
    principal: principalOf(row.principal),
    action,
    resource,
    ...(resourceAccount === null ? {} : { resourceAccount }),
    context: requestContext(row.request.context),
    flags,
  }
  return { request, set: setOf(row.policies) }
}

function principalOf(given: VectorPrincipal): Principal {
  const accountId = given.accountId ?? ''
  const arn = given.arn ?? ''
  const userId = given.userId ?? ''
  switch (given.type) {
    case 'user':
    case 'session-token':
      return { kind: 'user', accountId, arn, userId }
    case 'role-session':
      return { kind: 'role-session', accountId, arn, userId, roleArn: given.roleArn ?? '' }
    case 'federated-user':
      return { kind: 'federated-user', accountId, arn, userId, issuerArn: given.issuerArn ?? '' }
    case 'root':
      return { kind: 'root', accountId, arn }
    case 'service':
      return { kind: 'service', name: given.name ?? '' }
    case 'web-identity':
      return webIdentity(given.provider ?? '')
    case 'saml':
      return { kind: 'saml', providerArn: given.provider ?? '' }
    case 'anonymous':
      return { kind: 'anonymous' }
    default:
      throw new Error(`The vector has the unknown principal type ${given.type}.`)
  }
}

const webIdentity = (provider: string): Principal =>
  provider.startsWith('arn:')
    ? { kind: 'web-identity', provider: provider.split('oidc-provider/')[1] ?? provider, providerArn: provider }
    : { kind: 'web-identity', provider }

function setOf(given: EvaluationRow['policies']): PolicySet {
  return {
    identity: given.identity.map((document, index) => attach(`identity policy ${index + 1}`, document)),
    resource: optional('resource policy', given.resource),
    trust: optional('trust policy', given.trust),
    boundary: optional('permissions boundary', given.boundary),
    session: given.session?.map((document, index) => attach(`session policy ${index + 1}`, document)),
    scp: levelsOf('service control policy', given.scp),
    rcp: levelsOf('resource control policy', given.rcp),
    vpce: optional('VPC endpoint policy', given.vpce),
    resourceAccountScp: levelsOf("service control policy of the resource's account", given.resourceAccountScp),
  }
}

const attach = (name: string, document: unknown): AttachedPolicy => ({
  name,
  policy: compilePolicy(JSON.stringify(document)),
})

const optional = (name: string, document: unknown): AttachedPolicy | undefined =>
  document === null || document === undefined ? undefined : attach(name, document)

const levelsOf = (name: string, levels: Levels | undefined): readonly (readonly AttachedPolicy[])[] | undefined =>
  levels?.map((level, depth) =>
    level.map((document, index) => attach(`${name} ${index + 1} of level ${depth}`, document)),
  )

/**
 * Is the answer right? Where several types deny, AWS names only one and does not say which, so another type of the same
 * kind counts as right too, provided that it does stand in the way.
 */
export function isRightAnswer(row: EvaluationRow, got: Decision, blocking: readonly string[]): boolean {
  if (got.effect !== row.expected.decision) return false
  if (got.reason === row.expected.reason) return true
  const [kind, layer] = row.expected.reason.split(':')
  return got.effect === 'Deny' && got.reason.startsWith(`${kind}:`) && blocking.includes(layer ?? '')
}

/** The engine's answer to a row. */
export function answerRow(row: EvaluationRow): Decision {
  const { request, set } = questionOf(row)
  return decide(request, set)
}
