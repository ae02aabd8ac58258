/**
 * The end of sessions before their time, when credentials have leaked: of one session by its access key id, or of all sessions
 * of an account by a raised generation, which takes part in the derivation of every session's keys.
 */
import { accountInside } from '../../domain/identifiers.ts'
import { dateOf, instant } from '../../domain/brands.ts'
import type { AccountId, Instant } from '../../domain/brands.ts'
import { accessEndOf, delegationRequests } from '../../entities/delegation.ts'
import { EVERYWHERE, accounts, endedSessions } from '../../entities/iam.ts'
import type { Writer } from '../../store/port.ts'
import { revokeRequest } from '../iam/delegation-steps.ts'
import { badRequest, notFound, ok, onlyMembers } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'

export const sessionEndRoutes: readonly (readonly [string, Route])[] = [
  ['POST sessions/*/end', endOne],
  ['POST accounts/*/end-sessions', endAll],
]

/** No session lives longer: 36 hours are the most that GetSessionToken gives. Milliseconds. */
const LIFE_MAX = 36 * 3_600_000

/** A key of which nothing is known is ended all the same: nothing is kept of sessions. @throws AdminError 400, 404 */
async function endOne({ segments, body }: AdminCall, { store, clock }: AdminParts): Promise<JsonAnswer> {
  onlyMembers(body)
  const [accessKeyId = ''] = segments
  const account = accountInside(accessKeyId)
  if (!accessKeyId.startsWith('ASIA') || accessKeyId.length !== 20 || account === undefined)
    throw badRequest(
      `\`${accessKeyId}\` is not the access key id of a session: those begin with ASIA. A user's key is made inactive by \`aws iam update-access-key\`.`,
    )
  const now = clock.session()
  const ended = await store.write([EVERYWHERE, account], async (writer) => {
    if ((await writer.get(accounts, EVERYWHERE, account)) === undefined) return undefined
    await forgetOver(writer, account, now)
    const before = await writer.get(endedSessions, account, accessKeyId)
    const row = { accessKeyId, endedAt: before?.endedAt ?? now, keptUntil: instant(now + LIFE_MAX) }
    await writer.put(endedSessions, account, row)
    return row
  })
  if (ended === undefined) throw notFound(`The key's account ${account} is not on this server.`)
  return ok({ accessKeyId, accountId: account, endedAt: dateOf(ended.endedAt).toISOString() })
}

async function forgetOver(writer: Writer, account: AccountId, now: Instant): Promise<void> {
  for (const row of await writer.list(endedSessions, account))
    if (row.keptUntil < now) await writer.remove(endedSessions, account, row.accessKeyId)
}

/**
 * Instances get new credentials at once, so that what runs on them goes on; what was delegated to partners is revoked, since
 * their tokens would give new sessions. @throws AdminError 404
 */
async function endAll({ segments, body }: AdminCall, { store, clock, imds }: AdminParts): Promise<JsonAnswer> {
  onlyMembers(body)
  const [wanted = ''] = segments
  const ended = await store.write([EVERYWHERE], async (writer) => {
    const row = await writer.get(accounts, EVERYWHERE, wanted)
    if (row === undefined) return undefined
    const sessionGeneration = row.sessionGeneration + 1
    await writer.put(accounts, EVERYWHERE, { ...row, sessionGeneration })
    return { generation: sessionGeneration, revoked: await revokeAll(writer, wanted, clock.session()) }
  })
  if (ended === undefined) throw notFound(`There is no account \`${wanted}\`.`)
  const rotated = (imds?.list() ?? []).filter(({ account }) => account === wanted)
  for (const { instanceId } of rotated) await imds?.rotate(instanceId)
  return ok({
    accountId: wanted,
    generation: ended.generation,
    rotatedInstances: rotated.map(({ instanceId }) => instanceId),
    revokedDelegations: ended.revoked,
  })
}

/** @returns ids of the requests whose access was still open */
async function revokeAll(writer: Writer, account: string, now: Instant): Promise<readonly string[]> {
  const revoked: string[] = []
  for (const row of await writer.find(delegationRequests, EVERYWHERE, 'owner', account)) {
    const end = accessEndOf(row)
    if (end === undefined || end <= now || row.revokedAt !== undefined) continue
    await revokeRequest(writer, row.id, now)
    revoked.push(row.id)
  }
  return revoked
}
