// Owns finding the S3 operation of a request: method, bucket and key, query flags, required parameters and headers.
import { failure } from '../failure.ts'
import type { WireFailure } from '../failure.ts'
import type { OperationModel, ServiceModel } from '../model/types.ts'
import { parseHost } from '../route/host.ts'
import type { WireRequest } from '../route/request.ts'

/** Where an S3 request goes. `key` is percent-decoded, without its leading slash. */
export interface S3Route {
  readonly ok: true
  readonly operation: OperationModel
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly virtualHosted: boolean
}

type Level = 'service' | 'bucket' | 'object'

/** What a request must show to be an operation. */
interface Candidate {
  readonly operation: OperationModel
  readonly flags: readonly (readonly [name: string, value: string | undefined])[]
  readonly parameters: readonly string[]
  readonly headers: readonly string[]
}

interface Routes {
  /** By level and method, most specific first. */
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>
  /** Query names that choose an operation, by level. A request that shows one never falls back to a plainer one. */
  readonly flags: ReadonlyMap<Level, ReadonlySet<string>>
  /** Paths that belong to an operation as a whole. */
  readonly literals: ReadonlySet<string>
}

/** Reached on hosts of their own, never by path. */
const ELSEWHERE = new Set(['ListDirectoryBuckets'])
const NOT_ALLOWED = 'The specified method is not allowed against this resource.'
const BAD_URI = "Couldn't parse the specified URI."

const routesByModel = new WeakMap<ServiceModel, Routes>()

/**
 * Finds the operation. `baseHosts`: names under which buckets appear as `<bucket>.<base>` besides AWS's own, for
 * instance `localhost`. Fails with InvalidURI, MethodNotAllowed, InvalidArgument or InvalidRequest.
 */
export function routeS3(
  model: ServiceModel,
  request: WireRequest,
  baseHosts: readonly string[],
): S3Route | WireFailure {
  const routes = routesOf(model)
  const target = routes.literals.has(request.path) ? NO_BUCKET : targetOf(request, baseHosts)
  if (!target.ok) return target
  const { bucket, key, virtualHosted } = target
  const level: Level = bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object'
  const chosen = choose(routes, level, request)
  return 'ok' in chosen ? chosen : { ok: true, operation: chosen.operation, bucket, key, virtualHosted }
}

type Target = { readonly ok: true } & Pick<S3Route, 'bucket' | 'key' | 'virtualHosted'>

const NO_BUCKET: Target = { ok: true, bucket: undefined, key: undefined, virtualHosted: false }

/** Splits bucket and key. Everything after the bucket's slash is the key, further slashes included. */
function targetOf(request: WireRequest, baseHosts: readonly string[]): Target | WireFailure {
  const { bucket: hostBucket } = parseHost(request.host, baseHosts)
  const path = decodePath(request.path.replace(/^\//, ''))
  if (path === undefined) return failure('InvalidURI', BAD_URI)
  if (hostBucket !== undefined)
    return { ok: true, bucket: hostBucket, key: path === '' ? undefined : path, virtualHosted: true }
  const slash = path.indexOf('/')
  const bucket = slash < 0 ? path : path.slice(0, slash)
  const key = slash < 0 ? '' : path.slice(slash + 1)
  if (bucket === '' && key !== '') return failure('InvalidURI', BAD_URI)
  return { ok: true, bucket: bucket || undefined, key: key || undefined, virtualHosted: false }
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

function choose(routes: Routes, level: Level, request: WireRequest): Candidate | WireFailure {
  const query = new URLSearchParams(request.query)
  const flags = [...new Set(query.keys())].filter((name) => routes.flags.get(level)?.has(name))
  const all = (routes.candidates.get(`${level} ${request.method}`) ?? []).filter(
    ({ operation }) => !isLiteral(operation.http?.path ?? '/') || operation.http?.path === request.path,
  )
  const flagged = all.filter((candidate) => fits(candidate, query, flags))
  const found = flagged.find((candidate) => missing(candidate, query, request) === undefined)
  if (found !== undefined) return found
  const [nearest] = flagged
  if (nearest !== undefined)
    return failure('InvalidRequest', `Missing required parameter for this request: ${missing(nearest, query, request)}`)
  return flags.length > 1 ? conflict(flags) : notAllowed(level, request)
}

/** An operation's flags and the request's must be the same. */
function fits(candidate: Candidate, query: URLSearchParams, flags: readonly string[]): boolean {
  const { flags: wanted } = candidate
  const shown = wanted.every(([name, value]) => query.has(name) && (value === undefined || query.get(name) === value))
  return shown && flags.every((name) => wanted.some(([other]) => other === name) || candidate.parameters.includes(name))
}

const missing = (candidate: Candidate, query: URLSearchParams, request: WireRequest): string | undefined =>
  candidate.parameters.find((name) => !query.has(name)) ??
  candidate.headers.find((name) => request.headers[name] === undefined)

const conflict = (flags: readonly string[]): WireFailure =>
  failure('InvalidArgument', `Conflicting query string parameters: ${flags.join(', ')}`, 400, [
    ['ArgumentName', 'ResourceType'],
    ['ArgumentValue', flags[0] ?? ''],
  ])

const notAllowed = (level: Level, request: WireRequest): WireFailure =>
  failure('MethodNotAllowed', NOT_ALLOWED, 405, [
    ['Method', request.method],
    ['ResourceType', level.toUpperCase()],
  ])

function routesOf(model: ServiceModel): Routes {
  const known = routesByModel.get(model)
  if (known !== undefined) return known
  const candidates = new Map<string, Candidate[]>()
  const flags = new Map<Level, Set<string>>()
  for (const operation of model.operations.values()) {
    if (operation.http === undefined || ELSEWHERE.has(operation.name)) continue
    const level = levelOf(operation)
    const candidate = candidateOf(operation)
    const place = `${level} ${operation.http.method}`
    candidates.set(place, [...(candidates.get(place) ?? []), candidate])
    const names = candidate.flags.filter(([, value]) => value === undefined).map(([name]) => name)
    flags.set(level, new Set([...(flags.get(level) ?? []), ...names]))
  }
  flags.get('object')?.add('uploadId')
  for (const list of candidates.values()) list.sort((a, b) => weight(b) - weight(a))
  const literals = new Set([...model.operations.values()].map(({ http }) => http?.path ?? '/').filter(isLiteral))
  const routes: Routes = { candidates, flags, literals }
  routesByModel.set(model, routes)
  return routes
}

/** `/WriteGetObjectResponse`: a path that cannot be a bucket, since those have no capital letters. */
const isLiteral = (path: string): boolean => /^\/\w/.test(path)

function levelOf(operation: OperationModel): Level {
  const labels = operation.input.members.filter(({ location }) => location === 'label').map(({ name }) => name)
  if (labels.includes('Key')) return 'object'
  return labels.includes('Bucket') ? 'bucket' : 'service'
}

function candidateOf(operation: OperationModel): Candidate {
  const required = operation.input.members.filter((member) => member.required)
  return {
    operation,
    flags: operation.http?.query ?? [],
    parameters: required.filter(({ location }) => location === 'query').map(({ locationName }) => locationName),
    headers: required
      .filter(({ location }) => location === 'header')
      .map(({ locationName }) => locationName.toLowerCase()),
  }
}

const weight = ({ flags, parameters, headers }: Candidate): number =>
  flags.length * 100 + parameters.length * 10 + headers.length
