/**
 * The one issuer of temporary credentials. STS, instance metadata and later doors differ only in how the caller proves
 * itself. A session is never a row: it is sealed in its token (`session-token.ts`).
 */
import { accountInside, uniqueIdFrom } from '../domain/identifiers.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Chance } from '../domain/chance.ts'
import type { Clock } from '../domain/clock.ts'
import { AwsError } from '../errors/aws-error.ts'
import type { SessionFacts } from './caller.ts'
import { TOKEN_SIZE_MAX, openToken, sealToken, tokenSecrets } from './session-token.ts'
import type { OpenedToken } from './session-token.ts'
import type { SealingKeys } from './sealing-keys.ts'

export interface TemporaryCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** Session time. */
  readonly expiresAt: Instant
  /** What the answer shows: session expiry minus the offset of the clock, since clients compare with their own time. */
  readonly expiration: Date
}

/** What the caller of `issue` decides; ids, times of issue and secrets are the issuer's. */
export type SessionRequest = Omit<SessionFacts, 'accessKeyId' | 'issuedAt'>

export interface IssueOptions {
  /** Token is padded to at least this many characters, at most 4,096. */
  readonly minimumTokenSize?: number
  /** Published instance credentials: salt and key id follow from these 24 bytes, so every node computes the same. */
  readonly derivedFrom?: Uint8Array
  readonly issuedAt?: Instant
}

export type OpenedSession =
  | { readonly ok: true; readonly facts: SessionFacts; readonly secretAccessKey: string }
  | { readonly ok: false; readonly why: 'malformed' | 'unknown-key' | 'tampered' | 'other-access-key' }

export interface CredentialIssuer {
  /** @throws AwsError PackedPolicyTooLarge for a token beyond 4,096 characters */
  readonly issue: (request: SessionRequest, options?: IssueOptions) => Promise<TemporaryCredentials>
  /** Opens a token for the access key id it came with. Expiry, the holder and the end of a session are the caller's to check. */
  readonly open: (token: string, accessKeyId: string) => Promise<OpenedSession>
}

export interface IssuerParts {
  readonly keys: SealingKeys
  readonly chance: Chance
  readonly clock: Clock
  /** Session generation of an account: raised to end all its sessions. */
  readonly generationOf: (account: AccountId) => Promise<number>
  /** Told of every session that is issued or opened here. */
  readonly onSession?: (facts: SessionFacts) => void
}

export function credentialIssuer(parts: IssuerParts): CredentialIssuer {
  const opened = new Map<string, Extract<OpenedSession, { ok: true }>>()
  return {
    issue: async (request, options = {}) => {
      const random = options.derivedFrom ?? parts.chance.bytes(24)
      const salt = random.subarray(0, 16)
      const facts: SessionFacts = {
        ...request,
        accessKeyId: uniqueIdFrom('ASIA', request.account, random.subarray(16, 24)),
        issuedAt: options.issuedAt ?? wholeSeconds(parts.clock.session()),
      }
      const key = parts.keys.current(facts.issuedAt)
      const secrets = tokenSecrets(key, salt, facts.account, await parts.generationOf(facts.account))
      const minimum = options.minimumTokenSize === undefined ? {} : { minimumSize: options.minimumTokenSize }
      const sessionToken = sealToken(facts, { key, salt, secrets, ...minimum })
      if (sessionToken.length > TOKEN_SIZE_MAX) throw tooLarge(facts, sessionToken.length)
      parts.onSession?.(facts)
      return {
        accessKeyId: facts.accessKeyId,
        secretAccessKey: secrets.secretAccessKey,
        sessionToken,
        expiresAt: facts.expiresAt,
        expiration: new Date(facts.expiresAt - parts.clock.offset()),
      }
    },
    open: async (token, accessKeyId) => {
      const account = accountInside(accessKeyId)
      if (account === undefined) return { ok: false, why: 'other-access-key' }
      const generation = await parts.generationOf(account)
      const cacheKey = `${generation}.${token}`
      const known = opened.get(cacheKey)
      if (known !== undefined)
        return known.facts.accessKeyId === accessKeyId ? known : { ok: false, why: 'other-access-key' }
      const result = await openedWith(parts.keys, token, { account, generation })
      if (!result.ok) return result
      if (result.facts.accessKeyId !== accessKeyId) return { ok: false, why: 'other-access-key' }
      remember(opened, cacheKey, result)
      parts.onSession?.(result.facts)
      return result
    },
  }
}

/**
 * Texts of several bytes for each letter, long subjects, keys that are transitive too: what is within the limits one by one
 * may be too much for a token.
 */
function tooLarge({ sessionPolicies, sessionPolicyArns }: SessionFacts, size: number): AwsError {
  const percent = Math.ceil((size * 100) / TOKEN_SIZE_MAX)
  const message =
    sessionPolicies.length + sessionPolicyArns.length === 0
      ? `Packed size of session tags consumes ${percent}% of allotted space.`
      : `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`
  return new AwsError('PackedPolicyTooLarge', 400, message, {
    diagnosis: 'SESSION.PACKED_TOO_LARGE',
    explanation: `The session token would have ${size} characters; ${TOKEN_SIZE_MAX} are the limit.`,
  })
}

/** A key that is not known here may have been made by another node since. */
async function openedWith(
  keys: SealingKeys,
  token: string,
  of: { readonly account: AccountId; readonly generation: number },
): Promise<OpenedToken> {
  const result = openToken(token, { keys, ...of })
  if (result.ok || result.why !== 'unknown-key') return result
  await keys.reload()
  return openToken(token, { keys, ...of })
}

const wholeSeconds = (time: Instant): Instant => (Math.floor(time / 1000) * 1000) as Instant
const OPENED_MAX = 4096

/** Opened tokens are kept so that a busy session does not pay for the cipher at each request; oldest out first. */
function remember(
  opened: Map<string, Extract<OpenedSession, { ok: true }>>,
  key: string,
  session: Extract<OpenedSession, { ok: true }>,
): void {
  if (opened.size >= OPENED_MAX) {
    const oldest = opened.keys().next()
    if (!oldest.done) opened.delete(oldest.value)
  }
  opened.set(key, session)
}
