/**
 * What a signed assertion says, in the terms of STS. Which parts must be there follows AWS's answers of September 2026: all
 * missing parts have one text, so the explanation names the one.
 */
import { instant } from '../../domain/brands.ts'
import type { Instant } from '../../domain/brands.ts'
import { NS, attributeOf, childrenOf, everyElement, textOf } from './tree.ts'
import type { XmlElement } from './tree.ts'

export interface AssertionClaims {
  readonly id: string
  readonly issuer: string
  readonly issuedAt: Instant
  /** NameID, what `Subject` of the answer and `saml:sub` hold. */
  readonly subject: string
  /** Format of the NameID as AWS shows it. */
  readonly subjectType: string
  /** Recipient of the SubjectConfirmationData: `Audience` of the answer and `saml:aud`. */
  readonly recipient: string
  readonly audiences: readonly string[]
  /** NotBefore of the conditions and of the confirmation; AWS only wants them to be times. */
  readonly notBefore: readonly Instant[]
  /** NotOnOrAfter of the confirmation and, where it is there, of the conditions. */
  readonly notOnOrAfter: readonly Instant[]
  readonly sessionNotOnOrAfter?: Instant
  /** By name, which is case-sensitive, in the order in which they came. */
  readonly attributes: ReadonlyMap<string, readonly string[]>
}

/** What is missing or malformed. */
export class ClaimsRefused extends Error {}

const PLAIN_FORMAT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:'

/** @throws ClaimsRefused */
export function claimsOf(assertion: XmlElement): AssertionClaims {
  for (const element of everyElement(assertion))
    if (element.local === 'Signature') throw new ClaimsRefused('a Signature is left inside of what was signed')
  const subject = one(assertion, 'Subject')
  const nameId = one(subject, 'NameID')
  const data = one(one(subject, 'SubjectConfirmation'), 'SubjectConfirmationData')
  const conditions = one(assertion, 'Conditions')
  const statement = childrenOf(assertion, NS.assertion, 'AuthnStatement')[0]
  if (statement === undefined) throw new ClaimsRefused('the assertion has no AuthnStatement')
  const sessionEnd = time(statement, 'SessionNotOnOrAfter')
  const end = time(data, 'NotOnOrAfter')
  if (end === undefined) throw new ClaimsRefused('SubjectConfirmationData has no NotOnOrAfter')
  const issuedAt = time(assertion, 'IssueInstant')
  if (issuedAt === undefined) throw new ClaimsRefused('the assertion has no IssueInstant')
  return {
    id: needed(assertion, 'ID'),
    issuer: textOf(one(assertion, 'Issuer')),
    issuedAt,
    subject: textOf(nameId),
    subjectType: withoutPrefix(needed(nameId, 'Format')),
    recipient: needed(data, 'Recipient'),
    audiences: childrenOf(conditions, NS.assertion, 'AudienceRestriction').flatMap((restriction) =>
      childrenOf(restriction, NS.assertion, 'Audience').map(textOf),
    ),
    notBefore: defined([time(conditions, 'NotBefore'), time(data, 'NotBefore')]),
    notOnOrAfter: defined([time(conditions, 'NotOnOrAfter'), end]),
    ...(sessionEnd === undefined ? {} : { sessionNotOnOrAfter: sessionEnd }),
    attributes: attributesOf(assertion),
  }
}

function one(parent: XmlElement, local: string): XmlElement {
  const found = childrenOf(parent, NS.assertion, local)
  const [first] = found
  if (first === undefined) throw new ClaimsRefused(`${parent.local} has no ${local}`)
  if (found.length > 1)
    throw new ClaimsRefused(`${parent.local} has ${found.length} elements ${local}, where one is taken`)
  return first
}

function needed(element: XmlElement, name: string): string {
  const value = attributeOf(element, name)
  if (value === undefined || value === '') throw new ClaimsRefused(`${element.local} has no ${name}`)
  return value
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/

/** xs:dateTime; without a zone it is UTC, as SAML 2.0 core, section 1.3.3 has it. */
function time(element: XmlElement, name: string): Instant | undefined {
  const text = attributeOf(element, name)
  if (text === undefined) return undefined
  const value = DATE_TIME.test(text) ? Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`) : Number.NaN
  if (Number.isNaN(value)) throw new ClaimsRefused(`${name} of ${element.local} is no time: \`${text}\``)
  return instant(value)
}

const defined = (times: readonly (Instant | undefined)[]): readonly Instant[] =>
  times.filter((each) => each !== undefined)

const withoutPrefix = (format: string): string =>
  format.startsWith(PLAIN_FORMAT) ? format.slice(PLAIN_FORMAT.length) : format

function attributesOf(assertion: XmlElement): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const statement of childrenOf(assertion, NS.assertion, 'AttributeStatement'))
    for (const attribute of childrenOf(statement, NS.assertion, 'Attribute')) {
      const name = attributeOf(attribute, 'Name')
      if (name === undefined) throw new ClaimsRefused('an Attribute has no Name')
      const values = childrenOf(attribute, NS.assertion, 'AttributeValue').map(textOf)
      found.set(name, [...(found.get(name) ?? []), ...values])
    }
  return found
}
