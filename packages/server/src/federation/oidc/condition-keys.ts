/**
 * Claims that become condition keys. Only these do: a claim that is not in the table is invisible to policies. IAM User Guide,
 * "IAM and AWS STS condition context keys", section on OIDC federation; edition of 2026.
 */
import type { ContextValue } from '@understudy/policy'
import { plainText } from './claims.ts'
import type { StandardClaims } from './claims.ts'
import type { Claims } from './token.ts'

/** A claim, the key that it becomes behind the issuer's name, and where policies see it. */
export interface ClaimKey {
  readonly claim: string
  readonly key: string
  /** `session`: also in later requests of the session; `trust`: only while the role is assumed. */
  readonly seen: 'session' | 'trust'
}

const trustOnly = (...claims: readonly string[]): readonly ClaimKey[] =>
  claims.map((claim) => ({ claim, key: claim, seen: 'trust' }))

/** Keys of every issuer. `aud` holds `azp` where the token has one, and `oaud` then what `aud` held. */
const COMMON_KEYS: readonly ClaimKey[] = [
  { claim: 'sub', key: 'sub', seen: 'session' },
  { claim: 'aud', key: 'aud', seen: 'session' },
  { claim: 'amr', key: 'amr', seen: 'session' },
  { claim: 'aud', key: 'oaud', seen: 'trust' },
  { claim: 'email', key: 'email', seen: 'trust' },
]

/** Issuers by the beginning of their names, and what they add. */
const ISSUER_KEYS: readonly (readonly [issuer: RegExp, keys: readonly ClaimKey[]])[] = [
  [
    /^token\.actions\.githubusercontent\.com(?:\/|$)/,
    trustOnly(
      'actor',
      'actor_id',
      'job_workflow_ref',
      'repository',
      'repository_id',
      'repository_owner_id',
      'workflow',
      'ref',
      'environment',
      'enterprise_id',
    ),
  ],
  [/^accounts\.google\.com$/, [{ claim: 'organization_number', key: 'organization_number', seen: 'trust' }]],
  [
    /^oidc\.circleci\.com\/org\//,
    [
      { claim: 'oidc.circleci.com/project-id', key: 'project-id', seen: 'trust' },
      { claim: 'oidc.circleci.com/project-id', key: 'oidc.circleci.com/project-id', seen: 'trust' },
    ],
  ],
  [/^(?:identity\.oraclecloud\.com|idcs-[^/]+\.identity\.oraclecloud\.com)/, trustOnly('rpst_id')],
]

/** The claims that are keys for an issuer. @param name without scheme */
export const claimKeysOf = (name: string): readonly ClaimKey[] => [
  ...COMMON_KEYS,
  ...ISSUER_KEYS.flatMap(([issuer, keys]) => (issuer.test(name) ? keys : [])),
]

/** Condition keys of the trust evaluation, in lower case: absent claims are absent keys. */
export function trustKeys(
  name: string,
  standard: StandardClaims,
  claims: Claims,
): Readonly<Record<string, ContextValue>> {
  const prefix = name.toLowerCase()
  const entries: [string, ContextValue][] = Object.entries(sessionKeys(name, standard))
  if (standard.originalAudience !== undefined) entries.push([`${prefix}:oaud`, standard.originalAudience])
  for (const { claim, key } of claimKeysOf(name)) {
    if (['sub', 'aud', 'amr', 'oaud'].includes(key)) continue
    const value = plainText(valueOf(claims, claim))
    if (value !== undefined) entries.push([`${prefix}:${key.toLowerCase()}`, value])
  }
  return Object.fromEntries(entries)
}

/** Condition keys that the session keeps. */
export function sessionKeys(name: string, standard: StandardClaims): Readonly<Record<string, ContextValue>> {
  const prefix = name.toLowerCase()
  return {
    [`${prefix}:sub`]: standard.subject,
    [`${prefix}:aud`]: standard.audience,
    ...(standard.methods.length === 0 ? {} : { [`${prefix}:amr`]: standard.methods }),
  }
}

/** Google keeps its own claims in an object of its name. */
function valueOf(claims: Claims, claim: string): unknown {
  if (claim !== 'organization_number') return claims[claim]
  const google = claims['google']
  const nested = typeof google === 'object' && google !== null ? (google as Claims)[claim] : undefined
  return nested ?? claims[claim]
}
