/** Discovery and keys of outbound issuers on the AWS listener, under their own host names. Nobody signs for them. */
import { outboundIssuerOf } from '../domain/issuer.ts'
import { outboundDocument } from '../federation/outbound/documents.ts'
import { StoreUnavailable } from '../store/errors.ts'
import type { Store } from '../store/port.ts'
import type { Answer, Exchange } from './exchange.ts'

/** @returns the answer to a reader of such a host; `undefined` for every other request */
export function issuerDocument({ wire }: Exchange, store: Store): Promise<Answer> | undefined {
  const id = outboundIssuerOf(wire.host)
  if (id === undefined || (wire.method !== 'GET' && wire.method !== 'HEAD')) return undefined
  return documentAnswer(id, wire.path, store)
}

async function documentAnswer(id: string, path: string, store: Store): Promise<Answer> {
  try {
    const found = await store.read((reader) => outboundDocument(id, path, reader))
    return found === undefined ? { status: 404, headers: {} } : json(found)
  } catch (error) {
    if (error instanceof StoreUnavailable) return { status: 503, headers: {} }
    throw error
  }
}

const json = (document: object): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(document),
})
