/** A JSON Web Token in three parts (RFC 7519, RFC 7515 section 3.1), read but not yet believed. */
import { notJwt } from './refusals.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface IdentityToken {
  /** As it came, but for a line end behind it; a credential, so it never enters a log. */
  readonly text: string
  readonly algorithm: string
  /** Absent when the header has none; may be empty. */
  readonly kid?: string
  readonly claims: Claims
}

const PART = /^[A-Za-z0-9_-]+$/
/** STS API Reference, AssumeRoleWithWebIdentity: the longest token that it takes. */
const TOKEN_MAX = 20_000

/**
 * Reads header and claims. Of members that come twice the last counts, as at AWS. Members of the header that carry or point
 * to a key (`jwk`, `jku`, `x5c`, `x5u`) are not looked at: keys come from the issuer alone. Line ends behind the token are no part
 * of it: the pipelines that Atlassian and others publish write it with `echo … > $AWS_WEB_IDENTITY_TOKEN_FILE`, and SDKs send that
 * file as it is.
 * @throws AwsError InvalidIdentityToken for what is no signed JWT
 */
export function readToken(given: string): IdentityToken {
  const text = withoutLineEnds(given)
  const parts = text.split('.')
  const [head = '', body = ''] = parts
  if (text.length > TOKEN_MAX || parts.length !== 3 || !parts.every((part) => PART.test(part)))
    throw notJwt(`A signed JWT has three parts of base64url letters with points between them.${hintOf(text)}`)
  const header = jsonObject(head)
  const claims = jsonObject(body)
  if (header === undefined || claims === undefined) throw notJwt('Its header or its claims are no JSON object.')
  if ('crit' in header) throw notJwt('Its header has `crit`: AWS knows none of the extensions that it could demand.')
  const { alg, kid } = header
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string'))
    throw notJwt('Its header has no `alg`, or a `kid` that is no text.')
  return { text, algorithm: alg, ...(kid === undefined ? {} : { kid }), claims }
}

/** By hand: anybody may send a token, and an expression would try each of its line ends for the last one. */
function withoutLineEnds(text: string): string {
  let end = text.length
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end--
  return text.slice(0, end)
}

/** What people send instead of a token, without a letter of it. */
function hintOf(text: string): string {
  if (/^bearer /i.test(text)) return ' This begins with a scheme, as headers do: send the token alone.'
  if (text.includes('/') && !/[\s=]/.test(text)) return ' This looks like the name of a file: send what the file holds.'
  return text.split('.').length === 5 ? ' Five parts are an encrypted token: AWS takes signed ones only.' : ''
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function jsonObject(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(Buffer.from(part, 'base64url')))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined
  } catch {
    // No UTF-8 or no JSON: the one answer for both is the caller's.
    return undefined
  }
}
