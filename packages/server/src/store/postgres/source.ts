/** Questions asked in PostgreSQL: within a transaction, and for a picture in one statement. */
import type { ClientBase, Pool } from 'pg'
import { questionQuery, touchedQuery } from '../question.ts'
import type { PictureSource, Query, Question, Source } from '../question.ts'
import type { RawRow } from '../rows.ts'
import { asUnavailable, prepared } from './connection.ts'

/** Asks on one connection, in whatever transaction it is. */
export const clientSource = (client: ClientBase): Source => ({
  ask: async (question) => {
    if (isHopeless(question)) return []
    try {
      return (await client.query<RawRow & object>(prepared(questionQuery(writable(question))))).rows
    } catch (error) {
      throw asUnavailable(error)
    }
  },
})

/** Texts of PostgreSQL have no NUL, which anybody may send: no row answers to one, now or later. */
function isHopeless(question: Question): boolean {
  const { by } = question
  const wanted = by === 'key' ? question.key : by === 'range' ? question.prefix : question.value
  return wanted.includes(NUL) || (by !== 'unique' && question.account.includes(NUL))
}

const NUL = '\0'

/** Whatever comes after a text with NUL comes after what stands before it, since no row has one. */
const writable = (question: Question): Question =>
  'after' in question && question.after.includes(NUL)
    ? { ...question, after: question.after.slice(0, question.after.indexOf(NUL)) }
    : question

interface Sighted extends Partial<RawRow> {
  readonly head: number
  readonly chained: boolean
  readonly touched: boolean
}

/** One statement, so one state: the rows, the head, and whether the picture's head is part of its history. */
export const pictureSource = (pool: Pool): PictureSource => ({
  askSince: async (question, since) => {
    if (isHopeless(question)) return { rows: [], revision: Number(since.revision), moved: 'no' }
    const query = sightingQuery(writable(question), Number(since.revision), since.mark)
    try {
      const { rows } = await pool.query<Sighted>(prepared(query))
      const [first] = rows
      if (!first) throw new Error('the store has no head')
      const moved = !first.chained ? 'broken' : first.touched ? 'touched' : 'no'
      return {
        rows: rows.filter((row): row is Sighted & RawRow => typeof row.key === 'string'),
        revision: first.head,
        moved,
      }
    } catch (error) {
      throw asUnavailable(error)
    }
  },
})

function sightingQuery(question: Question, revision: number, mark: string): Query {
  const asked = questionQuery(question)
  const touched = touchedQuery(question, revision)
  const first = asked.values.length
  const [atRevision, atMark] = [first + touched.values.length + 1, first + touched.values.length + 2]
  return {
    text: `select h.revision as head, exists (${shifted(touched.text, first)}) as touched,
        (h.revision = $${atRevision} and h.mark = $${atMark})
          or exists (select 1 from change where revision = $${atRevision} and after = $${atMark}) as chained, q.*
      from head h left join (${asked.text}) q on true order by q.key`,
    values: [...asked.values, ...touched.values, revision, mark],
  }
}

/** The same text with its parameters counted on. */
const shifted = (text: string, by: number): string =>
  text.replaceAll(/\$(\d+)/g, (_, number) => `$${Number(number) + by}`)
