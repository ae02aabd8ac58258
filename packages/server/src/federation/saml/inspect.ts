/**
 * Reads a SAML response for people: what it says, whether the provider's rules take it, and why not. What it says is shown
 * even where nothing proves it, and is marked so; only `AssumeRoleWithSAML` decides.
 */
import { isoSeconds } from '../../domain/brands.ts'
import type { AccountId, Instant } from '../../domain/brands.ts'
import type { Vault } from '../../credentials/vault.ts'
import type { SamlProvider } from '../../entities/saml.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { proveAssertion } from './assertion.ts'
import { rolePairs } from './aws-attributes.ts'
import { ClaimsRefused, claimsOf } from './claims.ts'
import type { AssertionClaims } from './claims.ts'
import { strictProblems } from './strict.ts'
import { everyElement, readXml } from './tree.ts'
import type { XmlElement } from './tree.ts'

export interface Inspection {
  /** The response is taken: signed by the provider, complete, in time. */
  readonly accepted: boolean
  /** Why not, as AssumeRoleWithSAML would say it. */
  readonly refusal?: {
    readonly code: string
    readonly message: string
    readonly diagnosis: string
    readonly explanation: string
  }
  readonly certificate?: { readonly fingerprint: string; readonly subject: string; readonly validTo: string }
  readonly encrypted?: boolean
  /** Whether what follows was signed by the provider; otherwise it only stands in the document. */
  readonly proved: boolean
  readonly claims?: Readonly<Record<string, unknown>>
  /** What `--saml strict` would refuse, and AWS lets pass. */
  readonly strict: readonly string[]
  /** How far the issuer's clock was from ours when it was issued, in seconds. */
  readonly ageSeconds?: number
}

export interface InspectFacts {
  readonly provider: SamlProvider | undefined
  readonly account: AccountId | undefined
  readonly vault: Vault
  readonly now: Instant
}

export function inspectResponse(response: string, facts: InspectFacts): Inspection {
  const { provider, account, now } = facts
  if (provider === undefined || account === undefined) return { ...unproved(response, now), accepted: false }
  try {
    const proved = proveAssertion(response, { provider, account, vault: facts.vault, now, requestId: '' })
    const { fingerprint, subject, validTo } = proved.certificate
    const required = provider.encryption === 'Required' ? { requiredUuid: provider.uuid } : {}
    return {
      accepted: true,
      proved: true,
      certificate: { fingerprint, subject, validTo },
      encrypted: proved.encrypted,
      ...shown(proved.claims, { now, ...required }),
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { code, message, options } = error
    const { diagnosis = 'SAML.SHAPE', explanation = '' } = options
    return { ...unproved(response, now), accepted: false, refusal: { code, message, diagnosis, explanation } }
  }
}

function shown(claims: AssertionClaims, facts: Parameters<typeof strictProblems>[1]) {
  const { id, issuer, subject, subjectType, recipient, audiences } = claims
  return {
    claims: {
      id,
      issuer,
      subject,
      subjectType,
      recipient,
      audiences,
      issuedAt: isoSeconds(claims.issuedAt),
      notBefore: claims.notBefore.map(isoSeconds),
      notOnOrAfter: claims.notOnOrAfter.map(isoSeconds),
      ...(claims.sessionNotOnOrAfter === undefined
        ? {}
        : { sessionNotOnOrAfter: isoSeconds(claims.sessionNotOnOrAfter) }),
      roles: rolePairs(claims),
      attributes: Object.fromEntries(claims.attributes),
    },
    strict: strictProblems(claims, facts),
    ageSeconds: Math.round((facts.now - claims.issuedAt) / 1000),
  }
}

/** The first assertion that stands in the document, whoever wrote it. */
function unproved(response: string, now: Instant): Omit<Inspection, 'accepted'> {
  const parsed = readXml(Buffer.from(response, 'base64').toString('utf8'))
  const assertion = parsed.ok ? [...everyElement(parsed.root)].find(({ local }) => local === 'Assertion') : undefined
  if (assertion === undefined) return { proved: false, strict: [] }
  try {
    return { proved: false, ...shown(claimsOf(withoutSignatures(assertion)), { now }) }
  } catch (error) {
    if (!(error instanceof ClaimsRefused)) throw error
    return { proved: false, strict: [] }
  }
}

const withoutSignatures = (element: XmlElement): XmlElement => ({
  ...element,
  children: element.children
    .filter((child) => typeof child === 'string' || child.local !== 'Signature')
    .map((child) => (typeof child === 'string' ? child : withoutSignatures(child))),
})

/** ARNs of the providers that the response names, for those who do not say which one is meant. Nothing proves them. */
export function namedProviders(response: string, now: Instant): readonly string[] {
  const { claims } = unproved(response, now)
  const roles = claims?.['roles']
  return Array.isArray(roles)
    ? [...new Set((roles as ReturnType<typeof rolePairs>).map((pair) => pair.providerArn))]
    : []
}
