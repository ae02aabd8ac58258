/** Ends the change list where it is older than 24 hours or longer than 100,000 changes; the last change always stays. */
import type { Pool } from 'pg'
import type { Surroundings } from '../surroundings.ts'

const CHANGES_MAX = 100_000
const CHANGE_AGE_MAX = 24 * 3600_000

export async function trimChanges(pool: Pool, { now }: Surroundings): Promise<void> {
  const { rows } = await pool.query<{ last: number | null }>(
    'select max(c.revision) as last from change c, head h where c.revision < h.revision and (c.revision <= h.revision - $1 or c.at < $2)',
    [CHANGES_MAX, now() - CHANGE_AGE_MAX],
  )
  const last = rows[0]?.last
  if (typeof last !== 'number') return
  await pool.query('delete from change_item where revision <= $1', [last])
  await pool.query('delete from change where revision <= $1', [last])
}
