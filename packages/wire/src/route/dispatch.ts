// Owns telling which service and Region a request is for: host, signing scope, then what an unsigned request holds.
import { parametersOf } from '../query/parameters.ts'
import { parseHost } from './host.ts'
import type { HostFacts } from './host.ts'
import type { WireRequest } from './request.ts'

/** From the Authorization header or X-Amz-Credential: what the caller signed for. */
export interface SigningScope {
  readonly service: string
  readonly region: string
}

/** A request with what is known before its body is understood. */
export interface DispatchRequest extends WireRequest {
  /** undefined: unsigned, or signed in a way that names no service (version 2). */
  readonly signingScope: SigningScope | undefined
  /** The form body, where the content type is form-encoded and the method is POST. */
  readonly form: string | undefined
  readonly baseHosts: readonly string[]
  /** Paths that take JSON without a signature (sign-in, portal), each with its service. */
  readonly jsonPaths: ReadonlyMap<string, string>
}

/** Where a request goes. */
export type Dispatched =
  | {
      readonly kind: 'service'
      /** `sts`, `iam`, `s3` or another service's endpoint prefix. */
      readonly service: string
      readonly region: string
      readonly host: HostFacts
    }
  /** A Query request without Action: 302 to this address, empty body. */
  | { readonly kind: 'redirect'; readonly location: string }

const NO_ACTION: Dispatched = { kind: 'redirect', location: 'https://aws.amazon.com/iam' }
const DEFAULT_REGION = 'us-east-1'
const QUERY_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['2011-06-15', 'sts'],
  ['2010-05-08', 'iam'],
])

/**
 * Decides the service: an AWS host name, then the signing scope, then (unsigned) the portal's token header, a form
 * with Action and Version, a JSON content type on a known path, and S3 for everything else.
 */
export function dispatch(request: DispatchRequest): Dispatched {
  const host = parseHost(request.host, request.baseHosts)
  const named = host.service ?? request.signingScope?.service
  if ((named === 'sts' || named === 'iam') && !hasAction(request)) return NO_ACTION
  const service = named ?? unsignedService(request)
  return { kind: 'service', service, region: regionOf(host, request.signingScope), host }
}

/**
 * The Region of a request: the host's when it is an AWS host name, else the one of the signing scope (`aws-global`
 * counts as us-east-1), else us-east-1. That host and scope agree is the signature check's business.
 */
export function regionOf(host: HostFacts, scope: SigningScope | undefined): string {
  if (host.region !== undefined) return host.region
  if (scope === undefined || scope.region === 'aws-global') return DEFAULT_REGION
  return scope.region
}

/** The parameters of a Query request: the form's for POST, the query string's otherwise. */
export const queryParametersOf = (request: { readonly form: string | undefined } & WireRequest): string =>
  request.method === 'POST' ? (request.form ?? '') : request.query

/** Nearly every client writes the name as it is; the others are read in full. */
function hasAction(request: DispatchRequest): boolean {
  const parameters = queryParametersOf(request)
  return (
    parameters.startsWith('Action=') || parameters.includes('&Action=') || parameter(parameters, 'Action') !== undefined
  )
}

function parameter(parameters: string, wanted: string): string | undefined {
  for (const [name, value] of parametersOf(parameters)) if (name === wanted) return value
  return undefined
}

function unsignedService(request: DispatchRequest): string {
  if (request.headers['x-amz-sso_bearer_token'] !== undefined) return 'portal.sso'
  const query = queryService(request)
  if (query !== undefined) return query
  const isJson = /^application\/(json|x-amz-json-1\.[01])\b/i.test(request.headers['content-type'] ?? '')
  return (isJson ? request.jsonPaths.get(request.path) : undefined) ?? 's3'
}

/** Action and Version together mean a Query service; a version that nobody has is answered by STS. */
function queryService(request: DispatchRequest): string | undefined {
  const parameters = queryParametersOf(request)
  const version = parameter(parameters, 'Version')
  if (version === undefined || parameter(parameters, 'Action') === undefined) return undefined
  const known = QUERY_VERSIONS.get(version)
  if (request.method === 'POST') return known ?? 'sts'
  return request.path === '/' ? known : undefined
}
