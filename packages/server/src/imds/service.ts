/** The metadata service: one listener per instance row, kept in step with the rows. */
import type { AccountId } from '../domain/brands.ts'
import { instances } from '../entities/ec2.ts'
import type { Instance } from '../entities/ec2.ts'
import { accounts, EVERYWHERE } from '../entities/iam.ts'
import type { Store } from '../store/port.ts'
import { bindProblem, readAddress } from './hosts.ts'
import { listen, wantedAddress } from './listener.ts'
import type { Listener } from './listener.ts'
import { describe, machine } from './machine.ts'
import type { Machine } from './machine.ts'
import { recordRotation } from './rotation.ts'
import { checkedSettings } from './settings.ts'
import type { CheckedSettings } from './settings.ts'
import type { ImdsListing, ImdsParts, ImdsService } from './types.ts'

/** One instance and its listener, or why it has none. */
interface Running {
  readonly machine: Machine
  readonly listener?: Listener
  readonly problem?: string
}

/**
 * Starts a listener for each instance row and follows changes of the rows. An instance that cannot listen is listed with
 * its problem and does not hinder the others.
 * @throws RangeError when the settings are not usable
 */
export async function startImds(parts: ImdsParts): Promise<ImdsService> {
  const settings = checkedSettings(parts.settings)
  if (parts.tokenKey.length !== 32) throw new RangeError('`tokenKey` must have 32 bytes')
  const running = new Map<string, Running>()
  let isClosed = false
  let last: Promise<void> = Promise.resolve()
  /** One after the other: two at the same time would start a listener twice. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
  const sync = () => inTurn(() => (isClosed ? Promise.resolve() : follow(parts, settings, running)))
  const stopFollowing = parts.store.onChange((_, touched) => {
    if (touched !== 'all' && !touched.some(({ kind }) => kind === instances.name || kind === accounts.name)) return
    sync().catch((error: unknown) => parts.log({ kind: 'sync-failed', error: asError(error) }))
  })
  await sync()
  return {
    list: () => [...running.values()].map(listingOf),
    sync,
    rotate: (instanceId) => recordRotation(parts.store, parts.clock, instanceId),
    close: () =>
      inTurn(async () => {
        isClosed = true
        stopFollowing()
        await Promise.all([...running.values()].map(({ listener }) => listener?.close()))
        running.clear()
      }),
  }
}

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)))

const listingOf = ({ machine: of, listener, problem }: Running): ImdsListing => ({
  ...describe(of),
  address: listener?.address ?? wantedAddress(of.row().listen),
  listening: listener !== undefined,
  ...(problem === undefined ? {} : { problem }),
})

async function follow(parts: ImdsParts, settings: CheckedSettings, running: Map<string, Running>): Promise<void> {
  const rows = await instanceRows(parts.store)
  for (const [name, { machine: of, listener }] of running) {
    const found = rows.get(name)
    if (found !== undefined && isSamePlace(of.row(), found.row)) of.replaceRow(found.row)
    if (found !== undefined && listener !== undefined && isSamePlace(of.row(), found.row)) continue
    await listener?.close()
    running.delete(name)
  }
  for (const [name, { account, row }] of rows)
    if (!running.has(name)) running.set(name, await start(parts, settings, account, row))
}

const isSamePlace = (a: Instance, b: Instance): boolean => a.listen === b.listen && a.reachableFrom === b.reachableFrom

type InstanceRows = ReadonlyMap<string, { readonly account: AccountId; readonly row: Instance }>

const instanceRows = (store: Store): Promise<InstanceRows> =>
  store.read(async (reader) => {
    const rows = new Map<string, { readonly account: AccountId; readonly row: Instance }>()
    for (const { id: account } of await reader.list(accounts, EVERYWHERE))
      for (const row of await reader.list(instances, account)) rows.set(`${account} ${row.id}`, { account, row })
    return rows
  })

async function start(parts: ImdsParts, settings: CheckedSettings, account: AccountId, row: Instance): Promise<Running> {
  const of = machine(parts, settings, account, row)
  const about = { instanceId: row.id, account }
  const failed = (problem: string): Running => {
    parts.log({ kind: 'listener-failed', ...about, address: wantedAddress(row.listen), problem })
    return { machine: of, problem }
  }
  const at = readAddress(row.listen)
  const problem = bindProblem(row, settings)
  if (at === undefined || problem !== undefined) return failed(problem ?? `\`${row.listen}\` is not an address`)
  try {
    const listener = await listen(of, at)
    parts.log({ kind: 'listener', ...about, address: listener.address })
    return { machine: of, listener }
  } catch (error) {
    return failed(bindFailure(asError(error)))
  }
}

const BIND_FAILURES: ReadonlyMap<string | undefined, string> = new Map([
  ['EADDRINUSE', 'Something else listens there: end it, or give the instance another address.'],
  ['EADDRNOTAVAIL', 'This machine does not have that address (docs/imds.md, "A network namespace per instance").'],
  ['EACCES', 'The system reserves that port: choose one from 1024 on, or allow the program to bind it.'],
])

function bindFailure(error: NodeJS.ErrnoException): string {
  const help = BIND_FAILURES.get(error.code)
  return help === undefined ? error.message : `${error.message}. ${help}`
}
