/** The claims that every token must have, and AWS's reading of them. */
import {
  badTimestamp,
  claimEmpty,
  claimMissing,
  expired,
  issuedInFuture,
  LEEWAY_SECONDS,
  manyAudiences,
  notValidated,
  notYetValid,
  subjectNull,
} from './refusals.ts'
import type { Claims } from './token.ts'

/** What a token says of itself, in AWS's reading. */
export interface StandardClaims {
  /** `https://issuer.example`, as written. */
  readonly issuer: string
  /** May be empty. */
  readonly subject: string
  /** `azp` when the token has one, else `aud`: what must be registered, and what `<issuer>:aud` holds. */
  readonly audience: string
  /** What `aud` held where `azp` took its place. */
  readonly originalAudience?: string | readonly string[]
  /** Authentication methods. */
  readonly methods: readonly string[]
  readonly times: { readonly issuedAt: number; readonly expires: number; readonly notBefore?: number }
}

const REQUIRED = ['iss', 'sub', 'aud', 'iat', 'exp'] as const

/** @throws AwsError in AWS's words for a claim that is missing, empty, or no time */
export function standardClaims(claims: Claims): StandardClaims {
  for (const name of REQUIRED) if (claims[name] === undefined) throw claimMissing(name)
  const { iss, sub, azp } = claims
  if (typeof iss !== 'string') throw claimMissing('iss')
  if (sub === null) throw subjectNull()
  const audiences = audienceList(claims['aud'])
  if (audiences.length === 0) throw claimEmpty('aud')
  const notBefore = claims['nbf'] === undefined ? undefined : seconds('nbf', claims['nbf'])
  const times = {
    issuedAt: seconds('iat', claims['iat']),
    expires: seconds('exp', claims['exp']),
    ...(notBefore === undefined ? {} : { notBefore }),
  }
  if (audiences.length > 1 && typeof azp !== 'string') throw manyAudiences(audiences)
  const [only = ''] = audiences
  return {
    issuer: iss,
    subject: plainText(sub) ?? JSON.stringify(sub),
    audience: typeof azp === 'string' ? azp : only,
    ...(typeof azp === 'string' ? { originalAudience: audiences.length === 1 ? only : audiences } : {}),
    methods: textList(claims['amr']),
    times,
  }
}

/** @param now seconds since 1970, wire time: the issuer's clock is outside, too. @throws AwsError when the token is not of now */
export function checkTimes({ times }: StandardClaims, now: number): void {
  if (times.issuedAt > now + LEEWAY_SECONDS) throw issuedInFuture(times.issuedAt, now)
  if (times.notBefore !== undefined && times.notBefore > now + LEEWAY_SECONDS) throw notYetValid(times.notBefore, now)
  if (now - LEEWAY_SECONDS >= times.expires) throw expired(times.expires, now)
}

/** @throws AwsError when the audience is none of those that the provider was registered with */
export function checkAudience(standard: StandardClaims, registered: readonly string[]): void {
  if (registered.includes(standard.audience)) return
  const isParty = standard.originalAudience !== undefined
  const known = registered.length === 0 ? 'none at all' : registered.map((id) => `\`${id}\``).join(', ')
  throw notValidated({
    diagnosis: 'OIDC.AUDIENCE',
    explanation:
      `The token's ${isParty ? '`azp`' : '`aud`'} is \`${standard.audience}\`; the provider is registered with ${known}.` +
      (isParty ? ' `azp`, where there is one, counts instead of `aud`.' : ''),
    details: {
      aud: standard.originalAudience ?? standard.audience,
      ...(isParty ? { azp: standard.audience } : {}),
      registered,
    },
  })
}

function audienceList(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw notValidated({
    diagnosis: 'OIDC.MALFORMED',
    explanation: 'The claim `aud` is neither a text nor a list of texts.',
  })
}

/** Whole seconds since 1970, also when they stand in a text. */
function seconds(name: string, value: unknown): number {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw badTimestamp(name, value)
  return number
}

/** A claim as condition keys show it: texts, numbers and truth values; `undefined` for what has no plain text. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** The texts of a claim that is one or several. */
function textList(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.flatMap((item) => plainText(item) ?? [])
}
