/**
 * The keys of issuers: found by discovery (OpenID Connect Discovery 1.0, section 4), kept for some minutes, looked up again
 * at once when a token names a key that is not among them, but not more often than every ten seconds.
 */
import type { Instant } from '../../domain/brands.ts'
import { FetchRefused } from './connect.ts'
import type { Fetched } from './fetch.ts'
import { readKeySet } from './jwks.ts'
import type { KeySet } from './jwks.ts'

export interface IssuerKeys {
  readonly keys: KeySet
  /** Wire time. */
  readonly fetchedAt: Instant
  readonly address: string
  readonly vouched: Fetched['vouched']
}

export interface IssuerKeyParts {
  /** Wire time. */
  readonly now: () => Instant
  /** @throws FetchRefused */
  readonly fetch: (address: string, thumbprints: readonly string[]) => Promise<Fetched>
}

export interface IssuerKeyCache {
  /**
   * @param issuer `https://issuer.example`
   * @param unknownKid a token named a key that these keys do not have
   * @throws FetchRefused when there are no keys to be had
   */
  readonly keysOf: (issuer: string, thumbprints: readonly string[], unknownKid?: IssuerKeys) => Promise<IssuerKeys>
}

/** How long keys are used without another look. */
const FRESH_MILLISECONDS = 5 * 60_000
/** How long keys are used while the issuer does not answer. */
const STALE_MILLISECONDS = 60 * 60_000
/** The least time between two looks for an unknown key. */
const UNKNOWN_MILLISECONDS = 10_000
/** The least time between two looks after one that failed. */
const FAILED_MILLISECONDS = 1000
const ISSUERS_MAX = 1000

interface Entry {
  keys?: IssuerKeys
  looking?: Promise<IssuerKeys>
  failure?: { readonly at: Instant; readonly error: FetchRefused }
  /** When a look for an unknown key last began. */
  askedAgain?: Instant
}

export function issuerKeyCache(parts: IssuerKeyParts): IssuerKeyCache {
  const entries = new Map<string, Entry>()
  return {
    keysOf: async (issuer, thumbprints, unknownKid) => {
      // Another set of thumbprints is another trust: it must not use what the first one fetched.
      const entry = entryOf(entries, JSON.stringify([issuer, thumbprints]))
      const now = parts.now()
      const { keys } = entry
      if (unknownKid !== undefined) {
        if (keys !== undefined && keys !== unknownKid) return keys
        const isTooSoon = entry.askedAgain !== undefined && now - entry.askedAgain < UNKNOWN_MILLISECONDS
        if (isTooSoon && entry.looking === undefined) return unknownKid
        if (!isTooSoon) entry.askedAgain = now
        return look(entry, issuer, thumbprints, parts)
      }
      if (keys !== undefined && now - keys.fetchedAt < FRESH_MILLISECONDS) return keys
      if (entry.failure !== undefined && now - entry.failure.at < FAILED_MILLISECONDS) return older(entry, now)
      return look(entry, issuer, thumbprints, parts)
    },
  }
}

/** The entry, moved to the end: the least used one goes first when there are too many. */
function entryOf(entries: Map<string, Entry>, name: string): Entry {
  const entry = entries.get(name) ?? {}
  entries.delete(name)
  entries.set(name, entry)
  const [oldest] = entries.keys()
  if (entries.size > ISSUERS_MAX && oldest !== undefined) entries.delete(oldest)
  return entry
}

/** Looks; calls at the same time share one look. */
async function look(
  entry: Entry,
  issuer: string,
  thumbprints: readonly string[],
  parts: IssuerKeyParts,
): Promise<IssuerKeys> {
  entry.looking ??= discover(issuer, thumbprints, parts).finally(() => {
    delete entry.looking
  })
  try {
    entry.keys = await entry.looking
    delete entry.failure
    return entry.keys
  } catch (error) {
    if (!(error instanceof FetchRefused)) throw error
    entry.failure = { at: parts.now(), error }
    return older(entry, parts.now())
  }
}

/** The keys from before, while they are not too old. @throws FetchRefused */
function older({ keys, failure }: Entry, now: Instant): IssuerKeys {
  if (keys !== undefined && now - keys.fetchedAt < STALE_MILLISECONDS) return keys
  throw failure?.error ?? new FetchRefused('the issuer was not asked')
}

async function discover(issuer: string, thumbprints: readonly string[], parts: IssuerKeyParts): Promise<IssuerKeys> {
  const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const address = jwksAddress((await parts.fetch(place, thumbprints)).text, issuer, place)
  const { text, vouched } = await parts.fetch(address, thumbprints)
  try {
    return { keys: readKeySet(text), fetchedAt: parts.now(), address, vouched }
  } catch (error) {
    throw new FetchRefused(`\`${address}\` is no key set: ${textOf(error)}`, 'OIDC.KEYS_UNREACHABLE', { cause: error })
  }
}

/** @throws FetchRefused for a document that is not this issuer's, or names no keys */
function jwksAddress(text: string, issuer: string, place: string): string {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new FetchRefused(`\`${place}\` is no JSON: ${textOf(error)}`, 'OIDC.KEYS_UNREACHABLE', { cause: error })
  }
  const { issuer: named, jwks_uri: address } = (document ?? {}) as Readonly<Record<string, unknown>>
  if (named !== issuer) throw new FetchRefused(`\`${place}\` speaks for the issuer ${JSON.stringify(named)}`)
  if (typeof address !== 'string') throw new FetchRefused(`\`${place}\` has no \`jwks_uri\``)
  return address
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
