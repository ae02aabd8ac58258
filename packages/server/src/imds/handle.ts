/** One request, one direction: refuse, find the instance, token, tree, answer. No socket in here. */
import { instant } from '../domain/brands.ts'
import type { Clock } from '../domain/clock.ts'
import { errorPage } from './answer.ts'
import type { Answer } from './answer.ts'
import { branchesFor, documentsFor } from './credentials.ts'
import type { Reading } from './credentials.ts'
import { factsOf } from './facts.ts'
import { acceptedHosts } from './hosts.ts'
import type { Machine } from './machine.ts'
import { shownUserAgent } from './readers.ts'
import { headerText, pathSegments, refusal, TOKEN_HEADER, tokenPath, TTL_HEADER } from './request.ts'
import type { MetadataRequest } from './request.ts'
import type { Snapshot } from './snapshot.ts'
import { checkToken, mintToken, readTtl } from './token.ts'
import { lookUp } from './tree.ts'
import type { Found } from './tree.ts'

/** Never rejects: trouble of ours is logged and answered with 503, which clients retry. */
export async function handle(machine: Machine, request: MetadataRequest): Promise<Answer> {
  try {
    return await route(machine, request)
  } catch (cause) {
    return unavailable(machine, cause)
  }
}

function unavailable({ parts, account, row }: Machine, cause: unknown): Answer {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  parts.log({ kind: 'fault', instanceId: row().id, account, error })
  return errorPage(503)
}

async function route(machine: Machine, request: MetadataRequest): Promise<Answer> {
  if (!machine.isWithinRate()) return { status: 429, contentType: 'text/plain', body: '' }
  const refused = refusal(request, acceptedHosts(machine.row(), machine.settings))
  if (refused !== undefined) return refused
  const snapshot = await machine.snapshot()
  if (snapshot === undefined) return errorPage(404)
  if (snapshot.instance.options.httpEndpoint === 'disabled') return errorPage(403)
  const segments = pathSegments(request.target)
  if (segments === undefined) return errorPage(400)
  const onToken = tokenPath(segments)
  if (onToken !== undefined && request.method === 'PUT')
    return onToken === 'latest' ? newToken(machine, snapshot, request) : errorPage(403)
  if (onToken === 'latest') return notAllowed('PUT')
  if (request.method !== 'GET' && request.method !== 'HEAD') return notAllowed('GET, HEAD')
  return readTree(machine, snapshot, request, segments)
}

const notAllowed = (allow: string): Answer => ({ ...errorPage(405), allow })

const sessionSeconds = (clock: Clock): number => Math.floor(clock.session() / 1000)

const scopeOf = ({ parts }: Machine, { instance }: Snapshot) => ({
  key: parts.tokenKey,
  instanceId: instance.id,
  generation: instance.generation,
})

function newToken(machine: Machine, snapshot: Snapshot, request: MetadataRequest): Answer {
  // A request that a proxy passed on is not from this machine. Any value counts, also none.
  if (request.headers['x-forwarded-for'] !== undefined) return errorPage(403)
  const ttlSeconds = readTtl(headerText(request.headers[TTL_HEADER]))
  if (ttlSeconds === undefined) return errorPage(400)
  const { clock, chance } = machine.parts
  const body = mintToken(scopeOf(machine, snapshot), ttlSeconds, sessionSeconds(clock), chance)
  return { status: 200, contentType: 'text/plain', body, ttlSeconds }
}

async function readTree(
  machine: Machine,
  snapshot: Snapshot,
  request: MetadataRequest,
  segments: readonly string[],
): Promise<Answer> {
  const { instance } = snapshot
  const token = headerText(request.headers[TOKEN_HEADER])
  const ttlSeconds =
    token === undefined ? undefined : checkToken(scopeOf(machine, snapshot), token, sessionSeconds(machine.parts.clock))
  // A bad token is refused where none would be needed: it was meant as version 2.
  if (ttlSeconds === undefined && (token !== undefined || instance.options.httpTokens === 'required'))
    return errorPage(401)
  const ttl = ttlSeconds === undefined ? {} : { ttlSeconds }
  const reading: Reading = {
    machine,
    snapshot,
    facts: factsOf(machine.account, instance),
    delivery: ttlSeconds === undefined ? '1.0' : '2.0',
    peer: request.peer,
    userAgent: shownUserAgent(request.headers['user-agent']),
  }
  return { ...(await find(reading, segments)), ...ttl }
}

async function find(reading: Reading, segments: readonly string[]): Promise<Answer> {
  const { machine, facts } = reading
  try {
    const tree = { facts, documents: documentsFor(reading), branches: branchesFor(reading) }
    const found = await lookUp(tree, segments)
    return found === undefined ? errorPage(404) : pageOf(found, reading)
  } catch (cause) {
    // Here, so that the answer still tells how long the token lives.
    return unavailable(machine, cause)
  }
}

/** Never later than `Date`, whatever was done to session time. */
function pageOf(found: Found, { machine, facts }: Reading): Answer {
  const { clock } = machine.parts
  const modifiedAt = found.modifiedAt ?? facts.launchedAt
  const lastModified = instant(Math.min(modifiedAt - clock.offset(), clock.wire()))
  return { status: 200, contentType: found.contentType, body: found.body, lastModified }
}
