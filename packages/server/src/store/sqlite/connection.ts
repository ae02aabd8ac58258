/** Connections to SQLite: pragmas, prepared statements, schema. */
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { StoreRefused, StoreUnavailable } from '../errors.ts'
import type { Head } from '../port.ts'
import { questionQuery } from '../question.ts'
import type { Query, Question } from '../question.ts'
import type { RawRow } from '../rows.ts'

export interface Connection {
  readonly db: DatabaseSync
  readonly all: (query: Query) => readonly unknown[]
  readonly run: (text: string, ...values: readonly (string | number | null)[]) => void
  readonly close: () => void
}

export function connect(file: string, options: { readonly readOnly: boolean }): Connection {
  const db = new DatabaseSync(file, { readOnly: options.readOnly, timeout: 5000 })
  const statements = new Map<string, StatementSync>()
  const prepared = (text: string): StatementSync => {
    const known = statements.get(text)
    if (known) return known
    const made = db.prepare(text.replaceAll(/\$(\d)/g, '?$1'))
    statements.set(text, made)
    return made
  }
  const guard = options.readOnly ? answering(db) : (use: () => unknown) => use()
  return {
    db,
    all: ({ text, values }) => guard(() => prepared(text).all(...values)) as readonly unknown[],
    run: (text, ...values) => void guard(() => prepared(text).run(...values)),
    close: () => db.close(),
  }
}

/** Readers are told of a closed store or a failing disk in the port's words; the committer wants SQLite's own. */
const answering =
  (db: DatabaseSync) =>
  (use: () => unknown): unknown => {
    try {
      return use()
    } catch (error) {
      if (!db.isOpen) throw new StoreUnavailable('STORE.CLOSED', 'The store is closed.', error)
      throw new StoreUnavailable('STORE.FAULT', `The store cannot be read: ${(error as Error).message}`, error)
    }
  }

/** "USTY": says that the file is ours. */
const APPLICATION_ID = 0x55535459
const SCHEMA_VERSION = 1

/** Each step brings a database from the version of its index to the next. */
const STEPS: readonly string[] = [
  `create table head (one integer primary key check (one = 1), revision integer not null, mark text not null) strict;
   create table item (account text not null, kind text not null, key text not null, revision integer not null,
     version integer not null, body text not null, primary key (account, kind, key)) strict, without rowid;
   create table item_index (account text not null, kind text not null, name text not null, value text not null,
     key text not null, primary key (account, kind, name, value, key)) strict, without rowid;
   create index item_index_row on item_index (account, kind, key);
   create table item_unique (kind text not null, name text not null, value text not null, account text not null,
     key text not null, primary key (kind, name, value)) strict, without rowid;
   create index item_unique_row on item_unique (account, kind, key);
   create table change (revision integer primary key, before text not null, after text not null, at integer not null) strict;
   create table change_item (revision integer not null, kind text not null, account text not null, key text not null,
     primary key (revision, kind, account, key)) strict, without rowid;
   create table object (bucket text not null, key text not null, blob text not null, body text not null,
     primary key (bucket, key)) strict, without rowid;
   create index object_blob on object (blob);
   insert into head values (1, 0, '');`,
]

/** Opens the writing connection and brings the schema up to date; refuses a newer one and foreign files. */
export function connectWriter(
  file: string,
  options: { readonly durable: boolean; readonly pagesMax?: number },
): Connection {
  const connection = connect(file, { readOnly: false })
  const { db } = connection
  try {
    const found = pragma(db, 'application_id')
    const version = pragma(db, 'user_version')
    if (found !== APPLICATION_ID && (found !== 0 || version !== 0 || pragma(db, 'page_count') > 0)) {
      throw new StoreRefused('unusable', `The file \`${file}\` is a database of another program.`)
    }
    if (version > SCHEMA_VERSION) {
      const advice = 'Start the newer program, or restore a backup made before the upgrade.'
      throw new StoreRefused(
        'newer-schema',
        `The store \`${file}\` has schema ${version}; this program knows ${SCHEMA_VERSION}. ${advice}`,
      )
    }
    db.exec('pragma journal_mode = wal')
    db.exec(`pragma synchronous = ${options.durable ? 'full' : 'off'}`)
    migrate(db, version)
    if (options.pagesMax !== undefined) db.exec(`pragma max_page_count = ${options.pagesMax}`)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function migrate(db: DatabaseSync, version: number): void {
  if (version === SCHEMA_VERSION) return
  db.exec('begin immediate')
  for (const step of STEPS.slice(version)) db.exec(step)
  db.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION}; commit`)
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0])
}

const HEAD: Query = { text: 'select revision, mark from head', values: [] }

export function readHead(connection: Connection): Head {
  const [row] = connection.all(HEAD) as readonly { revision: number; mark: string }[]
  if (!row) throw new StoreRefused('unusable', 'The store has no head.')
  return { revision: BigInt(row.revision), mark: row.mark }
}

export const askRows = (connection: Connection, question: Question): readonly RawRow[] =>
  connection.all(questionQuery(question)) as readonly RawRow[]
