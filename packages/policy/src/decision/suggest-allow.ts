/** The statement that would allow exactly one request in a layer that is silent. */
import type {
  ConditionContext,
  ConditionRecord,
  LayerName,
  Principal,
  RequestContext,
  StatementRecord,
} from '../types.ts'
import { isMultivalued } from '../context-keys.ts'
import type { JsonStatement } from './suggest-exempt.ts'
import { literalText } from './suggest-exempt.ts'

interface Wanted {
  readonly request: RequestContext
  /** An Allow that fails on conditions only; those that hold are kept. */
  readonly near: StatementRecord | undefined
  readonly version: '2008-10-17' | '2012-10-17' | undefined
}

type Block = Record<string, Record<string, string | readonly string[]>>

export function allowStatement(
  layer: LayerName,
  wanted: Wanted,
): { readonly statement: JsonStatement; readonly warning: string | undefined } {
  const { request, near } = wanted
  const named = layer === 'resource' || layer === 'trust' || layer === 'vpce'
  const condition = near
    ? conditionsNear(near, wanted.version)
    : layer === 'trust'
      ? pinned(request, wanted.version)
      : {}
  const statement: JsonStatement = {
    Effect: 'Allow',
    ...(named ? { Principal: principalText(request.principal) } : {}),
    Action: request.action,
    ...(layer === 'trust' ? {} : { Resource: resourceText(request, wanted.version) }),
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  }
  return { statement, warning: warningOf(request, near, named, wanted.version) }
}

const resourceText = ({ resource }: RequestContext, version: Wanted['version']): string =>
  resource === '*' ? '*' : literalText(resource, version)

/** Names the caller; a role session by its role, so that boundary and session policy go on limiting it. */
function principalText(principal: Principal): unknown {
  switch (principal.kind) {
    case 'anonymous':
      return '*'
    case 'service':
      return { Service: principal.name }
    case 'web-identity':
      return { Federated: principal.providerArn ?? principal.provider }
    case 'saml':
      return { Federated: principal.providerArn }
    case 'role-session':
      return { AWS: principal.roleArn }
    default:
      return { AWS: principal.arn }
  }
}

/** The conditions of the nearest statement, with those that failed turned to what this request brought. */
function conditionsNear(near: StatementRecord, version: Wanted['version']): Block {
  const block: Block = {}
  for (const row of near.conditions) {
    const [operator, values] = row.matched ? [row.operator, keptValues(row, version)] : receivedTest(row, version)
    block[operator] = { ...block[operator], [row.key]: values.length === 1 ? values.join() : values }
  }
  return block
}

/** The wanted texts stand as this request saw them: variables are replaced, and stay literal. */
function keptValues(row: ConditionRecord, version: Wanted['version']): readonly string[] {
  const glob = /Like|Arn/.test(row.operator)
  return version === '2008-10-17' || glob ? row.wanted : row.wanted.map(plainText)
}

function receivedTest(row: ConditionRecord, version: Wanted['version']): readonly [string, readonly string[]] {
  if (row.absent) return ['Null', ['true']]
  const several = row.received.length > 1 || isMultivalued(row.key.toLowerCase())
  const values = version === '2008-10-17' ? row.received : row.received.map(plainText)
  return [several ? 'ForAllValues:StringEquals' : 'StringEquals', values]
}

/** Under an exact operator only `${` needs an escape. */
const plainText = (text: string): string => text.replaceAll('${', '${$}{')

/** A federated subject is pinned by what its provider said of it: the provider alone would admit everybody there. */
function pinned({ principal, context }: RequestContext, version: Wanted['version']): Block {
  const prefix = principal.kind === 'web-identity' ? principal.provider : principal.kind === 'saml' ? 'saml' : undefined
  if (prefix === undefined) return {}
  const values = ['aud', 'sub'].flatMap((claim) => pin(`${prefix}:${claim}`, context, version))
  return values.length === 0 ? {} : { StringEquals: Object.fromEntries(values) }
}

function pin(
  key: string,
  context: ConditionContext,
  version: Wanted['version'],
): readonly (readonly [string, string])[] {
  const value = context.get(key.toLowerCase())
  return typeof value === 'string' ? [[key, version === '2008-10-17' ? value : plainText(value)]] : []
}

function warningOf(
  { principal, resource }: RequestContext,
  near: StatementRecord | undefined,
  named: boolean,
  version: Wanted['version'],
): string | undefined {
  const absent = near?.conditions.find((row) => !row.matched && row.absent)
  if (absent) return `This opens the statement to requests without ${absent.key}; sending the key is the narrower way.`
  if (near) return 'This accepts a value that the policy did not want so far.'
  if (named && principal.kind === 'anonymous') return 'This opens the resource to everybody.'
  if (named && principal.kind === 'role-session') return 'Every session of the role gets the permission.'
  if (version === '2008-10-17' && /[*?]/.test(resource))
    return 'Wildcards cannot be escaped in a policy of version 2008-10-17.'
  return undefined
}
