/** Readers: of one snapshot, and the picture that answers from memory. */
import { setImmediate } from 'node:timers/promises'
import type { RowCache } from './cache.ts'
import { PictureMoved } from './errors.ts'
import type { Head, Kind, ListOptions, Picture, Reader } from './port.ts'
import { asksForOne } from './question.ts'
import type { PictureSource, Question, Source } from './question.ts'
import type { RawRow } from './rows.ts'
import { asPicture } from './shelf.ts'

/** Rows read at a time: longer answers let other work in between (2,000 rows of SQLite take some 5 ms). */
const PAGE = 1000

export type Decode = <T>(kind: Kind<T>, raw: RawRow) => T

/** A reader of one committed state. */
export function snapshotReader(head: Head, source: Source, decode: Decode): Reader {
  const one = async (question: Question): Promise<RawRow | undefined> => (await source.ask(question))[0]
  return {
    head,
    get: async (kind, account, key) => {
      const raw = await one({ by: 'key', kind: kind.name, account, key })
      return raw && decode(kind, raw)
    },
    list: async (kind, account, options) => {
      const raws = await pages(rangeQuestion(kind.name, account, options), options?.limit, (page) => source.ask(page))
      return raws.map((raw) => decode(kind, raw))
    },
    find: async (kind, account, index, value) => {
      const raws = await pages(indexQuestion(kind.name, account, index, value), undefined, (page) => source.ask(page))
      return raws.map((raw) => decode(kind, raw))
    },
    findUnique: async (kind, index, value) => {
      const raw = await one({ by: 'unique', kind: kind.name, index, value })
      return raw && { account: raw.account, row: decode(kind, raw) }
    },
  }
}

/** A picture of one head over the rows in memory; what is missing is read, and must not have changed since. */
export function createPicture(head: Head, cache: RowCache, source: PictureSource): Picture {
  const at = Number(head.revision)
  const seen = async (question: Question): Promise<{ rows: readonly RawRow[]; seenAt: number }> => {
    const { rows, revision, moved } = await source.askSince(question, head)
    const unchanged = asksForOne(question) && rows.length > 0 && rows.every((row) => row.revision <= at)
    if (moved === 'broken' || (moved === 'touched' && !unchanged)) throw new PictureMoved()
    return { rows, seenAt: revision }
  }
  const missing = async <T>(kind: Kind<T>, account: string, key: string): Promise<T | undefined> => {
    const { rows, seenAt } = await seen({ by: 'key', kind: kind.name, account, key })
    const raw = rows[0]
    if (raw) return cache.adopt(kind, raw, true, seenAt)
    cache.absent(kind.name, account, key, { from: at, seenAt })
    return undefined
  }
  const get = <T>(kind: Kind<T>, account: string, key: string): Promise<T | undefined> => {
    const hit = cache.row(kind.name, account, key, at)
    return hit ? Promise.resolve(hit.row as T | undefined) : missing(kind, account, key)
  }
  return asPicture({
    head,
    get,
    list: async (kind, account, options) => {
      const ask = async (page: Question) => (await seen(page)).rows
      const raws = await pages(rangeQuestion(kind.name, account, options), options?.limit, ask)
      return raws.map((raw) => cache.adopt(kind, raw, false, at))
    },
    find: async (kind, account, index, value) => {
      const asked = `${index}\n${value}`
      const hit = cache.found(kind.name, account, asked, at)
      if (hit) return hit as readonly never[]
      let seenAt = Number.POSITIVE_INFINITY
      const raws = await pages(indexQuestion(kind.name, account, index, value), undefined, async (page) => {
        const sight = await seen(page)
        seenAt = Math.min(seenAt, sight.seenAt)
        return sight.rows
      })
      const rows = Object.freeze(raws.map((raw) => cache.adopt(kind, raw, true, seenAt)))
      cache.find(kind.name, account, asked, rows, { from: at, seenAt })
      return rows
    },
    findUnique: async (kind, index, value) => {
      const asked = `${index}\n${value}`
      const place = cache.unique(kind.name, asked)
      const row = place && (await get(kind, place.account, place.key))
      if (place && row !== undefined && kind.unique?.[index]?.(row) === value) return { account: place.account, row }
      const { rows, seenAt } = await seen({ by: 'unique', kind: kind.name, index, value })
      const raw = rows[0]
      if (!raw) return undefined
      cache.place(kind.name, asked, { account: raw.account, key: raw.key })
      return { account: raw.account, row: cache.adopt(kind, raw, true, seenAt) }
    },
  })
}

type Paged = Question & { readonly by: 'range' | 'index' }

export const rangeQuestion = (kind: string, account: string, options: ListOptions = {}): Paged => {
  const { prefix = '', after = '', limit = PAGE } = options
  return { by: 'range', kind, account, prefix, after, limit: Math.min(limit, PAGE) }
}

export const indexQuestion = (kind: string, account: string, index: string, value: string): Paged => ({
  by: 'index',
  kind,
  account,
  index,
  value,
  after: '',
  limit: PAGE,
})

/** All rows of a question, or as many as wanted, page by page. */
export async function pages(
  first: Paged,
  limit: number | undefined,
  ask: (page: Paged) => Promise<readonly RawRow[]> | readonly RawRow[],
): Promise<readonly RawRow[]> {
  if (limit !== undefined && limit <= 0) return []
  const rows: RawRow[] = []
  for (let page = first; ;) {
    const answer = await ask(page)
    rows.push(...answer)
    const last = answer.at(-1)
    if (!last || answer.length < page.limit || rows.length === limit) return rows
    await setImmediate()
    page = { ...page, after: last.key, limit: Math.min(PAGE, (limit ?? Number.POSITIVE_INFINITY) - rows.length) }
  }
}
