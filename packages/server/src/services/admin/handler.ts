/** The admin listener's handler: doors first, then health, readiness and metrics for all, then the API for operators. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StoreUnavailable, UniqueTaken } from '../../store/errors.ts'
import { AdminError, badRequest, failure, notFound, ok, readBody, writeJson, writeText } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import { checkHost, checkOrigin, tokenCheck } from './doors.ts'
import { labAnswer } from './lab-public.ts'
import { outboundAnswer } from './outbound-public.ts'
import { METRICS_TYPE, countDecisions, metricsText } from './metrics.ts'
import type { AdminParts } from './parts.ts'
import { findRoute } from './routes.ts'
import { SIGN_IN_PATH, samlSignIn } from './saml-sign-in.ts'
import { tailDecisions } from './tail.ts'

/** @returns the listener of a `node:http` server */
export function adminHandler(parts: AdminParts): (request: IncomingMessage, response: ServerResponse) => void {
  const decisions = countDecisions(parts.journal)
  const checkToken = tokenCheck(parts.token)
  const signIn = samlSignIn(parts)
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
    const isSignIn = path.startsWith(SIGN_IN_PATH)
    const turnedAway = (isSignIn ? checkHost : checkOrigin)(request.headers, parts.hosts)
    if (turnedAway !== undefined) return turnAway(request, response, turnedAway)
    if (isSignIn) return signIn(request, response, path, query)
    if (path.startsWith('/api/')) {
      const refused = checkToken(request.headers.authorization)
      if (refused !== undefined) return turnAway(request, response, refused)
      if (path === '/api/tail' && request.method === 'GET') return tailDecisions(request, response, parts.journal)
      return writeJson(response, await answerApi(request, path.slice('/api/'.length), query, parts))
    }
    if (path.startsWith('/lab/')) return writeJson(response, await labAnswer(request, path, query, parts))
    if (path.startsWith('/outbound/')) return writeJson(response, await outboundAnswer(request, path, parts))
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new AdminError(405, 'MethodNotAllowed', 'Only GET.')
    request.resume()
    if (path === '/metrics') return writeText(response, METRICS_TYPE, metricsText(parts, decisions, isReady(parts)))
    writeJson(response, openAnswer(path, parts))
  }
  return (request, response) => {
    serve(request, response).catch((error: unknown) => {
      fail(request, response, error, parts)
    })
  }
}

function turnAway(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message }: { readonly status: number; readonly code: string; readonly message: string },
): void {
  // What a stranger sends is not read.
  request.resume()
  const headers: Readonly<Record<string, string>> = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
  writeJson(response, { ...failure(status, code, message), headers: { ...headers, connection: 'close' } })
}

function openAnswer(path: string, parts: AdminParts): JsonAnswer {
  if (path === '/health') return ok({ status: 'ok' })
  if (path !== '/ready') throw notFound('There is nothing here. The admin API stands under /api/.')
  return isReady(parts) ? ok({ status: 'ready' }) : failure(503, 'NotReady', 'The store does not answer.')
}

/** `current` throws while the picture is older than the staleness limit. */
function isReady({ store }: AdminParts): boolean {
  try {
    store.current()
    return true
  } catch (error) {
    if (error instanceof StoreUnavailable) return false
    throw error
  }
}

async function answerApi(
  request: IncomingMessage,
  path: string,
  query: string,
  parts: AdminParts,
): Promise<JsonAnswer> {
  const found = findRoute(request.method ?? 'GET', path)
  if (found.kind === 'malformed') throw badRequest('The path is not percent-encoded as it should be.')
  if (found.kind === 'no-path') throw notFound('The admin API has no such path.')
  if (found.kind === 'no-method')
    throw new AdminError(405, 'MethodNotAllowed', `This path takes ${found.allowed.join(' or ')}.`)
  const body = await readBody(request)
  return found.route({ segments: found.segments, query: new URLSearchParams(query), body }, parts)
}

function fail(request: IncomingMessage, response: ServerResponse, error: unknown, parts: AdminParts): void {
  // A client that went away in the middle of its body is nobody's fault, and there is nobody to answer.
  if (response.headersSent || error === request.errored) {
    response.destroy()
    return
  }
  request.resume()
  writeJson(response, failureOf(error, parts))
}

function failureOf(error: unknown, parts: AdminParts): JsonAnswer {
  if (error instanceof AdminError) return failure(error.status, error.code, error.message, error.details)
  if (error instanceof UniqueTaken) return failure(409, 'Conflict', error.message)
  if (error instanceof StoreUnavailable) return failure(503, error.code, error.message)
  parts.log('the admin API failed', error)
  return failure(500, 'ServerFault', 'The server failed. Its log says why.')
}
