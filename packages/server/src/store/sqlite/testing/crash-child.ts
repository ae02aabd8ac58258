/**
 * The process that crash.test.ts kills: says what it finds of the round before, then inserts rows as fast as it can and
 * says each one that was acknowledged. Arguments: folder, round.
 */
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openStore } from '../../open.ts'
import type { Kind } from '../../port.ts'

interface Row {
  readonly id: string
}
const rows: Kind<Row> = {
  name: 'row',
  version: 1,
  key: (row) => row.id,
  unique: { id: (row) => (row.id.includes('/') ? row.id : undefined) },
}
const LANES = 8
/** Rows of one lane at most: the process ends by itself when nobody kills it. */
const TURNS_MAX = 5000

const [folder = '', round = '0'] = process.argv.slice(2)
const say = (...words: readonly string[]): void => void writeSync(1, `${words.join(' ')}\n`)
const surroundings = {
  now: Date.now,
  monotonic: () => performance.now(),
  chance: (count: number) => randomBytes(count),
}
const store = await openStore({ kind: 'sqlite', folder }, surroundings)
for (let lane = 0; lane < LANES; lane++) {
  const found = await store.read((reader) => reader.list(rows, String(lane), { prefix: `${Number(round) - 1}-` }))
  say('found', String(lane), String(found.length))
}
say('open')
await Promise.all(
  Array.from({ length: LANES }, async (_, lane) => {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      // Half of the lanes share one account, so that change sets are built on others that wait.
      const id = `${round}-${String(turn).padStart(5, '0')}`
      await store.write([String(lane), 'shared'], async (writer) => {
        await writer.insert(rows, String(lane), { id })
        if (lane % 2) await writer.put(rows, 'shared', { id: `${lane}/${id}` })
      })
      say('wrote', String(lane), String(turn))
    }
  }),
)
await store.close()
