/**
 * `kill -9` in a burst of writes: the store opens without repair and holds every acknowledged row. UNDERSTUDY_KILLS says how
 * often; 200 and more is the proof, the default keeps the test short.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openStore } from '../open.ts'
import { testSurroundings } from '../conformance/suite.ts'

const kills = Number(process.env.UNDERSTUDY_KILLS ?? 20)
const child = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url))
/** A burst lasts this long at most, in milliseconds. */
const BURST_MAX = 40

interface Round {
  /** Lane → rows of the round before. */
  readonly found: ReadonlyMap<string, number>
  /** Lane → acknowledged rows. */
  readonly wrote: ReadonlyMap<string, number>
  readonly opened: boolean
  readonly said: string
}

/** Runs one child until it is killed. @param early kill it while it opens, too */
async function playRound(folder: string, round: number, early: boolean): Promise<Round> {
  const process_ = spawn(process.execPath, [child, folder, String(round)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  const open = Promise.withResolvers<void>()
  process_.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('latin1')
    if (out.includes('open\n')) open.resolve()
  })
  process_.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const closed = once(process_, 'close')
  if (early) await setTimeout(40 + Math.random() * 80)
  else await Promise.race([open.promise, closed]).then(() => setTimeout(Math.random() * BURST_MAX))
  process_.kill('SIGKILL')
  await closed
  assert.equal(errors, '')
  const lines = out
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
  const found = new Map(
    lines.flatMap(([word, lane = '', count]) => (word === 'found' ? [[lane, Number(count)] as const] : [])),
  )
  const wrote = new Map(
    lines.flatMap(([word, lane = '', turn]) => (word === 'wrote' ? [[lane, Number(turn) + 1] as const] : [])),
  )
  return { found, wrote, opened: out.includes('open\n'), said: out }
}

/** Each lane writes one row after the other: at most the one on its way was committed and not said. */
function checkLanes(before: Round, found: ReadonlyMap<string, number>): void {
  for (const [lane, count] of found) {
    const acknowledged = before.wrote.get(lane) ?? 0
    assert.ok(count >= acknowledged, `lane ${lane}: ${acknowledged} rows were acknowledged, ${count} are there`)
    assert.ok(count <= acknowledged + 1, `lane ${lane}: ${count} rows are there, ${acknowledged} were acknowledged`)
  }
}

test(`${kills} kills in a burst of writes lose nothing`, { timeout: 60_000 + kills * 2000 }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'store-crash-'))
  const rounds: Round[] = []
  for (let round = 0; round < kills; round++) {
    const played = await playRound(folder, round, round % 5 === 4)
    const before = rounds.at(-1)
    if (before && played.opened) checkLanes(before, played.found)
    rounds.push(played)
  }
  const total = rounds.reduce((sum, { wrote }) => sum + [...wrote.values()].reduce((a, b) => a + b, 0), 0)
  assert.ok(total > kills, 'the bursts wrote something')
  await checkAll(folder, rounds)
  const db = new DatabaseSync(join(folder, 'store.db'))
  assert.deepEqual({ ...db.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
  db.close()
  rmSync(folder, { recursive: true })
  context.diagnostic(`${kills} kills, ${total} acknowledged rows, all there`)
})

/** Every acknowledged row of every round is in the store at the end. */
async function checkAll(folder: string, rounds: readonly Round[]): Promise<void> {
  const rows = { name: 'row', version: 1, key: (row: { readonly id: string }) => row.id }
  const store = await openStore({ kind: 'sqlite', folder }, testSurroundings)
  for (let lane = 0; lane < 8; lane++) {
    const there = new Set((await store.read((reader) => reader.list(rows, String(lane)))).map(({ id }) => id))
    for (const [round, { wrote }] of rounds.entries()) {
      for (let turn = 0; turn < (wrote.get(String(lane)) ?? 0); turn++) {
        assert.ok(there.has(`${round}-${String(turn).padStart(5, '0')}`), `round ${round} lane ${lane} turn ${turn}`)
      }
    }
  }
  await store.close()
}
