/** One instance as its listener sees it: the row, what it publishes, who reads. */
import type { AccountId } from '../domain/brands.ts'
import { instant } from '../domain/brands.ts'
import { monotonic } from '../domain/clock.ts'
import type { Instance } from '../entities/ec2.ts'
import { FALLBACK_AFTER_MILLISECONDS, within } from './deadline.ts'
import { shownTime } from './documents.ts'
import { periodAt } from './period.ts'
import { publisher } from './publisher.ts'
import type { Publisher } from './publisher.ts'
import { requestBudget } from './rate.ts'
import { readers } from './readers.ts'
import type { Readers } from './readers.ts'
import type { CheckedSettings } from './settings.ts'
import { readSnapshot } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import type { Delivery, ImdsListing, ImdsParts, ImdsSet } from './types.ts'

export interface Machine {
  readonly parts: ImdsParts
  readonly settings: CheckedSettings
  readonly account: AccountId
  readonly publisher: Publisher
  readonly readers: Readers
  readonly isWithinRate: () => boolean
  /** The rows now; the last known ones while the store gives none. `undefined` when the instance is no more. */
  readonly snapshot: () => Promise<Snapshot | undefined>
  /** The last known row. */
  readonly row: () => Instance
  /** Takes a newer row, from `sync`. */
  readonly replaceRow: (row: Instance) => void
}

export function machine(parts: ImdsParts, settings: CheckedSettings, account: AccountId, first: Instance): Machine {
  let known: Snapshot = { instance: first }
  let isFaulty = false
  return {
    parts,
    settings,
    account,
    publisher: publisher({ ...parts, settings, account }),
    readers: readers(),
    isWithinRate: requestBudget(settings.requestsPerSecond, monotonic),
    row: () => known.instance,
    replaceRow: (instance) => {
      known = { ...known, instance }
    },
    snapshot: async () => {
      try {
        const found = await within(readSnapshot(parts.store, account, first.id), FALLBACK_AFTER_MILLISECONDS)
        isFaulty = false
        if (found !== undefined) known = found
        return found
      } catch (error) {
        // Once per trouble: a store that is down would fill the log with each read.
        if (!isFaulty) parts.log({ kind: 'fault', instanceId: first.id, account, error: asError(error) })
        isFaulty = true
        return known
      }
    },
  }
}

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)))

/** What the console and the admin API show. Secrets stay inside. */
export function describe(of: Machine): Omit<ImdsListing, 'address' | 'listening' | 'problem'> {
  const { clock } = of.parts
  const row = of.row()
  const offset = clock.offset()
  const standing = of.publisher.last(row)?.standing
  const role = standing?.kind === 'granted' ? standing.role.name : undefined
  const refused = standing?.kind === 'refused' ? standing : undefined
  const roleName = role ?? refused?.roleName
  return {
    instanceId: row.id,
    account: of.account,
    ...(row.profile === undefined ? {} : { profile: row.profile.profileName }),
    ...(roleName === undefined ? {} : { role: roleName }),
    ...(refused === undefined ? {} : { refusal: refused.reason }),
    httpTokens: row.options.httpTokens,
    sets: liveSets(of, offset),
    nextRotation: shownTime(periodAt(clock.session(), row.id, of.settings.periodSeconds).endsAt, offset),
  }
}

function liveSets(of: Machine, offset: number): readonly ImdsSet[] {
  const now = of.parts.clock.session()
  return [...of.publisher.served(of.row())]
    .filter(([, { published }]) => published.expiresAt > now)
    .map(([delivery, { published, roleName }]) => ({
      delivery,
      accessKeyId: published.accessKeyId,
      role: roleName,
      lastUpdated: shownTime(published.issuedAt, offset),
      expiration: shownTime(published.expiresAt, offset),
      readers: of.readers.of(delivery),
    }))
}

/** Notes a read of credentials, for the console and for the audit file. */
export function noteRead(
  of: Machine,
  read: {
    readonly delivery: Delivery
    readonly role: string
    readonly accessKeyId?: string
    readonly peer: { readonly address: string; readonly port: number }
    readonly userAgent: string
  },
): void {
  const { peer, delivery, userAgent, role } = read
  const lastReadAt = instant(of.parts.clock.wire())
  of.readers.note(delivery, { peer: peer.address, userAgent, lastReadAt })
  of.parts.log({
    kind: 'credentials-read',
    instanceId: of.row().id,
    account: of.account,
    peer: `${peer.address}:${peer.port}`,
    delivery,
    userAgent,
    role,
    ...(read.accessKeyId === undefined ? {} : { accessKeyId: read.accessKeyId }),
  })
}
