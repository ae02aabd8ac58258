/**
 * What the lab's issuers show to everybody, below `/lab/` of the console listener: discovery and keys, and the address at
 * which a job asks for its token. A job proves itself with the secret of its environment, not with the operator's token.
 */
import type { IncomingMessage } from 'node:http'
import { labIssuers } from '../../entities/federation.ts'
import type { LabIssuer } from '../../entities/federation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import { discoveryDocument, keysDocument, labPath } from '../../federation/lab/documents.ts'
import { mintToken } from '../../federation/lab/mint.ts'
import { LabRefused } from '../../federation/lab/request.ts'
import { openJob } from '../../federation/lab/runner.ts'
import { AdminError, failure, notFound, ok } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import { mintParts } from './federation-routes.ts'
import type { AdminParts } from './parts.ts'

/** @throws AdminError 404 for what no lab issuer shows, 405 for anything but reading */
export async function labAnswer(
  request: IncomingMessage,
  path: string,
  query: string,
  parts: AdminParts,
): Promise<JsonAnswer> {
  request.resume()
  if (path === '/lab/github/token') return jobToken(request, new URLSearchParams(query), parts)
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new AdminError(405, 'MethodNotAllowed', 'Only GET.')
  const rows = await parts.store.read((reader) => reader.list(labIssuers, EVERYWHERE))
  for (const row of rows) {
    const shown = documentAt(row, path, parts)
    if (shown !== undefined) return ok(shown)
  }
  throw notFound('The lab has nothing here.')
}

function documentAt(row: LabIssuer, path: string, { info }: AdminParts): object | undefined {
  const base = labPath(row).replace(/\/$/, '')
  if (path === `${base}/.well-known/openid-configuration`) return discoveryDocument(row, `${info.consoleUrl}${base}`)
  return path === `${base}/keys` || path === `${base}/openid/v1/jwks` ? keysDocument(row) : undefined
}

/** The runner's protocol: `GET …&audience=` with the job's secret answers `{ "value": token }`. */
async function jobToken(request: IncomingMessage, query: URLSearchParams, parts: AdminParts): Promise<JsonAnswer> {
  const secret = /^bearer +([\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const job = openJob(secret, mintParts(parts))
  if (job === undefined) return failure(401, 'Unauthorized', 'Unauthorized')
  const audience = query.get('audience')
  const wish = audience === null || audience === '' ? job : { ...job, audience }
  try {
    const { token } = await parts.store.read((reader) => mintToken(wish, reader, mintParts(parts)))
    return ok({ count: token.length, value: token })
  } catch (error) {
    if (error instanceof LabRefused) throw new AdminError(422, 'LabRefused', `${error.message}.`)
    throw error
  }
}
