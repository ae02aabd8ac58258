/** Questions asked in PostgreSQL: within a transaction, and for a picture in one statement. */
import type { ClientBase, Pool } from 'pg'
import { questionQuery, touchedQuery } from '../question.ts'
import type { PictureSource, Query, Question, Source } from '../question.ts'
import type { RawRow } from '../rows.ts'
import { asUnavailable, prepared } from './connection.ts'

/** Asks on one connection, in whatever transaction it is. */
export const clientSource = (client: ClientBase): Source => ({
  ask: async (question) => {
    try {
      return (await client.query<RawRow & object>(prepared(questionQuery(question)))).rows
    } catch (error) {
      throw asUnavailable(error)
    }
  },
})

interface Sighted extends Partial<RawRow> {
  readonly head: number
  readonly chained: boolean
  readonly touched: boolean
}

/** One statement, so one state: the rows, the head, and whether the picture's head is part of its history. */
export const pictureSource = (pool: Pool): PictureSource => ({
  askSince: async (question, since) => {
    const query = sightingQuery(question, Number(since.revision), since.mark)
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
