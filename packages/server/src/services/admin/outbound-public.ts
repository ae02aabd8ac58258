/**
 * Discovery and keys of the accounts' outbound issuers for everybody, below `/outbound/<id>` of the console listener: for
 * verifiers that cannot be led to the issuer's own host name.
 */
import type { IncomingMessage } from 'node:http'
import { outboundDocument } from '../../federation/outbound/documents.ts'
import { AdminError, notFound, ok } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts } from './parts.ts'

/** @throws AdminError 404 for what no issuer publishes, 405 for anything but reading */
export async function outboundAnswer(
  request: IncomingMessage,
  path: string,
  { store, info }: AdminParts,
): Promise<JsonAnswer> {
  request.resume()
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new AdminError(405, 'MethodNotAllowed', 'Only GET.')
  const [, base = '', id = '', below = ''] = /^(\/outbound\/([a-z0-9-]+))(\/.*)$/.exec(path) ?? []
  const found = await store.read((reader) => outboundDocument(id, below, reader, `${info.consoleUrl}${base}`))
  if (found === undefined) throw notFound('No outbound issuer has anything here.')
  return ok(found)
}
