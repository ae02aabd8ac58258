/**
 * IAM temporary delegation for operators: the messages that AWS would publish to a partner's topic, and the end of access that
 * AWS's console has and its API has not.
 */
import { dateOf, isoSeconds } from '../../domain/brands.ts'
import { accessEndOf, delegationNotices, delegationRequests, expiryOf, requestAt } from '../../entities/delegation.ts'
import type { DelegationRequest } from '../../entities/delegation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import { deliveredNotice, settleRequests } from '../iam/delegation-notices.ts'
import { revokeRequest } from '../iam/delegation-steps.ts'
import { conflict, notFound, ok } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'

export const delegationRoutes: readonly (readonly [string, Route])[] = [
  ['GET delegation/requests', listRequests],
  ['GET delegation/notifications', listNotices],
  ['POST delegation/requests/*/revoke', revoke],
]

/** Every request, whoever sees it through IAM. */
async function listRequests(_call: AdminCall, { store, clock, seed }: AdminParts): Promise<JsonAnswer> {
  const now = clock.session()
  await settleRequests(store, now, seed)
  const rows = await (await store.fresh()).list(delegationRequests, EVERYWHERE)
  const sorted = rows.toSorted((a, b) => a.createdAt - b.createdAt)
  return ok({ requests: sorted.map((row) => shown(requestAt(row, now))) })
}

function shown(row: DelegationRequest) {
  const end = accessEndOf(row)
  return {
    requestId: row.id,
    state: row.state,
    requestor: row.requestor,
    requestorName: row.requestorName,
    workflowId: row.workflowId,
    channel: row.channel,
    ...(row.ownerAccount === undefined ? {} : { ownerAccount: row.ownerAccount }),
    ...(row.owner === undefined ? {} : { owner: row.owner.arn }),
    ...(row.approver === undefined ? {} : { approver: row.approver.arn }),
    expires: isoSeconds(expiryOf(row)),
    ...(end === undefined ? {} : { accessEnds: isoSeconds(end) }),
    ...(row.revokedAt === undefined ? {} : { revokedAt: isoSeconds(row.revokedAt) }),
  }
}

/** Messages in the order of their time, those of one topic where `channel` is given. They hold exchange tokens. */
async function listNotices({ query }: AdminCall, { store, clock, seed }: AdminParts): Promise<JsonAnswer> {
  await settleRequests(store, clock.session(), seed)
  const picture = await store.fresh()
  const channel = query.get('channel')
  const rows =
    channel === null
      ? await picture.list(delegationNotices, EVERYWHERE)
      : await picture.find(delegationNotices, EVERYWHERE, 'channel', channel)
  return ok({ notifications: rows.map((row) => deliveredNotice(row, seed.vault)) })
}

/** @throws AdminError 404 for no such request, 409 where no access was released */
async function revoke({ segments }: AdminCall, { store, clock }: AdminParts): Promise<JsonAnswer> {
  const [id = ''] = segments
  const known = await (await store.fresh()).get(delegationRequests, EVERYWHERE, id)
  if (known === undefined) throw notFound(`There is no delegation request \`${id}\`.`)
  const row = await store.write([EVERYWHERE], (writer) => revokeRequest(writer, id, clock.session()))
  if (row?.revokedAt === undefined)
    throw conflict(`The delegation request \`${id}\` has released no token: reject it through IAM.`)
  return ok({ requestId: id, revokedAt: dateOf(row.revokedAt).toISOString() })
}
