/**
 * What one instance publishes: decides once a period whether EC2 may assume the role, and keeps good credentials in front
 * of clients through refusals and our own trouble. Its states stand in docs/imds.md, "Rotation".
 */
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Instance } from '../entities/ec2.ts'
import { FALLBACK_AFTER_MILLISECONDS, within } from './deadline.ts'
import type { Published } from './documents.ts'
import { identityRole, issueFor } from './issue.ts'
import { periodAt } from './period.ts'
import type { Period, Seed } from './period.ts'
import { SHOWN_LIFE_MINIMUM_SECONDS } from './settings.ts'
import type { CheckedSettings } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import { standingOf } from './standing.ts'
import type { RoleName, Standing } from './standing.ts'
import type { Delivery, ImdsParts } from './types.ts'

/** A decision and the period that it was made in. */
interface Decided {
  readonly period: Period
  readonly standing: Standing
}

type RoleAnswer =
  | { readonly kind: 'credentials'; readonly published: Published; readonly roleName: string }
  | {
      readonly kind: 'refused'
      readonly refused: Extract<Standing, { kind: 'refused' }>
      readonly period: Period
    }
  /** The name is not that of the attached role. */
  | { readonly kind: 'unknown' }

export interface Publisher {
  /** Rejects when nothing was ever decided and now cannot be. */
  readonly decided: (snapshot: Snapshot) => Promise<Decided>
  readonly role: (snapshot: Snapshot, delivery: Delivery, name: string) => Promise<RoleAnswer>
  /** Credentials of the instance identity role. */
  readonly identity: (snapshot: Snapshot, delivery: Delivery) => Promise<Published>
  /** The last decision for this row; none after its association or options changed. */
  readonly last: (instance: Instance) => Decided | undefined
  /** What is in front of clients, by delivery. */
  readonly served: (instance: Instance) => ReadonlyMap<Delivery, Served>
}

interface Served {
  readonly published: Published
  readonly roleName: string
}

interface Granted {
  readonly period: Period
  readonly role: RoleName
}

/** Everything an instance remembers; only `scope` says how long: a new association or new options begin anew. */
interface Memory {
  readonly scope: string
  decided?: Decided
  granted?: Granted
  pending?: { readonly name: string; readonly decision: Promise<Decided> }
  readonly served: Map<Delivery, Served>
  readonly held: Map<string, Published>
  isFaulty: boolean
}

type Parts = Pick<ImdsParts, 'store' | 'clock' | 'issuer' | 'tokenKey' | 'authorize' | 'log'> & {
  readonly settings: CheckedSettings
  readonly account: AccountId
}

export function publisher(parts: Parts): Publisher {
  let memory = emptyMemory('')
  const memoryFor = ({ instance }: Snapshot): Memory => {
    const scope = scopeOf(instance)
    if (memory.scope !== scope) memory = emptyMemory(scope)
    return memory
  }
  return {
    decided: (snapshot) => decide(parts, snapshot, memoryFor(snapshot)),
    role: (snapshot, delivery, name) => roleAnswer(parts, snapshot, memoryFor(snapshot), { delivery, name }),
    identity: (snapshot, delivery) => {
      const period = currentPeriod(parts, snapshot)
      const role = identityRole(parts.tokenKey, parts.account)
      return publish(
        parts,
        memoryFor(snapshot),
        seedOf(parts, snapshot, { delivery, period, purpose: 'identity' }),
        role,
      )
    },
    last: (instance) => (memory.scope === scopeOf(instance) ? memory.decided : undefined),
    served: (instance) => (memory.scope === scopeOf(instance) ? memory.served : new Map()),
  }
}

const scopeOf = ({ generation, profile }: Instance): string => JSON.stringify([generation, profile])

const emptyMemory = (scope: string): Memory => ({ scope, served: new Map(), held: new Map(), isFaulty: false })

const currentPeriod = ({ clock, settings }: Parts, { instance, rotation }: Snapshot): Period =>
  periodAt(clock.session(), instance.id, settings.periodSeconds, rotation)

const seedOf = (
  { tokenKey }: Parts,
  { instance }: Snapshot,
  of: Pick<Seed, 'delivery' | 'period' | 'purpose'>,
): Seed => ({
  key: tokenKey,
  instance,
  ...of,
})

/** This period's decision; the last one while a new one cannot be had. */
async function decide(parts: Parts, snapshot: Snapshot, memory: Memory): Promise<Decided> {
  const period = currentPeriod(parts, snapshot)
  const before = memory.decided
  if (before !== undefined && isSame(before.period, period) && !parts.settings.immediate) return before
  try {
    const deciding = shared(memory, period, parts.settings.immediate, () => ask(parts, snapshot, memory, period))
    return await (before === undefined ? deciding : within(deciding, FALLBACK_AFTER_MILLISECONDS))
  } catch (error) {
    reportFault(parts, snapshot, memory, error)
    if (before === undefined) throw error
    return before
  }
}

const isSame = (a: Period, b: Period): boolean => a.number === b.number && a.rotation === b.rotation

/** Remembers what it learns also when nobody waits for it any more. */
async function ask(parts: Parts, snapshot: Snapshot, memory: Memory, period: Period): Promise<Decided> {
  const decided = { period, standing: await standingOf(parts, parts.account, snapshot.instance) }
  remember(parts, snapshot, memory, decided)
  return decided
}

/** Requests that come at the same time share one look, except where each is to see the newest rows. */
function shared(memory: Memory, period: Period, immediate: boolean, decide: () => Promise<Decided>): Promise<Decided> {
  if (immediate) return decide()
  const name = `${period.number}/${period.rotation}`
  if (memory.pending?.name === name) return memory.pending.decision
  const pending = { name, decision: decide() }
  memory.pending = pending
  const forget = () => {
    if (memory.pending === pending) delete memory.pending
  }
  pending.decision.then(forget, forget)
  return pending.decision
}

function remember(parts: Parts, { instance }: Snapshot, memory: Memory, decided: Decided): void {
  const { standing, period } = decided
  const isNew = memory.decided === undefined || !isSame(memory.decided.period, period)
  memory.decided = decided
  memory.isFaulty = false
  if (standing.kind === 'granted') memory.granted = { period, role: standing.role }
  if (standing.kind !== 'refused' || !isNew) return
  parts.log({
    kind: 'assume-refused',
    instanceId: instance.id,
    account: parts.account,
    role: standing.roleName,
    reason: standing.reason,
    ...(standing.decisionId === undefined ? {} : { decisionId: standing.decisionId }),
  })
}

async function roleAnswer(
  parts: Parts,
  snapshot: Snapshot,
  memory: Memory,
  wanted: { readonly delivery: Delivery; readonly name: string },
): Promise<RoleAnswer> {
  const { delivery, name } = wanted
  const { standing, period } = await decide(parts, snapshot, memory)
  const credentials = async (granted: Granted, shownUntilSecondsLeft: number): Promise<RoleAnswer | undefined> => {
    const seed = seedOf(parts, snapshot, { delivery, period: granted.period, purpose: 'role' })
    const published = await publish(parts, memory, seed, granted.role)
    if (published.expiresAt - shownUntilSecondsLeft * 1000 <= parts.clock.session()) return undefined
    memory.served.set(delivery, { published, roleName: name })
    return { kind: 'credentials', published, roleName: name }
  }
  if (standing.kind === 'granted' && standing.role.name === name) {
    const answer = await credentials({ period, role: standing.role }, 0)
    if (answer !== undefined) return answer
    throw new Error('the last good credentials have expired')
  }
  if (standing.kind !== 'refused' || standing.roleName !== name) return { kind: 'unknown' }
  const granted = parts.settings.immediate ? undefined : memory.granted
  // A running program sees the reason of a refusal before its last key dies, not after.
  const kept = granted?.role.name === name ? await credentials(granted, SHOWN_LIFE_MINIMUM_SECONDS) : undefined
  if (kept !== undefined) return kept
  memory.served.delete(delivery)
  return { kind: 'refused', refused: standing, period }
}

/** Issues; when the issuer fails, the set that was published before is good as long as it lives. */
async function publish(parts: Parts, memory: Memory, seed: Seed, role: RoleName): Promise<Published> {
  const name = `${seed.purpose} ${role.id} ${seed.delivery}`
  const held = memory.held.get(name)
  try {
    const issuing = issueFor(parts, seed, { account: parts.account, role, settings: parts.settings })
    const published = await (held === undefined ? issuing : within(issuing, FALLBACK_AFTER_MILLISECONDS))
    memory.held.set(name, published)
    return published
  } catch (error) {
    reportFault(parts, { instance: seed.instance }, memory, error)
    if (held === undefined || isOver(held.expiresAt, parts.clock.session())) throw error
    return held
  }
}

const isOver = (expiresAt: Instant, now: Instant): boolean => expiresAt <= now

/** Once per trouble: a store that is down would fill the log with each read. */
function reportFault(parts: Parts, { instance }: Snapshot, memory: Memory, cause: unknown): void {
  if (memory.isFaulty) return
  memory.isFaulty = true
  const error = cause instanceof Error ? cause : new Error(String(cause))
  parts.log({ kind: 'fault', instanceId: instance.id, account: parts.account, error })
}
