/**
 * Pictures against a literal history: random writes, publications and reads whose answers arrive late, as they do from a
 * database far away. A picture shows what its revision held, or says `PictureMoved`; never anything else.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as holds, asyncProperty, constantFrom, nat, oneof, record } from 'fast-check'
import { createRowCache } from './cache.ts'
import { PictureMoved } from './errors.ts'
import type { Kind, Picture } from './port.ts'
import type { PictureSource, Question } from './question.ts'
import { createPicture } from './reader.ts'
import type { RawRow } from './rows.ts'

interface Row {
  readonly id: string
  readonly tag: string
  readonly serial: string
}
const kind: Kind<Row> = {
  name: 'row',
  version: 1,
  key: (row) => row.id,
  indexes: { tag: (row) => [row.tag] },
  unique: { serial: (row) => row.serial },
}
type State = ReadonlyMap<string, { readonly row: Row; readonly revision: number }>

/** All states that there ever were, by revision. */
function createHistory() {
  const states: State[] = [new Map()]
  const touched: string[] = ['']
  const answer = (state: State, question: Question): readonly RawRow[] =>
    [...state.values()]
      .filter(({ row }) => {
        if (question.by === 'key') return row.id === question.key
        if (question.by === 'index') return row.tag === question.value
        return question.by === 'range' || row.serial === question.value
      })
      .toSorted((a, b) => (a.row.id < b.row.id ? -1 : 1))
      .map(({ row, revision }) => ({ account: '1', key: row.id, revision, version: 1, body: JSON.stringify(row) }))
  return {
    revision: () => states.length - 1,
    at: (revision: number): State => states[revision] ?? new Map(),
    touchedBy: (revision: number): string => touched[revision] ?? '',
    write: (key: string, value: number) => {
      const next = new Map(states.at(-1))
      const row = { id: key, tag: `t${value % 2}`, serial: `s${key}${value % 3}` }
      if (value === 0) next.delete(key)
      else next.set(key, { row, revision: states.length })
      states.push(next)
      touched.push(key)
    },
    answer,
    touchedAfter: (revision: number, question: Question): boolean =>
      touched.slice(revision + 1).some((key) => question.by !== 'key' || key === question.key),
  }
}

const keys = ['a', 'b']
const read = record({
  do: constantFrom('read' as const),
  picture: nat(3),
  how: nat(3),
  key: constantFrom(...keys),
  value: nat(2),
})
const answer = record({ do: constantFrom('answer' as const) })
const step = oneof(
  { weight: 2, arbitrary: record({ do: constantFrom('write' as const), key: constantFrom(...keys), value: nat(4) }) },
  { weight: 2, arbitrary: record({ do: constantFrom('publish' as const), known: constantFrom(true, false, false) }) },
  { weight: 2, arbitrary: record({ do: constantFrom('take' as const) }) },
  { weight: 5, arbitrary: read },
  { weight: 4, arbitrary: answer },
)

/** What a picture of that revision has to say. */
function wanted(state: State, how: number, key: string, value: number): unknown {
  const rows = [...state.values()].map(({ row }) => row).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (how === 0) return state.get(key)?.row
  if (how === 1) return rows
  if (how === 2) return rows.filter((row) => row.tag === `t${value}`)
  const row = rows.find((one) => one.serial === `s${key}${value}`)
  return row && { account: '1', row }
}

function ask(picture: Picture, how: number, key: string, value: number): Promise<unknown> {
  if (how === 0) return picture.get(kind, '1', key)
  if (how === 1) return picture.list(kind, '1')
  if (how === 2) return picture.find(kind, '1', 'tag', `t${value}`)
  return picture.findUnique(kind, 'serial', `s${key}${value}`)
}

for (const weight of [1_000_000, 1500])
  test(`a picture shows its own revision, with ${weight} characters of memory`, { timeout: 120_000 }, () =>
    holds(
      asyncProperty(array(step, { minLength: 60, maxLength: 150, size: 'max' }), async (steps) => {
        const history = createHistory()
        const cache = createRowCache(0, weight)
        const late: (() => void)[] = []
        const source: PictureSource = {
          askSince: (question, since) => {
            const revision = history.revision()
            const touched = history.touchedAfter(Number(since.revision), question)
            const rows = history.answer(history.at(revision), question)
            return new Promise((resolve) =>
              late.push(() => resolve({ rows, revision, moved: touched ? 'touched' : 'no' })),
            )
          },
        }
        const take = () => createPicture({ revision: BigInt(cache.head()), mark: String(cache.head()) }, cache, source)
        let pictures = [take()]
        const checks: Promise<void>[] = []
        for (const one of steps) {
          if (one.do === 'write') history.write(one.key, one.value)
          if (one.do === 'publish' && cache.head() < history.revision()) publish(history, cache, one.known)
          if (one.do === 'take') pictures = [take(), ...pictures].slice(0, 4)
          if (one.do === 'answer') late.shift()?.()
          if (one.do === 'read') {
            const picture = pictures[one.picture % pictures.length] ?? take()
            const state = history.at(Number(picture.head.revision))
            checks.push(check(ask(picture, one.how, one.key, one.value), wanted(state, one.how, one.key, one.value)))
          }
          await new Promise(setImmediate)
        }
        while (late.length > 0) {
          late.shift()?.()
          await new Promise(setImmediate)
        }
        await Promise.all(checks)
      }),
      { numRuns: 400 },
    ),
  )

function publish(
  history: ReturnType<typeof createHistory>,
  cache: ReturnType<typeof createRowCache>,
  known: boolean,
): void {
  const revision = cache.head() + 1
  const key = history.touchedBy(revision)
  const row = history.at(revision).get(key)?.row
  const frozen = row && Object.freeze(row)
  cache.advance(revision, [{ kind: 'row', account: '1', key, ...(known && { known: { row: frozen, weight: 50 } }) }])
}

async function check(reading: Promise<unknown>, want: unknown): Promise<void> {
  try {
    assert.deepEqual(await reading, want)
  } catch (error) {
    if (!(error instanceof PictureMoved)) throw error
  }
}
