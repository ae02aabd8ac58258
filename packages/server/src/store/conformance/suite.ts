/** What the laws need: stores to try, faults to put in between, and the rows they write. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Kind, Picture, Store } from '../port.ts'
import type { AroundCommit, Surroundings } from '../surroundings.ts'

/** An adapter under test. */
export interface Adapter {
  readonly name: string
  /** Opens an empty store; `aroundCommit` stands around each of its transactions. */
  readonly open: (aroundCommit: AroundCommit) => Promise<Store>
  /** The reason why nothing can be tried here. */
  readonly skip?: string
}

/** Faults that a law can switch on. */
interface Faults {
  /** Holds commits back; the function lets them go. */
  readonly holdBefore: () => () => void
  /** Holds back what comes after a commit: it is durable, and nobody was told. */
  readonly holdAfter: () => () => void
  /** The next transaction is lost. */
  readonly loseNext: () => void
  /** The next transaction is committed, and its answer lost. */
  readonly loseNextAnswer: () => void
}

export type Law = (store: Store, faults: Faults) => Promise<void>

const laws: [name: string, law: Law][] = []

/** States a law; `runLaws` holds adapters to it. */
export function law(name: string, hold: Law): void {
  laws.push([name, hold])
}

/** One test for each law, each on a store of its own. */
export function runLaws(adapter: Adapter): void {
  for (const [name, hold] of laws) {
    test(`${adapter.name}: ${name}`, { skip: adapter.skip ?? false, timeout: 60_000 }, async () => {
      const { faults, aroundCommit } = createFaults()
      const store = await adapter.open(aroundCommit)
      try {
        await hold(store, faults)
      } finally {
        await store.close()
      }
    })
  }
}

function createFaults(): { readonly faults: Faults; readonly aroundCommit: AroundCommit } {
  let before: Promise<void> | undefined
  let after: Promise<void> | undefined
  let lose: 'transaction' | 'answer' | undefined
  const faults: Faults = {
    holdBefore: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      before = promise
      return () => void ((before = undefined), resolve())
    },
    holdAfter: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      after = promise
      return () => void ((after = undefined), resolve())
    },
    loseNext: () => void (lose = 'transaction'),
    loseNextAnswer: () => void (lose = 'answer'),
  }
  const aroundCommit: AroundCommit = async (commit) => {
    await before
    const fault = lose
    lose = undefined
    if (fault === 'transaction') throw new Error('the disk was pulled out')
    const answer = await commit()
    if (fault === 'answer') throw new Error('the answer was lost')
    await after
    return answer
  }
  return { faults, aroundCommit }
}

export const testSurroundings: Surroundings = {
  now: Date.now,
  monotonic: () => performance.now(),
  chance: (count) => randomBytes(count),
}

export interface Thing {
  readonly id: string
  readonly count?: number
  readonly tags?: readonly string[]
  readonly serial?: string
}

export const things: Kind<Thing> = {
  name: 'thing',
  version: 1,
  key: (thing) => thing.id,
  indexes: { tag: (thing) => thing.tags ?? [] },
  unique: { serial: (thing) => thing.serial },
}

export const home = '111111111111'
export const abroad = '222222222222'

export const ids = (rows: readonly Thing[]): string => rows.map((row) => row.id).join(' ')

export const put = (store: Store, account: string, ...rows: readonly Thing[]): Promise<void> =>
  store.write([account], async (writer) => {
    for (const row of rows) await writer.put(things, account, row)
  })

/** Adds one to a counter; rests on what it reads. */
export const increment = (store: Store, account: string, id: string): Promise<number> =>
  store.write([account], async (writer) => {
    const count = ((await writer.get(things, account, id))?.count ?? 0) + 1
    await writer.put(things, account, { id, count })
    return count
  })

export const stored = (store: Store, account: string, id: string): Promise<Thing | undefined> =>
  store.read((reader) => reader.get(things, account, id))

/** Long enough for anything that is not held back to have happened. */
export const pause = (milliseconds = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  )
  return Promise.race([settled, pause().then(() => true)])
}

export const countIn = async (picture: Picture, account: string, id: string): Promise<number | undefined> =>
  (await picture.get(things, account, id))?.count

export const rejectsAs = (promise: Promise<unknown>, name: string): Promise<void> => assert.rejects(promise, { name })
