/** The table of the admin API: `METHOD path` → what it answers. Every row is behind the operator's token. */
import type { JsonAnswer } from './answers.ts'
import { ok } from './answers.ts'
import { moveClock, showClock } from './clock-routes.ts'
import { decisionRoutes } from './decision-routes.ts'
import { delegationRoutes } from './delegation-routes.ts'
import { imdsRoutes, resetServer } from './instance-routes.ts'
import type { AdminParts } from './parts.ts'
import { federationRoutes } from './federation-routes.ts'
import { mfaRoutes } from './mfa-routes.ts'
import { queryRoutes } from './query-routes.ts'
import { samlRoutes } from './saml-routes.ts'
import { sessionEndRoutes } from './session-ends.ts'
import { sessionRoutes } from './session-routes.ts'
import { seedRoutes } from './seed-routes.ts'

export interface AdminCall {
  /** Decoded segments that stand for `*` in the row. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
}

export type Route = (call: AdminCall, parts: AdminParts) => Promise<JsonAnswer> | JsonAnswer

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    'GET info',
    (_call, parts) => ok({ ...parts.info, clockMovable: parts.clockMovable, canReset: parts.reset !== undefined }),
  ],
  ['GET clock', (_call, parts) => showClock(parts)],
  ['POST clock/advance', moveClock],
  ...decisionRoutes,
  ...queryRoutes,
  ...seedRoutes,
  ...imdsRoutes,
  ...federationRoutes,
  ...samlRoutes,
  ...mfaRoutes,
  ...sessionRoutes,
  ...sessionEndRoutes,
  ...delegationRoutes,
  ['POST reset', resetServer],
])

export type FoundRoute =
  | { readonly kind: 'route'; readonly route: Route; readonly segments: readonly string[] }
  | { readonly kind: 'no-path' }
  | { readonly kind: 'no-method'; readonly allowed: readonly string[] }
  | { readonly kind: 'malformed' }

/** @param path below `/api/`, still percent-encoded */
export function findRoute(method: string, path: string): FoundRoute {
  const segments = decoded(path.split('/'))
  if (segments === undefined) return { kind: 'malformed' }
  const allowed: string[] = []
  for (const [key, route] of ROUTES) {
    const [rowMethod = '', pattern = ''] = key.split(' ')
    const stars = starsOf(pattern.split('/'), segments)
    if (stars === undefined) continue
    if (rowMethod === method) return { kind: 'route', route, segments: stars }
    allowed.push(rowMethod)
  }
  return allowed.length > 0 ? { kind: 'no-method', allowed } : { kind: 'no-path' }
}

function decoded(segments: readonly string[]): readonly string[] | undefined {
  try {
    return segments.map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function starsOf(pattern: readonly string[], segments: readonly string[]): readonly string[] | undefined {
  if (pattern.length !== segments.length) return undefined
  const fits = pattern.every((part, index) => part === '*' || part === segments[index])
  return fits ? segments.filter((_, index) => pattern[index] === '*') : undefined
}
