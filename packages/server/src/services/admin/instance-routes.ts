/** Metadata listeners and the reset of an ephemeral server. */
import { badRequest, conflict, notFound, ok, onlyMembers, textMember } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts, ImdsAdmin } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'
import { settle } from './settle.ts'

export const imdsRoutes: readonly (readonly [string, Route])[] = [
  ['GET imds', (_call, parts) => listInstances(parts)],
  ['POST imds/rotate', rotate],
]

/** A server without the metadata service has no instances to list. */
const listInstances = ({ imds }: AdminParts): JsonAnswer => ok({ instances: (imds?.list() ?? []).map(listed) })

const listed = ({ account, ...instance }: ReturnType<ImdsAdmin['list']>[number]) => ({
  instanceId: instance.instanceId,
  accountId: account,
  address: instance.address,
  listening: instance.listening,
  ...(instance.problem === undefined ? {} : { problem: instance.problem }),
  ...(instance.profile === undefined ? {} : { instanceProfile: instance.profile }),
  ...(instance.role === undefined ? {} : { roleName: instance.role }),
  httpTokens: instance.httpTokens,
  ...(instance.nextRotation === undefined ? {} : { nextRotation: instance.nextRotation }),
  ...(instance.refusal === undefined ? {} : { refusal: instance.refusal }),
})

/** One instance, or all of them. @throws AdminError 404 */
async function rotate({ body }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  onlyMembers(body, 'instanceId')
  const wanted = textMember(body, 'instanceId')
  const all = (parts.imds?.list() ?? []).map((instance) => instance.instanceId)
  if (wanted !== undefined && !all.includes(wanted)) throw notFound(`There is no instance \`${wanted}\`.`)
  for (const instanceId of wanted === undefined ? all : [wanted]) await parts.imds?.rotate(instanceId)
  return listInstances(parts)
}

/** @throws AdminError 409 for a server that keeps its data */
export async function resetServer({ body }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  if (Object.keys(body).length > 0) throw badRequest('A reset takes nothing.')
  if (parts.reset === undefined) throw conflict('Only a server that was started with `--ephemeral` can be reset.')
  await parts.reset()
  await settle(parts)
  return ok({ reset: true })
}
