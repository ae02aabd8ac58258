/** A way to the database that can stop passing anything on, without an end: as a hung host or a dropped route does. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SlowWay {
  /** Of the same database, through here. */
  readonly url: string
  readonly hang: () => void
  /** Passes on again; what was on its way arrives late. */
  readonly flow: () => void
  readonly close: () => Promise<void>
}

/** @param direct url of a database that listens on a socket in a folder */
export async function slowWay(direct: string): Promise<SlowWay> {
  const url = new URL(direct)
  const name = `.s.PGSQL.${url.port}`
  const target = join(url.searchParams.get('host') ?? '', name)
  const folder = mkdtempSync(join(tmpdir(), 'understudy-way-'))
  const sockets = new Set<Socket>()
  let hanging = false
  const follow = (from: Socket, to: Socket): void => {
    sockets.add(from)
    if (hanging) from.pause()
    from.on('data', (bytes) => void to.write(bytes))
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    // Whoever broke it off, the other side is told by `close`.
    from.on('error', () => to.destroy())
  }
  const server = createServer((client) => {
    const database = connect(target)
    follow(client, database)
    follow(database, client)
  })
  server.listen(join(folder, name))
  await once(server, 'listening')
  url.searchParams.set('host', folder)
  return {
    url: url.href,
    hang: () => {
      hanging = true
      for (const socket of sockets) socket.pause()
    },
    flow: () => {
      hanging = false
      for (const socket of sockets) socket.resume()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
