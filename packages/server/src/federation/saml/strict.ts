/**
 * What a careful reader would refuse and AWS lets pass, since clients live on it: another audience or recipient, a time that
 * has not come yet. By default these are notes of `why`; under `--saml strict` they refuse. A second use is counted in `sts`.
 */
import { isoSeconds } from '../../domain/brands.ts'
import type { Instant } from '../../domain/brands.ts'
import type { AssertionClaims } from './claims.ts'

export interface StrictFacts {
  readonly now: Instant
  /** UUID of the provider when it takes encrypted assertions only: then the recipient must name it. */
  readonly requiredUuid?: string
}

const AUDIENCES: ReadonlySet<string> = new Set(['urn:amazon:webservices', 'https://signin.aws.amazon.com/saml'])
const RECIPIENT = /^https:\/\/(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com\/saml(?:\/acs\/([A-Z0-9]+))?$/

/** What would be refused, in plain words; empty when nothing would be. */
export function strictProblems(claims: AssertionClaims, facts: StrictFacts): readonly string[] {
  const problems: string[] = []
  if (!claims.audiences.some((audience) => AUDIENCES.has(audience)))
    problems.push(
      claims.audiences.length === 0
        ? 'there is no AudienceRestriction'
        : `the audience is ${claims.audiences.map((audience) => `\`${audience}\``).join(', ')}, not \`urn:amazon:webservices\``,
    )
  const recipient = RECIPIENT.exec(claims.recipient)
  if (!recipient) problems.push(`the recipient \`${claims.recipient}\` is no sign-in address of AWS`)
  else if (facts.requiredUuid !== undefined && recipient[1] !== facts.requiredUuid)
    problems.push(`the recipient does not end in \`/acs/${facts.requiredUuid}\`, as encryption asks`)
  const early = claims.notBefore.find((time) => time > facts.now)
  if (early !== undefined) problems.push(`the assertion is not valid before ${isoSeconds(early)}`)
  return problems
}
