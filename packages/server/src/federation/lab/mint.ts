/** Tokens of the federation lab: whatever the wish, it is signed by an issuer that a seed has named, or refused. */
import type { Vault } from '../../credentials/vault.ts'
import { labIssuers } from '../../entities/federation.ts'
import type { LabIssuer } from '../../entities/federation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import type { Reader } from '../../store/port.ts'
import { githubClaims } from './github.ts'
import { signToken } from './issuer.ts'
import { kubernetesClaims } from './kubernetes.ts'
import { LabRefused } from './request.ts'
import type { Claims, LabRequest, LabSubject, Moment } from './request.ts'

export interface MintedToken {
  readonly token: string
  readonly issuer: string
  readonly claims: Claims
  /** ISO 8601, wire time. */
  readonly expiresAt: string
}

export interface MintParts extends Moment {
  readonly vault: Vault
}

/** @throws LabRefused when the lab plays no such issuer, or the wish makes no sense */
export async function mintToken(request: LabRequest, reader: Reader, parts: MintParts): Promise<MintedToken> {
  const row = await labIssuer(request, reader)
  const claims = claimsFor(request, row, parts)
  return {
    token: await signToken(row, claims, parts.vault),
    issuer: row.issuer,
    claims,
    expiresAt: expiryText(claims['exp']),
  }
}

const expiryText = (exp: unknown): string =>
  typeof exp === 'number' && Number.isFinite(exp) && Math.abs(exp) < 8.64e12
    ? new Date(exp * 1000).toISOString()
    : 'never'

/** The row that signs. @throws LabRefused */
export async function labIssuer(request: Pick<LabRequest, 'subject' | 'issuer'>, reader: Reader): Promise<LabIssuer> {
  const { kind } = request.subject
  const all = await reader.list(labIssuers, EVERYWHERE)
  const ofKind = all.filter((row) => row.kind === kind)
  const chosen = request.issuer === undefined ? ofKind : ofKind.filter((row) => row.issuer === request.issuer)
  const [only] = chosen
  if (only !== undefined && chosen.length === 1) return only
  const named = ofKind.map(({ issuer }) => issuer).join(', ')
  if (ofKind.length === 0)
    throw new LabRefused(
      `the lab plays no ${kind} issuer; a seed with \`lab: { ${kind}: … }\` makes one (docs/federation.md)`,
    )
  throw new LabRefused(
    request.issuer === undefined
      ? `the lab plays several ${kind} issuers, ${named}: choose one with --issuer`
      : `the lab does not play \`${request.issuer}\` as ${kind}; it plays ${named}`,
  )
}

const GENERIC_SECONDS = 3600

function claimsFor(request: LabRequest, row: LabIssuer, moment: Moment): Claims {
  const made = madeUp(request.subject, moment)
  const { audience, expiresInSeconds: life } = request
  const aud = audience === undefined ? {} : { aud: Array.isArray(made['aud']) ? [audience] : audience }
  return {
    ...made,
    iss: row.issuer,
    ...aud,
    ...(life === undefined ? {} : { exp: moment.now + life, ...(life < 0 ? past(made, moment.now + life) : {}) }),
    ...request.claims,
  }
}

/** A token that has ended was issued, and began, before that. */
const past = (made: Claims, end: number): Claims => ({
  iat: end - 60,
  ...(made['nbf'] === undefined ? {} : { nbf: end - 60 }),
})

function madeUp(subject: LabSubject, moment: Moment): Claims {
  if (subject.kind === 'github') return githubClaims(subject, moment)
  if (subject.kind === 'kubernetes') return kubernetesClaims(subject, moment)
  const { now } = moment
  return { sub: 'lab', aud: 'sts.amazonaws.com', iat: now, exp: now + GENERIC_SECONDS }
}
