/** The codes of virtual MFA devices, as the phone of their user would show them. The seed itself never leaves the server. */
import { isCodeSpent, seedOf } from '../../credentials/mfa.ts'
import { nextStepAt, totpCode, totpStep } from '../../credentials/totp.ts'
import { mfaArn, parseArn, splitIamResource } from '../../domain/arn.ts'
import { accountId, isoSeconds } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { EVERYWHERE, accounts, folded, users } from '../../entities/iam.ts'
import { mfaDevices, mfaKey, mfaUses } from '../../entities/mfa.ts'
import type { MfaDevice } from '../../entities/mfa.ts'
import type { Reader } from '../../store/port.ts'
import { badRequest, conflict, notFound, ok } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'

export const mfaRoutes: readonly (readonly [string, Route])[] = [['GET mfa/code', showCode]]

/** A code that was spent is of no use, so the next one that still counts is shown. */
const LATER = [0, 1, 2, -1, -2] as const

async function showCode({ query }: AdminCall, { store, clock, seed }: AdminParts): Promise<JsonAnswer> {
  const wanted = query.get('user') ?? ''
  if (wanted === '') throw badRequest('`user` is missing: the name of a user, or the ARN of a device.')
  // A code that was spent a moment ago must count as spent.
  const picture = await store.fresh()
  const { account, device } = await deviceFor(wanted, query, picture)
  const secret = seedOf(device, account, seed.vault)
  const now = clock.session()
  const step = totpStep(now) + device.aheadSteps
  const use = await picture.get(mfaUses, account, mfaDevices.key(device))
  const offset = LATER.find((each) => !isCodeSpent(use, device, step + each)) ?? 0
  return ok({
    code: totpCode(secret, step + offset),
    serialNumber: mfaArn(account, device.path, device.name),
    /** Two codes in a row, the later one of now: what EnableMFADevice and ResyncMFADevice take. */
    pair: [totpCode(secret, step - 1), totpCode(secret, step)],
    enabled: device.assigned !== undefined,
    nextCodeAt: isoSeconds(nextStepAt(now)),
  })
}

interface Found {
  readonly account: AccountId
  readonly device: MfaDevice
}

async function deviceFor(wanted: string, query: URLSearchParams, reader: Reader): Promise<Found> {
  const arn = parseArn(wanted)
  if (arn) {
    const account = accountId(arn.account)
    const named = splitIamResource(arn.resource)
    const device =
      account !== undefined && named?.kind === 'mfa'
        ? await reader.get(mfaDevices, account, mfaKey(named.path, named.name))
        : undefined
    if (account === undefined || device === undefined) throw notFound(`There is no MFA device \`${wanted}\`.`)
    return { account, device }
  }
  const account = await accountFor(wanted, query.get('account') ?? undefined, reader)
  const user = await reader.get(users, account, folded(wanted))
  const devices = user === undefined ? [] : await reader.find(mfaDevices, account, 'user', user.id)
  const [device] = devices
  if (device === undefined) throw notFound(`The user \`${wanted}\` of account ${account} holds no MFA device.`)
  if (devices.length > 1)
    throw conflict(
      `The user \`${wanted}\` holds ${devices.length} MFA devices; name one: ${devices.map((each) => mfaArn(account, each.path, each.name)).join(', ')}.`,
    )
  return { account, device }
}

/** The account that is named, or the only one with such a user. */
async function accountFor(user: string, named: string | undefined, reader: Reader): Promise<AccountId> {
  const all = await reader.list(accounts, EVERYWHERE)
  if (named !== undefined) {
    const found = all.find((row) => row.id === named || folded(row.name) === folded(named))
    if (found === undefined) throw notFound(`There is no account \`${named}\`.`)
    return found.id
  }
  const holding: AccountId[] = []
  for (const { id } of all) if ((await reader.get(users, id, folded(user))) !== undefined) holding.push(id)
  const [only] = holding
  if (only === undefined) throw notFound(`No account has a user \`${user}\`.`)
  if (holding.length > 1)
    throw conflict(`Accounts ${holding.join(', ')} have a user \`${user}\` each: name one with --account.`)
  return only
}
