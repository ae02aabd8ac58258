/** What `why` says of the last decision of a server inside the test process. */
import { explain } from '@understudy/policy'
import { explanation } from '../../packages/server/src/services/admin/explanation.ts'
import type { Explanation } from '../../packages/server/src/services/admin/explanation.ts'
import type { World } from './world.ts'

export async function lastExplanation(world: World): Promise<Explanation | undefined> {
  // The answer leaves before the journal's entry is made: a turn of the loop later it is there.
  await new Promise((resolve) => setImmediate(resolve))
  const { journal } = world.core.platform
  const [entry] = journal.recent(1)
  if (entry === undefined) return undefined
  const records = entry.questions.map(({ request, set }) => explain(request, set))
  return explanation({ ...entry, records })
}

/** The code of the last decision. */
export const lastDiagnosis = async (world: World): Promise<string | undefined> => (await lastExplanation(world))?.code
