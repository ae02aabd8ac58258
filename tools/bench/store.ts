/**
 * What the store costs: durable writes with 1 and 64 writers, points from a picture, opening and memory with 100,000 rows,
 * pauses of the main thread during a burst. SQLite always; PostgreSQL where its binaries are installed.
 * Run: `node tools/run.js tools/bench/store.ts`.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openStore } from '../../packages/server/src/store/open.ts'
import type { StoreSpec } from '../../packages/server/src/store/open.ts'
import type { Kind, Store } from '../../packages/server/src/store/port.ts'
import { findBinaries, startTestServer } from '../../packages/server/src/store/postgres/testing/server.ts'

interface Role {
  readonly name: string
  readonly id: string
  readonly trust: string
}
const roles: Kind<Role> = {
  name: 'role',
  version: 1,
  key: (role) => role.name.toLowerCase(),
  unique: { id: (role) => role.id },
}
const role = (name: string): Role => ({ name, id: `AROA${name}`, trust: '{"Version":"2012-10-17"}'.padEnd(260) })
const surroundings = {
  now: Date.now,
  monotonic: () => performance.now(),
  chance: (count: number) => randomBytes(count),
}
const home = '111111111111'
const ROWS = 100_000
const say = (what: string, figure: string): void => void process.stdout.write(`${what.padEnd(64)} ${figure}\n`)
const perSecond = (count: number, milliseconds: number): string => `${Math.round((count / milliseconds) * 1000)}/s`
const megabytes = (): number => Math.round(process.memoryUsage().rss / 1024 / 1024)

/** @param account in which account a writer works */
async function writes(
  store: Store,
  writers: number,
  count: number,
  account: (writer: number) => string,
): Promise<string> {
  const name = randomBytes(4).toString('hex')
  const start = performance.now()
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let turn = 0; turn < count / writers; turn++) {
        const row = role(`${name}-${writer}-${turn}`)
        await store.write([account(writer)], (hand) => hand.insert(roles, account(writer), row))
      }
    }),
  )
  return perSecond(count, performance.now() - start)
}

/** Nanoseconds of one get, the best of five loops. */
async function pointGet(store: Store, names: readonly string[]): Promise<number> {
  const picture = store.current()
  for (const name of names) if (!(await picture.get(roles, home, name))) throw new Error(`${name} is missing`)
  let best = Number.POSITIVE_INFINITY
  for (let loop = 0; loop < 5; loop++) {
    const start = performance.now()
    for (let turn = 0; turn < 200_000; turn++) await picture.get(roles, home, names[turn % names.length] ?? '')
    best = Math.min(best, ((performance.now() - start) * 1e6) / 200_000)
  }
  return best
}

async function coldGets(store: Store): Promise<string> {
  const start = performance.now()
  for (let turn = 0; turn < 2000; turn++)
    await store.current().get(roles, home, `r${String(turn * 37).padStart(6, '0')}`)
  return `${(((performance.now() - start) * 1000) / 2000).toFixed(1)} us`
}

async function fill(store: Store): Promise<void> {
  for (let start = 0; start < ROWS; start += 500) {
    await store.write([home], async (writer) => {
      for (let row = start; row < start + 500; row++)
        await writer.put(roles, home, role(`r${String(row).padStart(6, '0')}`))
    })
  }
}

async function measure(
  name: string,
  spec: StoreSpec,
  counts: { readonly one: number; readonly many: number },
): Promise<void> {
  const store = await openStore(spec, surroundings)
  say(`${name}: durable writes, 1 writer`, await writes(store, 1, counts.one, () => home))
  say(`${name}: durable writes, 64 writers, one account`, await writes(store, 64, counts.many, () => home))
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  say(
    `${name}: durable writes, 64 writers, 64 accounts`,
    await writes(store, 64, counts.many, (writer) => String(writer)),
  )
  delay.disable()
  const pauses = [delay.percentile(99), delay.percentile(99.9), delay.max].map((pause) => (pause / 1e6).toFixed(1))
  say(`${name}: pauses of the main thread in that, p99, p99.9, longest`, `${pauses.join(', ')} ms`)
  const start = performance.now()
  await fill(store)
  say(`${name}: ${ROWS} rows in change sets of 500`, perSecond(ROWS, performance.now() - start))
  await store.close()
}

async function measureFilled(name: string, spec: StoreSpec): Promise<void> {
  globalThis.gc?.()
  const before = megabytes()
  const start = performance.now()
  const store = await openStore(spec, surroundings)
  await store.current().get(roles, home, 'r050000')
  say(`${name}: open and first get with ${ROWS} rows`, `${(performance.now() - start).toFixed(1)} ms`)
  say(`${name}: resident memory that opening added`, `${megabytes() - before} MB (process: ${megabytes()} MB)`)
  const ten = Array.from({ length: 10 }, (_, index) => `r0${index}0000`)
  say(`${name}: get from a picture, in memory`, `${Math.round(await pointGet(store, ten))} ns`)
  say(`${name}: get from a picture, not in memory`, await coldGets(store))
  const snapshot = performance.now()
  for (let turn = 0; turn < 1000; turn++) await store.read((reader) => reader.get(roles, home, 'r050000'))
  say(`${name}: read with one get, own snapshot`, `${(performance.now() - snapshot).toFixed(1)} us`)
  const list = performance.now()
  await store.read((reader) => reader.list(roles, home, { after: 'r05', limit: 1000 }))
  say(`${name}: list of 1000 rows`, `${(performance.now() - list).toFixed(1)} ms`)
  await store.close()
}

const folder = mkdtempSync(join(tmpdir(), 'store-bench-'))
await measure('sqlite', { kind: 'sqlite', folder }, { one: 3000, many: 12_800 })
await measureFilled('sqlite', { kind: 'sqlite', folder })
await measure('ephemeral', { kind: 'ephemeral' }, { one: 3000, many: 12_800 })
rmSync(folder, { recursive: true })

const binaries = await findBinaries()
if (typeof binaries === 'string') say('postgres', `skipped: ${binaries}`)
else {
  const server = await startTestServer(binaries)
  const spec: StoreSpec = { kind: 'postgres', url: server.url }
  try {
    await measure('postgres', spec, { one: 500, many: 3200 })
    await measureFilled('postgres', spec)
  } finally {
    await server.stop()
  }
}
