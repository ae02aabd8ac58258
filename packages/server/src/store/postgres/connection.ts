/** Connections to PostgreSQL: the pool, time-outs, and what its errors mean to the store. */
import { Pool, types as defaultTypes } from 'pg'
import type { Client, ClientConfig, PoolClient } from 'pg'
import { atMost } from '../../domain/at-most.ts'
import { BucketNotEmpty, PictureMoved, StoreRefused, StoreUnavailable, UniqueTaken } from '../errors.ts'
import type { Query } from '../question.ts'

export interface Database {
  readonly url: string
  readonly schema: string
}

/** Milliseconds. A client that waits longer is better told that the store is away. */
const CONNECT_TIMEOUT = 5000
const STATEMENT_TIMEOUT = 10_000
const LOCK_TIMEOUT = 5000
const IDLE_TRANSACTION_TIMEOUT = 10_000
const CONNECTIONS_MAX = 10

/** Revisions, times and versions are read as numbers: they stay below 2^53. */
const INT8 = 20
const types: NonNullable<ClientConfig['types']> = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 ? Number : (defaultTypes.getTypeParser(oid, format) as unknown)) as typeof defaultTypes.getTypeParser,
}

export function connectionConfig({ url, schema }: Database, statementTimeout: number): ClientConfig {
  return {
    connectionString: url,
    types,
    options: `-c search_path=${schema}`,
    application_name: 'understudy',
    keepAlive: true,
    connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT, statementTimeout),
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + 1000,
    lock_timeout: LOCK_TIMEOUT,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT,
  }
}

export function createPool(database: Database, max = CONNECTIONS_MAX): Pool {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(database.schema)) {
    throw new StoreRefused(
      'unusable',
      `\`${database.schema}\` cannot be a schema: lower-case letters, digits and _ only.`,
    )
  }
  const pool = new Pool({
    ...connectionConfig(database, STATEMENT_TIMEOUT),
    max,
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

/** The same for one connection. */
export async function endClient(client: Client): Promise<void> {
  // It has this method, which its types do not say.
  ;(client as Client & { readonly unref: () => void }).unref()
  await atMost(GOODBYE, client.end())
}

/** Runs `use` on a connection of its own; one that failed is not used again. */
export async function onConnection<R>(pool: Pool, use: (client: PoolClient) => Promise<R>): Promise<R> {
  const client = await pool.connect().catch((error: unknown) => {
    throw asUnavailable(error)
  })
  // A connection that breaks between two queries tells the next query; without a listener it would end the process.
  const ignore = (): void => undefined
  client.on('error', ignore)
  let failed = true
  try {
    const result = await use(client)
    failed = false
    return result
  } finally {
    client.off('error', ignore)
    client.release(failed)
  }
}

const names = new Map<string, string>()

/** A query that the server prepares once for each connection. */
export function prepared({ text, values }: Query): {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
} {
  const name = names.get(text) ?? `q${names.size}`
  names.set(text, name)
  return { name, text, values: [...values] }
}

/** Errors of the store itself. */
const OWN = [StoreUnavailable, StoreRefused, UniqueTaken, BucketNotEmpty, PictureMoved] as const

/** Errors of the database and of the way to it, as the port says them; all others pass as they are. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof Error) || OWN.some((kind) => error instanceof kind)) return error
  return new StoreUnavailable(
    sqlState(error) === '53100' ? 'STORE.FULL' : 'STORE.FAULT',
    `The database did not answer: ${error.message}`,
    error,
  )
}

/** SQLSTATE of an error of the database. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** The transaction lost a race and can be run again: deadlock or serialization failure. */
export const lostRace = (error: unknown): boolean => ['40P01', '40001'].includes(sqlState(error) ?? '')
