/**
 * The four questions that a store can be asked, and their SQL. Written once for both databases: SQLite takes `?1` where
 * PostgreSQL takes `$1`.
 */
import type { Head } from './port.ts'
import type { RawRow } from './rows.ts'

export type Question =
  | { readonly by: 'key'; readonly kind: string; readonly account: string; readonly key: string }
  | {
      readonly by: 'range'
      readonly kind: string
      readonly account: string
      readonly prefix: string
      readonly after: string
      readonly limit: number
    }
  | {
      readonly by: 'index'
      readonly kind: string
      readonly account: string
      readonly index: string
      readonly value: string
      readonly after: string
      readonly limit: number
    }
  | { readonly by: 'unique'; readonly kind: string; readonly index: string; readonly value: string }

type MaybePromise<T> = T | Promise<T>

/** Answers from one committed state (a snapshot), or from the newest at each question. */
export interface Source {
  readonly ask: (question: Question) => MaybePromise<readonly RawRow[]>
}

/** What a picture needs to know about rows that it reads beyond its own head. */
interface Sighting {
  readonly rows: readonly RawRow[]
  /** The revision that the rows were read at: the picture's, or later. */
  readonly revision: number
  /** Whether something that the question asks about was touched after the picture's head; or the chain of marks is broken. */
  readonly moved: 'no' | 'touched' | 'broken'
}

/** Answers for a picture: rows, and whether they still are what the picture's head holds. */
export interface PictureSource {
  readonly askSince: (question: Question, since: Head) => MaybePromise<Sighting>
}

export interface Query {
  readonly text: string
  readonly values: readonly (string | number)[]
}

const COLUMNS = 'i.account, i.key, i.revision, i.version, i.body'

/** The query of a question: columns of `RawRow`. */
export function questionQuery(question: Question): Query {
  switch (question.by) {
    case 'key':
      return {
        text: `select ${COLUMNS} from item i where i.account = $1 and i.kind = $2 and i.key = $3`,
        values: [question.account, question.kind, question.key],
      }
    case 'range':
      return rangeQuery(question)
    case 'index':
      return {
        text: `select ${COLUMNS} from item_index x join item i on i.account = x.account and i.kind = x.kind and i.key = x.key
          where x.account = $1 and x.kind = $2 and x.name = $3 and x.value = $4 and x.key > $5 order by x.key limit $6`,
        values: [question.account, question.kind, question.index, question.value, question.after, question.limit],
      }
    case 'unique':
      return {
        text: `select ${COLUMNS} from item_unique x join item i on i.account = x.account and i.kind = x.kind and i.key = x.key
          where x.kind = $1 and x.name = $2 and x.value = $3`,
        values: [question.kind, question.index, question.value],
      }
  }
}

function rangeQuery(question: Question & { readonly by: 'range' }): Query {
  const end = afterPrefix(question.prefix)
  const start = [question.account, question.kind, question.after, question.prefix, question.limit]
  const text = `select ${COLUMNS} from item i where i.account = $1 and i.kind = $2 and i.key > $3 and i.key >= $4`
  if (end === undefined) return { text: `${text} order by i.key limit $5`, values: start }
  return { text: `${text} and i.key < $6 order by i.key limit $5`, values: [...start, end] }
}

/** Whether anything that the question asks about was touched after a revision: one row when it was. */
export function touchedQuery(question: Question, revision: number): Query {
  const text = 'select 1 as touched from change_item c where c.revision > $1 and c.kind = $2'
  switch (question.by) {
    case 'key':
      return {
        text: `${text} and c.account = $3 and c.key = $4 limit 1`,
        values: [revision, question.kind, question.account, question.key],
      }
    case 'range':
    case 'index':
      return { text: `${text} and c.account = $3 limit 1`, values: [revision, question.kind, question.account] }
    case 'unique':
      return { text: `${text} limit 1`, values: [revision, question.kind] }
  }
}

/** Whether one row answers the question whole: then a row that has not changed needs no look at the changes. */
export const asksForOne = (question: Question): boolean => question.by === 'key' || question.by === 'unique'

/**
 * The first string, bytewise, behind all strings with a prefix: the last code point raised by one. `undefined` when
 * nothing stands behind them.
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix)
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0
    if (last === 0x10ffff) continue
    const next = last + 1 === 0xd800 ? 0xe000 : last + 1
    return points.join('') + String.fromCodePoint(next)
  }
  return undefined
}
