/** From a visit to the values that operations and questions need. */
import type { Credentials } from '@understudy/wire'
import type { Asker } from '../authorization/authorize.ts'
import { nameOfPrincipal } from '../authorization/principal-name.ts'
import type { Authenticated } from '../credentials/authenticate.ts'
import type { Caller, SignedCaller } from '../credentials/caller.ts'
import type { AccountId } from '../domain/brands.ts'
import type { RequestFacts } from '../services/operation.ts'
import { onPicture } from '../store/restart.ts'
import type { Reader } from '../store/port.ts'
import type { Note, Visit } from './visit.ts'

/** Account of a caller who has none; no row and no policy carries it. */
export const NO_ACCOUNT: AccountId = '' as AccountId

/** Authenticates from the published picture; a refusal is tried once more from a fresh one, so a new key works at once. */
export async function signedWith(
  visit: Visit,
  use: (reader: Reader) => Promise<Authenticated>,
): Promise<Authenticated> {
  const { store } = visit.parts
  const first = store.current()
  let result = await onPicture(store, use, first)
  if (!result.ok) {
    const fresh = await store.fresh()
    if (fresh.head.mark !== first.head.mark) result = await onPicture(store, use, fresh)
  }
  noteCaller(visit, result)
  return result
}

function noteCaller({ note }: Visit, result: Authenticated): void {
  if (!result.ok) {
    if (result.accessKeyId !== undefined) note.accessKeyId = result.accessKeyId
    if (result.claimed) {
      noteIdentity(note, result.claimed)
      note.claimed = true
    }
    return
  }
  if (result.kind === 'anonymous') {
    note.principal = 'anonymous'
    return
  }
  note.accessKeyId = result.caller.accessKeyId
  noteIdentity(note, result.caller)
}

function noteIdentity(note: Note, caller: SignedCaller): void {
  note.principal = nameOfPrincipal(caller.principal)
  note.account = caller.account
  const proof = caller.session?.proof
  if (proof?.kind === 'delegation') note.delegate = proof.requestor
}

export const askerOf = (visit: Visit, caller: Caller): Asker => {
  const { headers } = visit.exchange.wire
  return {
    caller,
    region: visit.region,
    now: visit.now,
    clientIp: visit.exchange.clientIp,
    secure: visit.exchange.secure,
    ...(headers['user-agent'] === undefined ? {} : { userAgent: headers['user-agent'] }),
    ...(headers['referer'] === undefined ? {} : { referer: headers['referer'] }),
  }
}

/** @param credentials absent for anonymous callers */
export function factsOf(visit: Visit, credentials: Credentials | undefined): RequestFacts {
  const { exchange } = visit
  const { headers, host } = exchange.wire
  return {
    requestId: exchange.requestId,
    clientIp: exchange.clientIp,
    secure: exchange.secure,
    userAgent: headers['user-agent'] ?? '',
    host,
    ...(headers['referer'] === undefined ? {} : { referer: headers['referer'] }),
    ...(credentials === undefined ? {} : signatureFacts(credentials, visit)),
    ...(headers['x-amz-content-sha256'] === undefined ? {} : { contentSha256: headers['x-amz-content-sha256'] }),
    ...(headers['x-amz-trailer'] === undefined ? {} : { trailer: headers['x-amz-trailer'] }),
  }
}

const AUTH_TYPES = { header: 'REST-HEADER', query: 'REST-QUERY-STRING', post: 'POST' } as const

function signatureFacts(
  credentials: Credentials,
  visit: Visit,
): Pick<RequestFacts, 'authType' | 'signatureVersion' | 'signatureAgeMilliseconds'> {
  const age = 'time' in credentials ? visit.parts.platform.clock.wire() - credentials.time : undefined
  return {
    authType: AUTH_TYPES[credentials.form],
    signatureVersion: credentials.version === 'v2' ? 'AWS' : credentials.algorithm,
    ...(age === undefined ? {} : { signatureAgeMilliseconds: age }),
  }
}
