/**
 * Proves a SAML response: that the identity provider of the row signed the assertion, and what it says. Nothing outside of
 * the signed text is read. The order of the checks, and which fault is told first, follows AWS (native-sts.json, native/saml).
 */
import { isoSeconds } from '../../domain/brands.ts'
import type { AccountId, Instant } from '../../domain/brands.ts'
import type { Vault } from '../../credentials/vault.ts'
import { samlKeySealOwner } from '../../entities/saml.ts'
import type { SamlProvider } from '../../entities/saml.ts'
import { ClaimsRefused, claimsOf } from './claims.ts'
import type { AssertionClaims } from './claims.ts'
import { decryptAssertion } from './decrypt.ts'
import { metadataOf } from './metadata.ts'
import type { SigningCertificate } from './metadata.ts'
import { assertionNotSigned, expired, issuerUnknown, malformed, signatureInvalid } from './refusals.ts'
import { shapeOf, shapeOfDecrypted } from './shape.ts'
import type { Shaped } from './shape.ts'
import { verifyEnveloped } from './signature.ts'
import { NS, attributeOf, childrenOf, readXml, textOf } from './tree.ts'
import type { XmlElement } from './tree.ts'

export interface ProvedAssertion {
  readonly claims: AssertionClaims
  /** The certificate of the metadata whose key made the signature. */
  readonly certificate: SigningCertificate
  readonly encrypted: boolean
  readonly checkedAt: Instant
}

export interface AssertionFacts {
  readonly provider: SamlProvider
  readonly account: AccountId
  readonly vault: Vault
  /** Wire time: the times of an assertion are those of its issuer's clock. */
  readonly now: Instant
  readonly requestId: string
}

const REDEEM_MILLISECONDS = 300_000
/** Elements and texts of a response; 500 roles take about a thousand. */
const RESPONSE_NODES_MAX = 6000

/** @param response base64 of the Response, as browsers post it @throws AwsError in AWS's words */
export function proveAssertion(response: string, facts: AssertionFacts): ProvedAssertion {
  const found = locate(response, facts)
  const verified = verify(found, facts)
  const claims = readClaims(verified.text, facts)
  if (claims.id !== attributeOf(found.assertion, 'ID') || claims.issuer !== issuerOf(found.assertion))
    throw signatureInvalid('What was signed is another assertion than the one that stands in the response.')
  checkExpiry(claims, facts.now)
  return { claims, certificate: verified.certificate, encrypted: found.encrypted, checkedAt: facts.now }
}

interface Located {
  readonly response: XmlElement
  readonly assertion: XmlElement
  readonly responseSignature?: XmlElement
  readonly encrypted: boolean
}

function locate(text: string, facts: AssertionFacts): Located {
  const { requestId, provider } = facts
  const bytes = fromBase64(text)
  if (bytes === undefined) throw malformed('The assertion is not base64 of UTF-8 text.', requestId)
  const parsed = readXml(bytes, RESPONSE_NODES_MAX)
  if (!parsed.ok) throw malformed(`The response is no XML that is taken: ${parsed.explanation}.`, requestId)
  const shaped = shapeOf(parsed.root)
  if (!shaped.ok) throw malformed(`The response is not put together as it must be: ${shaped.explanation}.`, requestId)
  if (!shaped.encrypted && provider.encryption === 'Required')
    throw malformed('The provider takes encrypted assertions only, and this one is plain.', requestId)
  return shaped.encrypted ? { ...shaped, assertion: decrypted(shaped, facts) } : shaped
}

/** Whatever is wrong with what was encrypted has one text: a caller must not learn by which step it failed. */
function decrypted(shaped: Extract<Shaped, { ok: true }>, { provider, account, vault }: AssertionFacts): XmlElement {
  const keys = provider.privateKeys.map(({ id, sealedPem }) => vault.open(sealedPem, samlKeySealOwner(account, id)))
  const opened = decryptAssertion(shaped.assertion, keys.toReversed())
  if (!opened.ok) throw signatureInvalid(`The encrypted assertion cannot be opened: ${opened.explanation}.`)
  const inside = shapeOfDecrypted(opened.assertion)
  if (!inside.ok)
    throw signatureInvalid(`The encrypted assertion is not put together as it must be: ${inside.explanation}.`)
  return opened.assertion
}

const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/

function fromBase64(text: string): string | undefined {
  if (!BASE64.test(text)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64'))
  } catch {
    return undefined
  }
}

const issuerOf = (assertion: XmlElement): string => {
  const [issuer] = childrenOf(assertion, NS.assertion, 'Issuer')
  return issuer ? textOf(issuer) : ''
}

/** The assertion's signature must be there and verify; the response's must verify where it is there. */
function verify(found: Located, { provider, requestId }: AssertionFacts) {
  const [signature] = childrenOf(found.assertion, NS.signature, 'Signature')
  if (signature === undefined)
    throw assertionNotSigned(
      found.responseSignature
        ? 'Only the response is signed. AWS wants the assertion itself signed: a signature of the response is not enough.'
        : 'Neither assertion nor response is signed.',
      requestId,
    )
  const entities = metadataOf(provider)
  const issuer = issuerOf(found.assertion)
  const certificates = entities.get(issuer)
  if (certificates === undefined)
    throw issuerUnknown(
      `The assertion's issuer is \`${issuer}\`; the metadata of provider ${provider.name} describes ` +
        `${[...entities.keys()].map((id) => `\`${id}\``).join(', ')}.`,
      requestId,
    )
  const ofResponse = found.responseSignature && verifyEnveloped(found.response, found.responseSignature, certificates)
  if (ofResponse?.ok === false)
    throw signatureInvalid(`The response's signature: ${ofResponse.explanation}.`, shown(certificates))
  const verified = verifyEnveloped(found.assertion, signature, certificates)
  if (!verified.ok) throw signatureInvalid(`The assertion's signature: ${verified.explanation}.`, shown(certificates))
  return verified
}

const shown = (certificates: readonly SigningCertificate[]) => ({
  certificates: certificates.map(({ fingerprint, subject, validTo }) => ({ fingerprint, subject, validTo })),
})

/** From the signed text alone, by the strict reader. */
function readClaims(text: string, { requestId }: AssertionFacts): AssertionClaims {
  const parsed = readXml(text)
  if (!parsed.ok || parsed.root.uri !== NS.assertion || parsed.root.local !== 'Assertion')
    throw signatureInvalid('What was signed is no assertion.')
  try {
    return claimsOf(parsed.root)
  } catch (error) {
    if (error instanceof ClaimsRefused) throw malformed(`The assertion lacks something: ${error.message}.`, requestId)
    throw error
  }
}

function checkExpiry(claims: AssertionClaims, now: Instant): void {
  const ends = [
    ...claims.notOnOrAfter,
    ...(claims.sessionNotOnOrAfter === undefined ? [] : [claims.sessionNotOnOrAfter]),
  ]
  const over = ends.find((end) => end <= now)
  if (over !== undefined)
    throw expired('Response has expired', `The assertion ended at ${isoSeconds(over)}; our time is ${isoSeconds(now)}.`)
  if (claims.issuedAt + REDEEM_MILLISECONDS < now)
    throw expired(
      'Token must be redeemed within 5 minutes of issuance',
      `The assertion was issued at ${isoSeconds(claims.issuedAt)}; our time is ${isoSeconds(now)}.`,
    )
}
