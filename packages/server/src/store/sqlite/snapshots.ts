/** Read-only connections that each hold one snapshot while somebody reads. */
import { StoreUnavailable } from '../errors.ts'
import { connect } from './connection.ts'
import type { Connection } from './connection.ts'

/** Snapshots at the same time; more wait for their turn. */
const CONNECTIONS_MAX = 32
/** Pages kept by each: the system's cache holds the rest. */
const CACHE_KIBIBYTES = 512

export interface Snapshots {
  readonly with: <R>(use: (connection: Connection) => Promise<R>) => Promise<R>
  readonly close: () => void
}

export function createSnapshots(file: string): Snapshots {
  const idle: Connection[] = []
  const all = new Set<Connection>()
  const queue: ((connection: Connection) => void)[] = []
  let closed = false
  const take = (): Connection | Promise<Connection> => {
    if (closed) throw new StoreUnavailable('STORE.CLOSED', 'The store is closed.')
    const known = idle.pop()
    if (known) return known
    if (all.size >= CONNECTIONS_MAX) return new Promise((resolve) => queue.push(resolve))
    const made = connect(file, { readOnly: true })
    made.db.exec(`pragma cache_size = -${CACHE_KIBIBYTES}`)
    all.add(made)
    return made
  }
  const give = (connection: Connection): void => {
    const next = queue.shift()
    if (next) next(connection)
    else idle.push(connection)
  }
  return {
    with: async (use) => {
      const connection = await take()
      try {
        connection.run('begin')
        return await use(connection)
      } finally {
        if (connection.db.isOpen && connection.db.isTransaction) connection.db.exec('commit')
        give(connection)
      }
    },
    close: () => {
      closed = true
      for (const connection of all) connection.close()
    },
  }
}
