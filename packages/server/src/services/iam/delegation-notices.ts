/**
 * What partners are told of their requests. AWS publishes it to an SNS topic; here it waits in the store until the operator's
 * side fetches it. Form of the messages: IAM User Guide, "Notification Message Format".
 */
import { instant } from '../../domain/brands.ts'
import type { Instant } from '../../domain/brands.ts'
import { uuid } from '../../domain/chance.ts'
import type { Chance } from '../../domain/chance.ts'
import type { Vault } from '../../credentials/vault.ts'
import {
  accessEndOf,
  delegationNotices,
  delegationRequests,
  noticeSealOwner,
  requestAt,
} from '../../entities/delegation.ts'
import type { DelegationNotice, DelegationRequest } from '../../entities/delegation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import type { Reader, Store, Writer } from '../../store/port.ts'

export interface NoticeParts {
  readonly vault: Vault
  readonly chance: Chance
}

/** How long a request and its messages stay after it has expired. Milliseconds; AWS does not say how long that is. */
const KEPT = 30 * 24 * 3_600_000

/** Keeps a request in its new state and says so to its channel. */
export async function putWithNotice(store: Writer, row: DelegationRequest, parts: NoticeParts): Promise<void> {
  await store.put(delegationRequests, EVERYWHERE, row)
  await addNotice(store, row, { Type: 'StateChange' }, { ...parts, at: row.updatedAt })
}

/** The second message of a released request: the token, and when it ends. */
export async function addTokenNotice(
  store: Writer,
  row: DelegationRequest,
  token: string,
  parts: NoticeParts,
): Promise<void> {
  const end = accessEndOf(row)
  if (end === undefined) throw new Error(`the token of request ${row.id} is told before it is released`)
  // After the new state, which is told at the same moment.
  const at = instant(row.updatedAt + 1)
  await addNotice(store, row, { Type: 'ExchangeToken', ExchangeToken: token, ExpiresAt: iso(end) }, { ...parts, at })
}

const iso = (time: Instant): string => new Date(time).toISOString()

async function addNotice(
  store: Writer,
  row: DelegationRequest,
  own: object,
  parts: NoticeParts & { readonly at: Instant },
): Promise<void> {
  const id = uuid(parts.chance)
  const message = {
    ...own,
    RequestId: row.id,
    RequestorWorkflowId: row.workflowId,
    State: row.state,
    ...(row.ownerAccount === undefined ? {} : { OwnerAccountId: row.ownerAccount }),
    UpdatedAt: iso(row.updatedAt),
  }
  await store.put(delegationNotices, EVERYWHERE, {
    id,
    channel: row.channel,
    requestor: row.requestor,
    requestId: row.id,
    at: parts.at,
    sealedMessage: parts.vault.seal(JSON.stringify(message), noticeSealOwner(row.requestor, id)),
  })
}

/** A message as SNS would deliver it, without the signature that only SNS can make. */
export const deliveredNotice = (row: DelegationNotice, vault: Vault) => ({
  Type: 'Notification',
  MessageId: row.id,
  TopicArn: row.channel,
  Message: vault.open(row.sealedMessage, noticeSealOwner(row.requestor, row.id)),
  Timestamp: iso(row.at),
})

/** Writes down which requests have expired meanwhile, with the message of each, and forgets what is long over. */
export async function settleRequests(store: Store, now: Instant, parts: NoticeParts): Promise<void> {
  const isDue = await store.read(async (reader) => (await dueRequests(reader, now)).length > 0)
  if (!isDue) return
  await store.write([EVERYWHERE], async (writer) => {
    for (const row of await dueRequests(writer, now)) {
      const settled = requestAt(row, now)
      if (settled !== row) await putWithNotice(writer, settled, parts)
      if (isOver(settled, now)) await forget(writer, settled)
    }
  })
}

const isOver = (row: DelegationRequest, now: Instant): boolean =>
  row.state === 'EXPIRED' && row.updatedAt < instant(now - KEPT)

async function dueRequests(reader: Reader, now: Instant): Promise<readonly DelegationRequest[]> {
  const rows = await reader.list(delegationRequests, EVERYWHERE)
  return rows.filter((row) => requestAt(row, now) !== row || isOver(row, now))
}

/** Removes what a requestor need not know any more. */
export async function forgetOver(store: Writer, rows: readonly DelegationRequest[], now: Instant): Promise<void> {
  for (const row of rows) if (isOver(requestAt(row, now), now)) await forget(store, row)
}

async function forget(store: Writer, row: DelegationRequest): Promise<void> {
  for (const notice of await store.find(delegationNotices, EVERYWHERE, 'request', row.id))
    await store.remove(delegationNotices, EVERYWHERE, delegationNotices.key(notice))
  await store.remove(delegationRequests, EVERYWHERE, row.id)
}
