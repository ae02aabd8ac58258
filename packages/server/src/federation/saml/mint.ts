/** The other side of the wire: metadata and signed responses, as an identity provider makes them. For the lab and for tests. */
import type { KeyObject } from 'node:crypto'
import { isoSeconds } from '../../domain/brands.ts'
import type { Instant } from '../../domain/brands.ts'
import { signEnveloped } from './signature.ts'
import { NS, attributeText } from './tree.ts'

export interface Signer {
  readonly key: KeyObject
  readonly certificatePem: string
}

/**
 * Metadata of an identity provider with these certificates for signing (base64 of DER), several during a rollover.
 * @param signIn address of its sign-in page; by default one below the entity id, for there must be one
 */
export function idpMetadata(
  entityId: string,
  certificates: readonly string[],
  signIn = `${entityId.replace(/\/$/, '')}/sso`,
): string {
  const keys = certificates.map(
    (certificate) =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="${NS.signature}"><ds:X509Data><ds:X509Certificate>${certificate}` +
      `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
  )
  const sso = attributeText(signIn)
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<md:EntityDescriptor xmlns:md="${NS.metadata}" entityID="${attributeText(entityId)}">` +
    `<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="${NS.protocol}">${keys.join('')}` +
    `<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>` +
    `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${sso}"/>` +
    `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${sso}"/>` +
    `</md:IDPSSODescriptor></md:EntityDescriptor>\n`
  )
}

export interface ResponseFacts {
  readonly issuer: string
  readonly subject: string
  /** Format of the NameID; persistent when absent. */
  readonly format?: string
  /** `https://signin.aws.amazon.com/saml` when absent. */
  readonly recipient?: string
  /** `urn:amazon:webservices` when absent. */
  readonly audience?: string
  /** A second audience: the service that asked for the sign-in. */
  readonly furtherAudience?: string
  /** Id of the AuthnRequest that is answered. */
  readonly inResponseTo?: string
  /** Where the response is posted to. */
  readonly destination?: string
  readonly now: Instant
  /** How long the assertion may be used; 300 when absent. */
  readonly validSeconds?: number
  /** Adds SessionNotOnOrAfter. */
  readonly sessionSeconds?: number
  /** By name; AWS's own begin with `https://aws.amazon.com/SAML/Attributes/`. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
  /** Two ids, such as `_` and random letters. */
  readonly ids: readonly [response: string, assertion: string]
}

/** AWS's assertion consumer service. */
export const AWS_CONSUMER = 'https://signin.aws.amazon.com/saml'
export const AWS_AUDIENCE = 'urn:amazon:webservices'
export const AWS_ATTRIBUTE = 'https://aws.amazon.com/SAML/Attributes/'

/** A Response whose assertion is not signed yet. */
export function unsignedResponse(facts: ResponseFacts): string {
  const [responseId, assertionId] = facts.ids
  const at = isoSeconds(facts.now)
  const destination = facts.destination === undefined ? '' : ` Destination="${attributeText(facts.destination)}"`
  return (
    `<samlp:Response xmlns:samlp="${NS.protocol}" xmlns:saml="${NS.assertion}" ID="${responseId}" Version="2.0" IssueInstant="${at}"` +
    `${destination}${answered(facts)}>` +
    `<saml:Issuer>${plain(facts.issuer)}</saml:Issuer>` +
    `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
    `<saml:Assertion ID="${assertionId}" Version="2.0" IssueInstant="${at}"><saml:Issuer>${plain(facts.issuer)}</saml:Issuer>` +
    `${subject(facts)}${conditions(facts)}${authentication(facts, at)}${attributes(facts)}</saml:Assertion></samlp:Response>`
  )
}

/** As browsers post it: the assertion signed, all in base64. */
export const mintedResponse = (facts: ResponseFacts, signer: Signer): string =>
  Buffer.from(signEnveloped(unsignedResponse(facts), facts.ids[1], signer)).toString('base64')

const plain = attributeText
const answered = ({ inResponseTo }: ResponseFacts): string =>
  inResponseTo === undefined ? '' : ` InResponseTo="${attributeText(inResponseTo)}"`
const later = (facts: ResponseFacts, seconds: number): string => isoSeconds((facts.now + seconds * 1000) as Instant)

function subject(facts: ResponseFacts): string {
  const format = facts.format ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
  const recipient = facts.recipient ?? AWS_CONSUMER
  return (
    `<saml:Subject><saml:NameID Format="${attributeText(format)}">${plain(facts.subject)}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData ` +
    `Recipient="${attributeText(recipient)}" NotOnOrAfter="${later(facts, facts.validSeconds ?? 300)}"${answered(facts)}/></saml:SubjectConfirmation></saml:Subject>`
  )
}

const conditions = (facts: ResponseFacts): string =>
  `<saml:Conditions NotBefore="${later(facts, -60)}" NotOnOrAfter="${later(facts, facts.validSeconds ?? 300)}"><saml:AudienceRestriction>` +
  `${[facts.audience ?? AWS_AUDIENCE, facts.furtherAudience]
    .map((audience) => (audience === undefined ? '' : `<saml:Audience>${plain(audience)}</saml:Audience>`))
    .join('')}</saml:AudienceRestriction></saml:Conditions>`

function authentication(facts: ResponseFacts, at: string): string {
  const end = facts.sessionSeconds === undefined ? '' : ` SessionNotOnOrAfter="${later(facts, facts.sessionSeconds)}"`
  return (
    `<saml:AuthnStatement AuthnInstant="${at}"${end}><saml:AuthnContext><saml:AuthnContextClassRef>` +
    `urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`
  )
}

const attributes = (facts: ResponseFacts): string =>
  `<saml:AttributeStatement>${[...facts.attributes]
    .map(
      ([name, values]) =>
        `<saml:Attribute Name="${attributeText(name)}">${values
          .map((value) => `<saml:AttributeValue>${plain(value)}</saml:AttributeValue>`)
          .join('')}</saml:Attribute>`,
    )
    .join('')}</saml:AttributeStatement>`
