/** The sentence that AWS's services answer a refusal with, in the dialect of each service. */
import type { Decision, LayerName, RequestContext } from '../types.ts'
import { isSameAccount } from './facts.ts'

export type Dialect = 'iam' | 's3' | 'sts'

/** What AWS calls the policies of a layer. RCPs never refuse by silence. */
const SILENT: Readonly<Record<LayerName, string>> = {
  scp: 'service control policy',
  rcp: 'resource control policy',
  vpce: 'VPC endpoint policy',
  resource: 'resource-based policy',
  trust: 'role trust policy',
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

const DENYING: Readonly<Record<LayerName, string>> = {
  scp: 'a service control policy',
  rcp: 'a resource control policy',
  vpce: 'a VPC endpoint policy',
  resource: 'a resource-based policy',
  trust: 'the role trust policy',
  identity: 'an identity-based policy',
  boundary: 'a permissions boundary',
  session: 'a session policy',
}

/** Layers whose denying policy is named by its ARN, when it has one. */
const NAMED: ReadonlySet<string> = new Set<LayerName>(['scp', 'rcp', 'identity', 'boundary', 'session'])

/**
 * Text of an AccessDenied. `resource` replaces the ARN where a service speaks in words (`role reader`).
 * IAM User Guide, "Troubleshoot access denied error messages"; S3 User Guide, "Troubleshoot 403 errors".
 */
export function denialMessage(
  request: RequestContext,
  decision: Decision,
  dialect: Dialect,
  resource: string = request.resource,
): string {
  const { principal, action } = request
  if (principal.kind === 'web-identity' || principal.kind === 'saml') return `Not authorized to perform ${action}`
  if (dialect === 's3' && isBareInS3(request, decision)) return 'Access Denied'
  const restriction = decision.reason === 'sts-restriction' ? restrictionMessage(request) : undefined
  if (restriction) return restriction
  const on = onResource(dialect, resource)
  const clause = isClauseShown(request, decision, dialect) ? clauseOf(request, decision, dialect) : ''
  return `User: ${callerName(request)} is not authorized to perform: ${action}${on}${clause}`
}

/** The policies decide nothing here; the kind of credentials does (policy-semantics 4.21). */
function restrictionMessage({ principal, action }: RequestContext): string | undefined {
  const name = action.slice(action.indexOf(':') + 1)
  if (principal.kind === 'root' && name === 'AssumeRole') return 'Roles may not be assumed by root accounts.'
  const session = name === 'GetSessionToken' || name === 'GetFederationToken'
  return session ? `Cannot call ${name} with session credentials` : undefined
}

/** S3 names nothing to anonymous callers, nor to callers from outside account and organization. */
const isBareInS3 = (request: RequestContext, decision: Decision): boolean =>
  request.principal.kind === 'anonymous' || !isToldTo(request, decision)

/** S3 quotes the resource, and leaves it out where the action has none. */
function onResource(dialect: Dialect, resource: string): string {
  if (dialect !== 's3') return ` on resource: ${resource}`
  return resource === '*' ? '' : ` on resource: "${resource}"`
}

function callerName({ principal }: RequestContext): string {
  if ('arn' in principal) return principal.arn
  return principal.kind === 'service' ? principal.name : 'anonymous'
}

/** The reason is told within the account and the organization; that a VPC endpoint denied only within the account. */
function isToldTo(request: RequestContext, { reason }: Decision): boolean {
  if (isSameAccount(request)) return true
  if (reason.endsWith(':vpce')) return false
  const organization = request.context.get('aws:principalorgid')
  return organization !== undefined && organization === request.context.get('aws:resourceorgid')
}

const BARE_ACTIONS = /^sts:(?:AssumeRole|AssumeRoot|TagSession|SetSourceIdentity|SetContext)$/i

/** STS tells no reason for an assume-role call, except that a resource control policy denied it. */
function isClauseShown(request: RequestContext, decision: Decision, dialect: Dialect): boolean {
  if (dialect === 'sts' && BARE_ACTIONS.test(request.action)) return decision.reason === 'explicit-deny:rcp'
  return isToldTo(request, decision)
}

function clauseOf(request: RequestContext, decision: Decision, dialect: Dialect): string {
  const [kind, name] = decision.reason.split(':') as [string, LayerName | undefined]
  if (name === undefined) return ''
  if (kind === 'implicit-deny') return ` because no ${SILENT[name]} allows the ${request.action} action`
  return ` with an explicit deny in ${DENYING[name]}${policyName(decision, name, dialect)}`
}

function policyName({ denying }: Decision, layer: LayerName, dialect: Dialect): string {
  if (denying?.arn === undefined || !NAMED.has(layer)) return ''
  return dialect === 's3' ? `, with policy ARN: ${denying.arn}` : `: ${denying.arn}`
}
