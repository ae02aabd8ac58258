/** SAML for operators: assertions of the lab, and what any assertion says. */
import { parseArn, samlProviderArn } from '../../domain/arn.ts'
import { accountId, knownAccountId } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { EVERYWHERE, accounts } from '../../entities/iam.ts'
import { labSamlIdps, labSamlUsers, labUserKey, samlProviders } from '../../entities/saml.ts'
import type { LabSamlIdp, LabSamlUser, SamlProvider } from '../../entities/saml.ts'
import { inspectResponse, namedProviders } from '../../federation/saml/inspect.ts'
import { mintAssertion, mintRequestOf } from '../../federation/saml/lab.ts'
import type { MintRequest } from '../../federation/saml/lab.ts'
import type { Reader } from '../../store/port.ts'
import { AdminError, badRequest, notFound, ok, onlyMembers, textMember } from './answers.ts'
import type { JsonAnswer } from './answers.ts'
import type { AdminParts } from './parts.ts'
import type { AdminCall, Route } from './routes.ts'

export const samlRoutes: readonly (readonly [string, Route])[] = [
  ['POST saml/mint', mint],
  ['POST saml/inspect', inspect],
]

type Body = AdminCall['body']
const TEXTS = ['format', 'recipient', 'audience', 'sourceIdentity'] as const
const NUMBERS = ['validSeconds', 'sessionDuration', 'sessionSeconds'] as const

async function mint({ body }: AdminCall, { store, clock, seed }: AdminParts): Promise<JsonAnswer> {
  const names = ['role', 'roleValues', 'provider', 'user', 'subject', 'sessionName']
  onlyMembers(body, ...names, 'tags', 'transitiveTagKeys', 'attributes', ...TEXTS, ...NUMBERS)
  const role = textMember(body, 'role')
  const values = textList(body['roleValues'], 'roleValues')
  const account = accountIn([textMember(body, 'provider'), role, ...values])
  const meant = await store.read((reader) => meantBy(body, account, reader))
  const providerArn = samlProviderArn(meant.account, meant.idp.providerName)
  const at = { account: meant.account, now: clock.wire(), chance: seed.chance, vault: seed.vault }
  const roleValues = role === undefined ? values : [`${role},${providerArn}`, ...values]
  const assertion = mintAssertion(meant.idp, mintRequest(body, roleValues, meant.user), at)
  return ok({ assertion, providerArn, entityId: meant.idp.entityId })
}

/** Which provider speaks, and of which user where one is named. */
interface Meant {
  readonly account: AccountId
  readonly idp: LabSamlIdp
  readonly user?: LabSamlUser
}

async function meantBy(body: Body, account: AccountId | undefined, reader: Reader): Promise<Meant> {
  const provider = textMember(body, 'provider')
  const userName = textMember(body, 'user')
  if (userName !== undefined) return userNamed(userName, nameIn(provider), account, reader)
  if (account === undefined) throw badRequest('Neither role nor provider is an ARN, so the account is not known.')
  return { account, idp: await labIdp(account, provider, reader) }
}

/** @throws AdminError 422 where no provider knows the user, or several do */
async function userNamed(
  userName: string,
  provider: string | undefined,
  account: AccountId | undefined,
  reader: Reader,
): Promise<Meant> {
  const places = account === undefined ? (await reader.list(accounts, EVERYWHERE)).map(({ id }) => id) : [account]
  const found: Meant[] = []
  for (const place of places)
    for (const idp of await reader.list(labSamlIdps, place)) {
      if (provider !== undefined && provider !== idp.providerName) continue
      const user = await reader.get(labSamlUsers, place, labUserKey(idp.providerName, userName))
      if (user !== undefined) found.push({ account: place, idp, user })
    }
  const [only, ...others] = found
  if (only !== undefined && others.length === 0) return only
  const arns = found.map((each) => `\`${samlProviderArn(each.account, each.idp.providerName)}\``)
  const message =
    only === undefined
      ? `No SAML provider of the lab has a user \`${userName}\`: a seed names users by \`samlProviders: [ { name: …, lab: { users: [ … ] } } ]\`.`
      : `\`${userName}\` is a user of ${arns.join(', ')}: name one.`
  throw new AdminError(422, 'LabRefused', message)
}

/** Name of a provider that is named by it or by its ARN. */
const nameIn = (named: string | undefined): string | undefined => named?.slice(named.lastIndexOf('/') + 1)

/** The account of the first ARN among some texts. */
function accountIn(texts: readonly (string | undefined)[]): AccountId | undefined {
  for (const text of texts) {
    const account = accountId(/arn:[^:]*:iam::(\d{12}):/.exec(text ?? '')?.[1] ?? '')
    if (account !== undefined) return account
  }
  return undefined
}

/** @throws AdminError 422 where the lab plays no provider of this account, or several and none is named */
async function labIdp(account: AccountId, named: string | undefined, reader: Reader): Promise<LabSamlIdp> {
  const rows = await reader.list(labSamlIdps, account)
  const name = nameIn(named)
  const [only] = name === undefined ? rows : rows.filter((row) => row.providerName === name)
  if (only === undefined)
    throw new AdminError(
      422,
      'LabRefused',
      `The lab plays no SAML provider ${name === undefined ? '' : `\`${name}\` `}of account ${account}: ` +
        'a seed names one by `samlProviders: [ { name: …, lab: true } ]`.',
    )
  if (name === undefined && rows.length > 1)
    throw new AdminError(
      422,
      'LabRefused',
      `The lab plays ${rows.map((row) => `\`${row.providerName}\``).join(', ')} in account ${account}: name one.`,
    )
  return only
}

/** What the call says goes before what the user's row says. */
function mintRequest(body: Body, roleValues: readonly string[], user: LabSamlUser | undefined): MintRequest {
  const declared = user === undefined ? undefined : mintRequestOf(user)
  const subject = textMember(body, 'subject') ?? declared?.subject ?? 'alice@example.com'
  const transitiveTagKeys = textList(body['transitiveTagKeys'], 'transitiveTagKeys')
  return {
    ...declared,
    roleValues: roleValues.length === 0 ? (declared?.roleValues ?? []) : roleValues,
    subject,
    sessionName: textMember(body, 'sessionName') ?? declared?.sessionName ?? subject,
    tags: new Map([...(declared?.tags ?? []), ...textMap(body, 'tags')]),
    transitiveTagKeys: transitiveTagKeys.length === 0 ? (declared?.transitiveTagKeys ?? []) : transitiveTagKeys,
    attributes: new Map([...(declared?.attributes ?? []), ...listMap(body)]),
    ...Object.fromEntries(
      TEXTS.map((name) => [name, textMember(body, name)] as const).filter(([, value]) => value !== undefined),
    ),
    ...Object.fromEntries(
      NUMBERS.filter((name) => body[name] !== undefined).map((name) => [name, seconds(body, name)]),
    ),
  }
}

function seconds(body: Body, name: string): number {
  if (!Number.isSafeInteger(body[name])) throw badRequest(`\`${name}\` must be a whole number of seconds.`)
  return Number(body[name])
}

function entriesOf(value: unknown, name: string): readonly (readonly [string, unknown])[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest(`\`${name}\` must be an object.`)
  return Object.entries(value)
}

const textMap = (body: Body, name: string): ReadonlyMap<string, string> =>
  new Map(
    entriesOf(body[name], name).map(([key, value]) => {
      if (typeof value !== 'string') throw badRequest(`\`${name}.${key}\` must be a text.`)
      return [key, value]
    }),
  )

const listMap = (body: Body): ReadonlyMap<string, readonly string[]> =>
  new Map(
    entriesOf(body['attributes'], 'attributes').map(([key, value]) => [key, textList(value, `attributes.${key}`)]),
  )

function textList(value: unknown, name: string): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw badRequest(`\`${name}\` must be a list of texts.`)
  return value
}

async function inspect({ body }: AdminCall, { store, clock, seed }: AdminParts): Promise<JsonAnswer> {
  onlyMembers(body, 'response', 'provider')
  const response = textMember(body, 'response')
  if (response === undefined) throw badRequest('`response` is missing: the SAML response in base64.')
  const now = clock.wire()
  const arn = textMember(body, 'provider') ?? namedProviders(response, now)[0]
  const found = arn === undefined ? undefined : await store.read((reader) => providerOf(arn, reader))
  if (textMember(body, 'provider') !== undefined && found === undefined)
    throw notFound(`There is no SAML provider \`${arn}\`.`)
  const inspection = inspectResponse(response, {
    provider: found?.row,
    account: found?.account,
    vault: seed.vault,
    now,
  })
  return ok({ ...(found === undefined ? {} : { providerArn: arn }), ...inspection })
}

async function providerOf(
  text: string,
  reader: Reader,
): Promise<{ readonly account: AccountId; readonly row: SamlProvider } | undefined> {
  const arn = parseArn(text)
  if (!arn || accountId(arn.account) === undefined || !arn.resource.startsWith('saml-provider/')) return undefined
  const account = knownAccountId(arn.account)
  const row = await reader.get(samlProviders, account, arn.resource.slice('saml-provider/'.length))
  return row && { account, row }
}
