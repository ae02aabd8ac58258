/** A writer that writes nothing: what it is given is seen by its own reads only. Plans are made with it. */
import type { Kind, ListOptions, Reader, Writer } from '../store/port.ts'

type Rows = Map<string, unknown>

/** @param base the state that the plan starts from */
export function overlayWriter(base: Reader): Writer {
  const written = new Map<string, Rows>()
  const rowsOf = (kind: { readonly name: string }, account: string): Rows => {
    const name = `${kind.name} ${account}`
    const rows = written.get(name) ?? new Map<string, unknown>()
    written.set(name, rows)
    return rows
  }
  const get: Writer['get'] = async <T>(kind: Kind<T>, account: string, key: string) => {
    const rows = rowsOf(kind, account)
    return rows.has(key) ? (rows.get(key) as T | undefined) : base.get(kind, account, key)
  }
  return {
    head: base.head,
    get,
    list: async (kind, account, options) =>
      merged(await base.list(kind, account), rowsOf(kind, account), kind, options),
    find: async (kind, account, index, value) => {
      const all = merged(await base.find(kind, account, index, value), rowsOf(kind, account), kind)
      return all.filter((row) => kind.indexes?.[index]?.(row).includes(value))
    },
    findUnique: async <T>(kind: Kind<T>, index: string, value: string) =>
      (await replaced(base, kind, index, value, rowsOf)) ?? writtenUnique(written, kind, index, value),
    insert: async (kind, account, row) => {
      if ((await get(kind, account, kind.key(row))) !== undefined) return 'exists'
      rowsOf(kind, account).set(kind.key(row), row)
      return 'inserted'
    },
    put: async (kind, account, row) => {
      rowsOf(kind, account).set(kind.key(row), row)
    },
    remove: async (kind, account, key) => {
      const present = (await get(kind, account, key)) !== undefined
      rowsOf(kind, account).set(key, undefined)
      return present
    },
    movedSince: () => false,
    requireEmptyBucket: () => undefined,
  }
}

/** The base's answer, as it stands with what was written over it. */
async function replaced<T>(
  base: Reader,
  kind: Kind<T>,
  index: string,
  value: string,
  rowsOf: (kind: Kind<T>, account: string) => Rows,
): Promise<{ readonly account: string; readonly row: T } | undefined> {
  const found = await base.findUnique(kind, index, value)
  if (found === undefined) return undefined
  const rows = rowsOf(kind, found.account)
  const key = kind.key(found.row)
  if (!rows.has(key)) return found
  const row = rows.get(key) as T | undefined
  return row !== undefined && kind.unique?.[index]?.(row) === value ? { account: found.account, row } : undefined
}

function writtenUnique<T>(
  written: ReadonlyMap<string, Rows>,
  kind: Kind<T>,
  index: string,
  value: string,
): { readonly account: string; readonly row: T } | undefined {
  for (const [name, rows] of written) {
    if (!name.startsWith(`${kind.name} `)) continue
    for (const row of rows.values())
      if (row !== undefined && kind.unique?.[index]?.(row as T) === value)
        return { account: name.slice(kind.name.length + 1), row: row as T }
  }
  return undefined
}

function merged<T>(base: readonly T[], rows: Rows, kind: Kind<T>, options: ListOptions = {}): readonly T[] {
  const all = new Map<string, T | undefined>(base.map((row) => [kind.key(row), row]))
  for (const [key, row] of rows) all.set(key, row as T | undefined)
  const keys = [...all.keys()]
    .filter(
      (key) =>
        key.startsWith(options.prefix ?? '') && (options.after === undefined || bytewise(key, options.after) > 0),
    )
    .toSorted(bytewise)
  const present = keys.flatMap((key) => all.get(key) ?? [])
  return options.limit === undefined ? present : present.slice(0, options.limit)
}

const bytewise = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right))
