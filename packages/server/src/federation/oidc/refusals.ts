/** What AWS answers to a token that it does not take, to the letter (recorded September 2026), and what only `why` tells. */
import { AwsError } from '../../errors/aws-error.ts'

/** What is told to operators alone. */
export interface Reason {
  /** `OIDC.AUDIENCE`. */
  readonly diagnosis: string
  /** Plain words. */
  readonly explanation: string
  /** Decoded claims, key ids: never the token itself, which is a credential. */
  readonly details?: Readonly<Record<string, unknown>>
}

const invalid = (message: string, reason: Reason) => new AwsError('InvalidIdentityToken', 400, message, reason)

export const notJwt = (explanation: string) =>
  invalid('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)', {
    diagnosis: 'OIDC.MALFORMED',
    explanation,
  })
export const claimMissing = (name: string) =>
  invalid(`Missing a required claim: ${name}`, {
    diagnosis: 'OIDC.CLAIM_MISSING',
    explanation: `The token has no claim \`${name}\`, and AWS takes none without it.`,
  })
export const claimEmpty = (name: string) =>
  invalid(`Claim is not allowed to be empty: ${name}`, {
    diagnosis: 'OIDC.CLAIM_MISSING',
    explanation: `The claim \`${name}\` is an empty list.`,
  })
export const badTimestamp = (name: string, value: unknown) =>
  invalid('Invalid timestamp in token claims.', {
    diagnosis: 'OIDC.MALFORMED',
    explanation: `The claim \`${name}\` must be a whole number of seconds; it is ${JSON.stringify(value)}.`,
  })
/** AWS answers 500 here, and clients try again for nothing: ours is the caller's fault (docs/divergences.md). */
export const subjectNull = () =>
  new AwsError('InternalFailure', 400, 'Unknown error validating third-party token', {
    diagnosis: 'OIDC.CLAIM_MISSING',
    explanation: 'The claim `sub` is null.',
  })
export const manyAudiences = (audiences: readonly string[]) =>
  invalid('Token audience contains more than one audience while authorized party is not present', {
    diagnosis: 'OIDC.AUDIENCE',
    explanation: `The token is for ${audiences.map(quoted).join(', ')} and has no \`azp\` that says which of them asked for it.`,
  })
export const issuedInFuture = (issuedAt: number, now: number) =>
  invalid(`Token issued in the future: ${issuedAt}`, {
    diagnosis: 'OIDC.NOT_YET_VALID',
    explanation: `\`iat\` is ${issuedAt - now} seconds ahead of this server's clock; five minutes pass.`,
  })
export const notYetValid = (notBefore: number, now: number) =>
  invalid(
    `Token not yet valid: current date/time ${now + LEEWAY_SECONDS} must be after or equal to the not-before date/time ${notBefore}`,
    {
      diagnosis: 'OIDC.NOT_YET_VALID',
      explanation: `\`nbf\` is ${notBefore - now} seconds ahead of this server's clock; five minutes pass.`,
    },
  )
export const expired = (expires: number, now: number) =>
  new AwsError(
    'ExpiredTokenException',
    400,
    `Token expired: current date/time ${now - LEEWAY_SECONDS} must be before the expiration date/time ${expires}`,
    {
      diagnosis: 'OIDC.EXPIRED',
      explanation: `The token ended ${now - expires} seconds ago, by this server's clock; five minutes pass.`,
    },
  )
export const noProvider = (issuer: string, explanation: string) =>
  invalid(`No OpenIDConnect provider found in your account for ${issuer}`, {
    diagnosis: 'OIDC.NO_PROVIDER',
    explanation,
  })
/** AWS's one text for audiences, signatures, algorithms and keys that may not verify. */
export const notValidated = (reason: Reason) =>
  invalid(
    'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.',
    reason,
  )
/** AWS documents that it refuses its own outbound tokens; in which words is not known. */
export const outboundToken = () =>
  notValidated({
    diagnosis: 'OIDC.OUTBOUND_TOKEN',
    explanation:
      'The token was issued by GetWebIdentityToken, for services outside AWS: AWS itself takes none of these. ' +
      'Within AWS, let the role trust the caller and use AssumeRole.',
  })
/** The two blanks are AWS's. */
export const noKey = (reason: Reason) =>
  invalid(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    reason,
  )
export const tagsMalformed = (explanation: string) =>
  invalid('principal_tags passed in claim is not in correct format.', { diagnosis: 'OIDC.TAGS_CLAIM', explanation })
export const rolesClaim = (message: string, explanation: string) =>
  invalid(message, { diagnosis: 'OIDC.ROLES_CLAIM', explanation })

/** How far the clocks of issuers may be off. IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM". */
export const LEEWAY_SECONDS = 300

/** A value as explanations show it. */
export const quoted = (text: string): string => `\`${text}\``
