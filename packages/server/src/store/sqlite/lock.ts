/** One server for each data folder: a lock that the operating system releases when the process ends, however it ends. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreRefused } from '../errors.ts'

/** @returns the function that releases the folder */
export function lockFolder(folder: string): () => void {
  const database = openLock(folder)
  const owner = join(folder, 'owner')
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    const who = readOwner(owner)
    throw new StoreRefused(
      'in-use',
      `The data folder \`${folder}\` is in use by another server${who}. Stop that one, or start this one on another folder.`,
      error,
    )
  }
  writeFileSync(owner, `${process.pid}\n`, { mode: 0o600 })
  return () => database.close()
}

/** SQLite's own locks: they hold between processes and between connections of one process. */
function openLock(folder: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    return new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 })
  } catch (error) {
    const cause = (error as Error).message
    throw new StoreRefused('unusable', `The data folder \`${folder}\` cannot be used: ${cause}`, error)
  }
}

function readOwner(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`
  } catch {
    // The other server holds the lock and has not written its number yet; the message does without.
    return ''
  }
}
