/** The federation lab for operators: who is played, tokens, the variables of a job; and the keys of identity providers. */
import { oidcProviderArn, parseArn } from '../../domain/arn.ts'
import { knownAccountId } from '../../domain/brands.ts'
import { labIssuers, oidcProviders } from '../../entities/federation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import { labPath } from '../../federation/lab/documents.ts'
import { mintToken } from '../../federation/lab/mint.ts'
import type { MintParts } from '../../federation/lab/mint.ts'
import { LabRefused } from '../../federation/lab/request.ts'
import type { GithubRun, LabRequest } from '../../federation/lab/request.ts'
import { jobVariables } from '../../federation/lab/runner.ts'
import { labIssuer } from '../../federation/lab/mint.ts'
import { readKeySet } from '../../federation/oidc/jwks.ts'
import { AdminError, badRequest, notFound, ok, onlyMembers, textMember } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import { labRequest } from './lab-request.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'

export const federationRoutes: readonly (readonly [string, Route])[] = [
  ['GET lab', listIssuers],
  ['POST lab/token', mint],
  ['POST lab/job', job],
  ['POST oidc/keys', replaceKeys],
]

/** What minting takes from the server. */
export const mintParts = ({ clock, seed }: AdminParts): MintParts => ({
  now: Math.floor(clock.wire() / 1000),
  chance: seed.chance,
  vault: seed.vault,
})

async function listIssuers(_call: AdminCall, { store, info }: AdminParts): Promise<JsonAnswer> {
  const rows = await store.read((reader) => reader.list(labIssuers, EVERYWHERE))
  return ok({
    issuers: rows.map((row) => ({
      kind: row.kind,
      issuer: row.issuer,
      keyIds: row.keys.map(({ kid }) => kid),
      documents: `${info.consoleUrl}${labPath(row)}`,
    })),
  })
}

async function mint({ body }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  const request = labRequest(body)
  return refusing(async () => ok(await parts.store.read((reader) => mintToken(request, reader, mintParts(parts)))))
}

/** The variables by which a job of GitHub Actions asks for its token. */
async function job({ body }: AdminCall, parts: AdminParts): Promise<JsonAnswer> {
  const request = labRequest(body)
  if (!isGithub(request)) throw badRequest('Only jobs of GitHub Actions ask for their token: `kind` must be `github`.')
  return refusing(async () => {
    // Minted once and thrown away: a job that could not get its token is told now, not in its middle.
    await parts.store.read(async (reader) => {
      await labIssuer(request, reader)
      return mintToken(request, reader, mintParts(parts))
    })
    return ok({ variables: jobVariables(request, parts.info.consoleUrl, mintParts(parts)) })
  })
}

const isGithub = (request: LabRequest): request is LabRequest & { readonly subject: GithubRun } =>
  request.subject.kind === 'github'

async function refusing(use: () => Promise<JsonAnswer>): Promise<JsonAnswer> {
  try {
    return await use()
  } catch (error) {
    if (error instanceof LabRefused) throw new AdminError(422, 'LabRefused', `${error.message}.`)
    throw error
  }
}

/** Replaces the keys of a provider, or takes the given ones away, so that they are fetched again. @throws AdminError 400, 404 */
async function replaceKeys({ body }: AdminCall, { store }: AdminParts): Promise<JsonAnswer> {
  onlyMembers(body, 'provider', 'jwks')
  const text = textMember(body, 'provider') ?? ''
  const arn = parseArn(text)
  if (!arn || arn.service !== 'iam' || !arn.resource.startsWith('oidc-provider/') || !/^\d{12}$/.test(arn.account))
    throw badRequest(`\`${text}\` is no ARN of an OIDC provider.`)
  const account = knownAccountId(arn.account)
  const url = arn.resource.slice('oidc-provider/'.length)
  const jwks = textMember(body, 'jwks')
  const keyIds = jwks === undefined ? [] : checkedKeys(jwks)
  await store.write([account], async (writer) => {
    const row = await writer.get(oidcProviders, account, url)
    if (row === undefined) throw notFound(`There is no provider \`${text}\`.`)
    const { jwks: _before, ...rest } = row
    await writer.put(oidcProviders, account, { ...rest, ...(jwks === undefined ? {} : { jwks }) })
  })
  return ok({ provider: oidcProviderArn(account, url), keyIds, fetched: jwks === undefined })
}

/** @throws AdminError 400 for what is no key set, or holds no key with a `kid` */
function checkedKeys(jwks: string): readonly string[] {
  let kids: readonly string[]
  try {
    kids = readKeySet(jwks).kids
  } catch (error) {
    throw badRequest(`The keys are no JSON Web Key Set: ${error instanceof Error ? error.message : String(error)}.`)
  }
  if (kids.length === 0) throw badRequest('None of the keys has a `kid`, and AWS uses no key without one.')
  return kids
}
