/** Proves a web identity: whose the token is, whether the account knows that issuer, and whether the issuer signed it. */
import { oidcProviderArn } from '../../domain/arn.ts'
import { issuerName, outboundIssuerOf } from '../../domain/issuer.ts'
import type { AccountId, Instant } from '../../domain/brands.ts'
import { labIssuers, oidcProviders } from '../../entities/federation.ts'
import type { LabIssuer, OidcProvider } from '../../entities/federation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import { AwsError } from '../../errors/aws-error.ts'
import type { Reader } from '../../store/port.ts'
import { checkAudience, checkTimes, standardClaims } from './claims.ts'
import type { StandardClaims } from './claims.ts'
import { FetchRefused } from './connect.ts'
import { fetchDocument } from './fetch.ts'
import type { Fetched } from './fetch.ts'
import { issuerKeyCache } from './issuer-keys.ts'
import type { IssuerKeyCache, IssuerKeys } from './issuer-keys.ts'
import { ALGORITHMS, readKeySet } from './jwks.ts'
import type { FoundKey, KeySet, KeyType, VerificationKey } from './jwks.ts'
import { noKey, noProvider, notValidated, outboundToken } from './refusals.ts'
import { verifySignature } from './signature.ts'
import { readToken } from './token.ts'
import type { Claims, IdentityToken } from './token.ts'

export interface ProvedIdentity {
  /** The issuer without scheme; what condition keys begin with. */
  readonly provider: string
  /** What `Provider` of the answer and `aws:FederatedProvider` hold: the provider's ARN, or the name of one that is built in. */
  readonly providerArn: string
  /** The provider has no row: every account knows it. */
  readonly builtIn: boolean
  readonly standard: StandardClaims
  readonly claims: Claims
}

export interface WebIdentities {
  /** @param account the role's. @throws AwsError in AWS's words for every token that does not prove an identity */
  readonly prove: (token: string, account: AccountId, reader: Reader) => Promise<ProvedIdentity>
}

export interface WebIdentityParts {
  /** Wire time: a token's times are those of its issuer's clock. */
  readonly now: () => Instant
  /** `--private-issuers` is in force. */
  readonly privateIssuers: boolean
  /** How documents are fetched; over the network when absent. @throws FetchRefused */
  readonly fetch?: (address: string, thumbprints: readonly string[]) => Promise<Fetched>
}

/** Issuers that every account may trust without a provider of its own. STS API Reference, AssumeRoleWithWebIdentity. */
const BUILT_IN: ReadonlySet<string> = new Set(['accounts.google.com', 'cognito-identity.amazonaws.com'])

export function webIdentities(parts: WebIdentityParts): WebIdentities {
  const overNetwork = (address: string, thumbprints: readonly string[]): Promise<Fetched> =>
    fetchDocument(address, { privateAllowed: parts.privateIssuers, thumbprints })
  const cache = issuerKeyCache({ now: parts.now, fetch: parts.fetch ?? overNetwork })
  return {
    prove: async (text, account, reader) => {
      const token = readToken(text)
      const standard = standardClaims(token.claims)
      const found = await findProvider(standard.issuer, account, reader)
      if (outboundIssuerOf(found.name) !== undefined) throw outboundToken()
      try {
        checkTimes(standard, Math.floor(parts.now() / 1000))
        if (found.row !== undefined) checkAudience(standard, found.row.clientIds)
        await verifySignature(token, await keyFor(token, standard.issuer, { found, cache, reader }))
      } catch (error) {
        throw withClaims(error, token.claims)
      }
      const { name, arn, row } = found
      return { provider: name, providerArn: arn, builtIn: row === undefined, standard, claims: token.claims }
    },
  }
}

interface FoundProvider {
  readonly name: string
  readonly arn: string
  /** Absent for a built-in provider. */
  readonly row?: OidcProvider
}

/** The provider of exactly this issuer: a slash at the end or another case is another issuer. */
async function findProvider(issuer: string, account: AccountId, reader: Reader): Promise<FoundProvider> {
  const read = issuerName(issuer)
  const name = read.ok && `https://${read.name}` === issuer ? read.name : undefined
  const row = name === undefined ? undefined : await reader.get(oidcProviders, account, name)
  if (name !== undefined && row !== undefined) return { name, arn: oidcProviderArn(account, name), row }
  if (name !== undefined && BUILT_IN.has(name)) return { name, arn: name }
  throw noProvider(issuer, await missingProvider(issuer, account, reader))
}

async function missingProvider(issuer: string, account: AccountId, reader: Reader): Promise<string> {
  const known = (await reader.list(oidcProviders, account)).map((row) => `https://${row.url}`)
  if (known.length === 0) return `Account ${account}, the role's, has no OpenID Connect provider at all.`
  const plain = (text: string) => text.toLowerCase().replace(/\/$/, '')
  const near = known.find((url) => plain(url) === plain(issuer))
  const hint =
    near === undefined
      ? ''
      : ` \`${near}\` differs from \`${issuer}\` only by case or by the slash at its end, and is another issuer.`
  return `Account ${account}, the role's, has providers for ${known.map((url) => `\`${url}\``).join(', ')}.${hint}`
}

interface KeyPlace {
  readonly found: FoundProvider
  readonly cache: IssuerKeyCache
  readonly reader: Reader
}

/** @throws AwsError when no key of the issuer fits the token */
async function keyFor(token: IdentityToken, issuer: string, place: KeyPlace): Promise<VerificationKey> {
  const type = ALGORITHMS.get(token.algorithm)
  if (type === undefined)
    throw notValidated({
      diagnosis: 'OIDC.ALGORITHM',
      explanation: `The token is signed with \`${token.algorithm}\`; taken are ${[...ALGORITHMS.keys()].join(', ')}.`,
    })
  const given = await givenKeys(issuer, place)
  if (given !== undefined) return fitting(given.keys.find(token.kid, type), token, type, { source: given.source })
  const { row } = place.found
  const first = await fetched(() => place.cache.keysOf(issuer, row?.thumbprints ?? []))
  const found = first.keys.find(token.kid, type)
  if (found.ok || found.why !== 'unknown') return fitting(found, token, type, detailsOf(first))
  const again = await fetched(() => place.cache.keysOf(issuer, row?.thumbprints ?? [], first))
  return fitting(again.keys.find(token.kid, type), token, type, detailsOf(again))
}

/** Keys that need no fetch: the provider's own key set, else those of the lab. */
async function givenKeys(
  issuer: string,
  { found, reader }: KeyPlace,
): Promise<{ readonly keys: KeySet; readonly source: string } | undefined> {
  if (found.row?.jwks !== undefined) return { keys: uploaded(found.row), source: 'the key set given for the provider' }
  const lab = await reader.get(labIssuers, EVERYWHERE, issuer)
  return lab === undefined ? undefined : { keys: labKeys(lab), source: 'the federation lab, which plays this issuer' }
}

/** Rows are frozen and stay the same object while they do not change, so a set is read once. */
const sets = new WeakMap<object, KeySet>()

function rememberedSet(row: object, text: () => string): KeySet {
  const known = sets.get(row) ?? readKeySet(text())
  sets.set(row, known)
  return known
}

const uploaded = (row: OidcProvider): KeySet => rememberedSet(row, () => row.jwks ?? '')
const labKeys = (row: LabIssuer): KeySet => rememberedSet(row, () => labKeySet(row))

/** The public keys of a lab issuer as its JWKS address serves them. */
export const labKeySet = (row: LabIssuer): string =>
  JSON.stringify({
    keys: row.keys.map(({ kid, algorithm, publicJwk }) => ({ ...publicJwk, kid, alg: algorithm, use: 'sig' })),
  })

async function fetched(look: () => Promise<IssuerKeys>): Promise<IssuerKeys> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof FetchRefused)) throw error
    throw noKey({ diagnosis: error.code, explanation: `The issuer's keys could not be fetched: ${error.message}.` })
  }
}

const detailsOf = ({ keys, fetchedAt, address, vouched }: IssuerKeys): Readonly<Record<string, unknown>> => ({
  source: address,
  fetchedAt: new Date(fetchedAt).toISOString(),
  keyIds: keys.kids,
  certificate:
    vouched === 'root' ? 'a public root vouches for it; thumbprints were not looked at' : 'vouched by thumbprint',
})

/** @throws AwsError unless a key was found that can have signed the token */
function fitting(
  found: FoundKey,
  token: IdentityToken,
  type: KeyType,
  details: Readonly<Record<string, unknown>>,
): VerificationKey {
  if (found.ok) {
    if (found.key.type === type) return found.key
    throw notValidated({
      diagnosis: 'OIDC.KEY_UNUSABLE',
      explanation: `The token is signed with \`${token.algorithm}\`, the key \`${found.key.kid}\` is an ${found.key.type} key.`,
      details,
    })
  }
  const diagnosis = found.why === 'unknown' ? 'OIDC.KID_UNKNOWN' : 'OIDC.KEY_UNUSABLE'
  const reason = { diagnosis, explanation: `No key to verify with: ${found.explanation}.`, details }
  throw found.why === 'unfit' ? notValidated(reason) : noKey(reason)
}

/** Every refusal shows the operator what the token said. */
function withClaims(error: unknown, claims: Claims): unknown {
  if (!(error instanceof AwsError)) return error
  const { code, status, message, options } = error
  return new AwsError(code, status, message, { ...options, details: { ...options.details, claims } })
}
