/** Seeds and accounts: plan, apply, export, create. */
import { applySeed, createAccount, planSeed } from '../../seed/apply.ts'
import { exportSeed } from '../../seed/export.ts'
import { withFiles } from '../../seed/files.ts'
import { parseSeed } from '../../seed/parse.ts'
import { SeedRefused } from '../../seed/types.ts'
import type { Seed } from '../../seed/types.ts'
import { AdminError, badRequest, notFound, ok, onlyMembers, textMember } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'
import { settle } from './settle.ts'

export const seedRoutes: readonly (readonly [string, Route])[] = [
  ['POST plan', plan],
  ['POST apply', apply],
  ['GET export', exportRoute],
  ['POST accounts', create],
]

async function plan({ body }: AdminCall, { store, seed: parts }: AdminParts): Promise<JsonAnswer> {
  return refusing(body, async () => {
    const seed = await givenSeed(body)
    return ok(await store.read((reader) => planSeed(seed, reader, parts)))
  })
}

async function apply({ body }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  return refusing(body, async () => {
    const applied = await applySeed(await givenSeed(body), parts.store, parts.seed)
    await settle(parts)
    return ok(applied)
  })
}

async function givenSeed(body: AdminCall['body']): Promise<Seed> {
  onlyMembers(body, 'text', 'name', 'folder')
  const text = textMember(body, 'text')
  if (text === undefined) throw badRequest('`text` is missing: the seed itself.')
  const parsed = await parseSeed(text)
  if (!parsed.ok) throw new SeedRefused(parsed.problems, textMember(body, 'name'))
  const folder = textMember(body, 'folder')
  return folder === undefined ? parsed.seed : withFiles(parsed.seed, folder)
}

/** A seed that cannot be applied is told with every place, under the name that its file has for the caller. */
async function refusing(body: AdminCall['body'], use: () => Promise<JsonAnswer>): Promise<JsonAnswer> {
  try {
    return await use()
  } catch (error) {
    if (!(error instanceof SeedRefused)) throw error
    const { message, problems } = new SeedRefused(error.problems, textMember(body, 'name'))
    throw new AdminError(422, 'SeedRefused', message, { problems })
  }
}

/** Never with secrets: the admin API does not return a stored secret. */
async function exportRoute({ query }: AdminCall, { store, seed }: AdminParts): Promise<JsonAnswer> {
  const account = query.get('account') ?? undefined
  const exported = await exportSeed(store, seed, account === undefined ? {} : { account })
  if (exported === undefined) throw notFound(`There is no account \`${account ?? ''}\`.`)
  return ok(exported)
}

async function create({ body }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  onlyMembers(body, 'id', 'name')
  const id = textMember(body, 'id')
  const name = textMember(body, 'name')
  try {
    const created = await createAccount(parts.store, parts.seed, {
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
    })
    await settle(parts)
    return ok(created)
  } catch (error) {
    if (error instanceof SeedRefused)
      throw new AdminError(409, 'AccountRefused', error.problems.map((problem) => problem.text).join('; '))
    throw error
  }
}
