/**
 * AuthnRequests of services that send people to the lab's sign-in page, by HTTP-Redirect or HTTP-POST. A request proves
 * nothing and is not asked to: it chooses among the addresses that the seed allows, and what it says comes back as text.
 * SAML 2.0 Core, section 3.4.1; Bindings, sections 3.4 and 3.5.
 */
import { inflateRawSync } from 'node:zlib'
import { AWS_CONSUMER } from './mint.ts'
import { NS, attributeOf, childrenOf, readXml, textOf } from './tree.ts'
import type { XmlElement } from './tree.ts'

export interface AuthnRequest {
  readonly id: string
  /** Entity id of the service that asks. */
  readonly issuer: string
  /** Where the response goes: one of the allowed addresses. */
  readonly consumer: string
  /** Format of the NameID that the service insists on. */
  readonly format?: string
  /** The document in base64, as HTTP-POST carries it. */
  readonly encoded: string
}

export type ReadAuthnRequest =
  | { readonly ok: true; readonly request: AuthnRequest }
  | { readonly ok: false; readonly explanation: string }

export interface RequestRules {
  /** Addresses that a response may go to, besides AWS's. */
  readonly consumers: readonly string[]
  /** Whether an address is that of this sign-in page. */
  readonly isHere: (address: string) => boolean
}

/** A real request has some hundred bytes; a large one has certificates. */
const BYTES_MAX = 65_536
const NODES_MAX = 500

/** @param encoded base64; for `redirect` of a deflated document, without the percent-encoding of the query */
export function readAuthnRequest(encoded: string, binding: 'redirect' | 'post', rules: RequestRules): ReadAuthnRequest {
  const bytes = decoded(encoded, binding)
  if (typeof bytes === 'string') return refuse(bytes)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('it is not UTF-8')
  }
  const parsed = readXml(text.trim(), NODES_MAX)
  return parsed.ok ? checked(parsed.root, bytes.toString('base64'), rules) : refuse(parsed.explanation)
}

const refuse = (explanation: string) => ({ ok: false, explanation }) as const

/** @returns what is wrong, as a text */
function decoded(encoded: string, binding: 'redirect' | 'post'): Buffer | string {
  const base64 = encoded.replaceAll(/\s/g, '')
  if (base64 === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return 'it is not base64'
  const bytes = Buffer.from(base64, 'base64')
  if (binding === 'post') return bytes.length > BYTES_MAX ? TOO_LARGE : bytes
  try {
    return inflateRawSync(bytes, { maxOutputLength: BYTES_MAX })
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    return isLarge ? TOO_LARGE : 'it is not deflated as HTTP-Redirect wants it'
  }
}

const TOO_LARGE = `it is larger than ${BYTES_MAX} bytes`
const POST_BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'

function checked(root: XmlElement, encoded: string, rules: RequestRules): ReadAuthnRequest {
  if (root.uri !== NS.protocol || root.local !== 'AuthnRequest')
    return refuse(`its root is \`${root.name}\`, not an AuthnRequest of SAML 2.0`)
  const id = attributeOf(root, 'ID') ?? ''
  const issuer = childrenOf(root, NS.assertion, 'Issuer').map(textOf)
  const problem = formProblem(root, id, issuer) ?? wishProblem(root, rules)
  if (problem !== undefined) return refuse(problem)
  const consumer = attributeOf(root, 'AssertionConsumerServiceURL') ?? AWS_CONSUMER
  if (consumer !== AWS_CONSUMER && !rules.consumers.includes(consumer))
    return refuse(
      `it wants the response at \`${consumer}\`. A response only goes to ${AWS_CONSUMER} and to the addresses that the seed lists as \`consumers\` of the identity provider`,
    )
  const format = childrenOf(root, NS.protocol, 'NameIDPolicy').map((policy) => attributeOf(policy, 'Format'))[0]
  const isFree = format === undefined || format === UNSPECIFIED
  return { ok: true, request: { id, issuer: issuer[0] ?? '', consumer, encoded, ...(isFree ? {} : { format }) } }
}

const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'

function formProblem(root: XmlElement, id: string, issuer: readonly string[]): string | undefined {
  if (!/^[A-Za-z_][\w.-]{0,255}$/.test(id)) return 'its ID is missing, or no XML id of at most 256 characters'
  if (attributeOf(root, 'Version') !== '2.0') return 'its Version is not 2.0'
  const issued = attributeOf(root, 'IssueInstant') ?? ''
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?$/.test(issued) || Number.isNaN(Date.parse(issued)))
    return 'its IssueInstant is missing, or no time in UTC'
  if (issuer.length !== 1 || !issuer[0] || issuer[0].length > 1024)
    return 'it has not exactly one Issuer of 1 to 1,024 characters'
  return undefined
}

/** What the page cannot give is refused rather than passed over. */
function wishProblem(root: XmlElement, { isHere }: RequestRules): string | undefined {
  const destination = attributeOf(root, 'Destination')
  if (destination !== undefined && !isHere(destination))
    return `its Destination is \`${destination}\`, another address than this page's`
  if (attributeOf(root, 'AssertionConsumerServiceIndex') !== undefined)
    return 'it names its consumer by AssertionConsumerServiceIndex, which needs metadata of the service: name the address'
  const binding = attributeOf(root, 'ProtocolBinding')
  if (binding !== undefined && binding !== POST_BINDING)
    return `it wants the response by \`${binding}\`; this page answers by HTTP-POST`
  if (['true', '1'].includes(attributeOf(root, 'IsPassive') ?? ''))
    return 'it asks for a sign-in without a page (IsPassive), and this provider keeps nobody signed in'
  if (childrenOf(root, NS.assertion, 'Subject').length > 0)
    return 'it asks for one certain person (Subject), which this page does not do'
  return undefined
}
