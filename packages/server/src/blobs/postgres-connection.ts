/** The connections of the blobs in PostgreSQL, and their tables. */
import { Pool, types as defaultTypes } from 'pg'
import type { ClientConfig } from 'pg'
import { atMost } from '../domain/at-most.ts'

/** Milliseconds. A client that waits longer is better told that the objects are away. */
const CONNECT_TIMEOUT = 5000
const STATEMENT_TIMEOUT = 10_000
const CONNECTIONS_MAX = 6

/** Sizes stay below 2^53. */
const INT8 = 20
const types: NonNullable<ClientConfig['types']> = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 ? Number : (defaultTypes.getTypeParser(oid, format) as unknown)) as typeof defaultTypes.getTypeParser,
}

export function createBlobPool(url: string, schema: string): Pool {
  const pool = new Pool({
    connectionString: url,
    types,
    options: `-c search_path=${schema}`,
    application_name: 'understudy blobs',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    statement_timeout: STATEMENT_TIMEOUT,
    query_timeout: STATEMENT_TIMEOUT + 1000,
    max: CONNECTIONS_MAX,
    idleTimeoutMillis: 30_000,
    // A connection that never ends, to a host that hangs, must not keep the process.
    allowExitOnIdle: true,
  })
  // The pool drops a connection that fails while nobody uses it; who needs one next gets a new one or the error.
  pool.on('error', () => undefined)
  return pool
}

/** Milliseconds that the database has to say goodbye. */
const GOODBYE = 2000

export const endPool = (pool: Pool): Promise<void> => atMost(GOODBYE, pool.end())

const SCHEMA_VERSION = 1

/** `size` is null while the upload is under way. Bytes are stored outside the row and not compressed: parts of them are read alone. */
const TABLES = `
create table blob (id text collate "C" primary key, size bigint, chunk_bytes integer not null,
  touched timestamptz not null default now(), removed timestamptz);
create index blob_removed on blob (removed) where removed is not null;
create table chunk (blob text collate "C" not null references blob on delete cascade, number integer not null,
  bytes bytea not null, primary key (blob, number));
alter table chunk alter column bytes set storage external;`

/** Each step brings the schema from the version of its index to the next. */
const STEPS: readonly string[] = [TABLES]

/** Makes the schema or brings it up to date. Nodes that start together wait for each other. @throws Error for a newer one */
export async function prepareSchema(pool: Pool, schema: string): Promise<void> {
  const client = await pool.connect()
  let failed = true
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 1))', [`understudy ${schema}`])
    await client.query(`create schema if not exists ${client.escapeIdentifier(schema)}`)
    await client.query('create table if not exists schema_version (version integer not null)')
    const found = await client.query<{ version: number }>('select version from schema_version')
    const version = found.rows[0]?.version
    if (version !== undefined && version > SCHEMA_VERSION)
      throw new Error(
        `The objects have schema ${version}; this program knows ${SCHEMA_VERSION}. Start the newer program, or restore a backup made before the upgrade.`,
      )
    for (const step of STEPS.slice(version ?? 0)) await client.query(step)
    if (version === undefined) await client.query('insert into schema_version values ($1)', [SCHEMA_VERSION])
    else await client.query('update schema_version set version = $1', [SCHEMA_VERSION])
    await client.query('commit')
    failed = false
  } finally {
    // Closing the connection of a failed transaction rolls it back.
    client.release(failed)
  }
}
