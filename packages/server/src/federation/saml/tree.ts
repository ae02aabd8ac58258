/**
 * XML as a tree, read strictly and written back so plainly that every parser reads it alike: no document type, no
 * processing instruction, no comment, no CDATA, no entity but the five. What saxes takes here is the only reading there is.
 */
import { SaxesParser } from 'saxes'

export interface XmlAttribute {
  readonly name: string
  readonly local: string
  readonly uri: string
  readonly value: string
}

export interface XmlElement {
  /** With its prefix. */
  readonly name: string
  readonly local: string
  readonly uri: string
  /** Without namespace declarations. */
  readonly attributes: readonly XmlAttribute[]
  /** Prefix → namespace, of this element and all around it. */
  readonly namespaces: Readonly<Record<string, string>>
  readonly children: readonly (XmlElement | string)[]
}

const DEPTH_MAX = 64
const NODES_MAX = 50_000
/** Prefixes that may be in force at one place: every element knows all of them. */
const PREFIXES_MAX = 64
const XMLNS = 'http://www.w3.org/2000/xmlns/'

export type ParsedXml =
  | { readonly ok: true; readonly root: XmlElement }
  | { readonly ok: false; readonly explanation: string }

interface Open extends XmlElement {
  readonly children: (XmlElement | string)[]
}

/** Thrown out of the parser: what comes behind a problem is not read, whatever it would cost. */
class Refused extends Error {}

/** Reads a document. Comments vanish, and the text around them is one text: `a<!-- -->b` is `ab`. */
export function readXml(text: string, nodesMax = NODES_MAX): ParsedXml {
  const parser = new SaxesParser({ xmlns: true })
  const stack: Open[] = []
  let root: XmlElement | undefined
  let nodes = 0
  const refuse = (why: string): never => {
    throw new Refused(why)
  }
  const addText = (value: string): void => {
    const top = stack.at(-1)
    if (++nodes > nodesMax) refuse('the document has too many nodes')
    if (top) top.children.push(value)
  }
  parser.on('error', (error) => refuse(error.message))
  parser.on('doctype', () => refuse('the document has a document type, which is never taken'))
  parser.on('processinginstruction', () => refuse('the document has a processing instruction, which is never taken'))
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('opentag', (tag) => {
    if (stack.length >= DEPTH_MAX || ++nodes > nodesMax) refuse('the document is too deep or too large')
    const namespaces = inForce(stack.at(-1)?.namespaces, tag.ns)
    if (namespaces === undefined) return refuse('the document has too many namespaces')
    stack.push({
      name: tag.name,
      local: tag.local,
      uri: tag.uri,
      attributes: Object.values(tag.attributes)
        .filter((attribute) => attribute.uri !== XMLNS)
        .map(({ name, local, uri, value }) => ({ name, local, uri, value })),
      namespaces,
      children: [],
    })
  })
  parser.on('closetag', () => {
    const element = stack.pop()
    const parent = stack.at(-1)
    if (element === undefined) return
    if (parent) parent.children.push(element)
    else root = element
  })
  try {
    parser.write(text).close()
  } catch (error) {
    if (error instanceof Refused) return { ok: false, explanation: error.message }
    throw error
  }
  return root === undefined ? { ok: false, explanation: 'there is no element' } : { ok: true, root }
}

type Namespaces = XmlElement['namespaces']

/** @returns `undefined` for too many */
function inForce(around: Namespaces = {}, own: Namespaces = {}): Namespaces | undefined {
  const names = Object.keys(own)
  if (names.length === 0) return around
  const all = { ...around, ...own }
  return Object.keys(all).length > PREFIXES_MAX ? undefined : all
}

/** The element as a document of its own, with every namespace in scope declared where it begins. */
export function writeXml(element: XmlElement): string {
  return written(element, {})
}

function written(element: XmlElement, around: Readonly<Record<string, string>>): string {
  const declared = Object.entries(element.namespaces)
    .filter(
      ([prefix, uri]) =>
        around[prefix] !== uri && prefix !== 'xml' && prefix !== 'xmlns' && (uri !== '' || prefix in around),
    )
    .map(([prefix, uri]) => ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${attributeText(uri)}"`)
  const attributes = element.attributes.map(({ name, value }) => ` ${name}="${attributeText(value)}"`)
  const children = element.children.map((child) =>
    typeof child === 'string' ? plainText(child) : written(child, element.namespaces),
  )
  return `<${element.name}${declared.join('')}${attributes.join('')}>${children.join('')}</${element.name}>`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}
const plainText = (text: string): string => text.replace(/[&<>\r]/g, (letter) => ESCAPES[letter] ?? letter)
/** Escapes text for an attribute value. */
export const attributeText = (text: string): string =>
  text.replace(/[&<>"\t\n\r]/g, (letter) => ESCAPES[letter] ?? letter)

/** Child elements of that name. */
export const childrenOf = (element: XmlElement, uri: string, local: string): readonly XmlElement[] =>
  elementsOf(element).filter((child) => child.uri === uri && child.local === local)

export const elementsOf = (element: XmlElement): readonly XmlElement[] =>
  element.children.filter((child) => typeof child !== 'string')

/** The element and all below it, in document order. */
export function* everyElement(element: XmlElement): Iterable<XmlElement> {
  yield element
  for (const child of elementsOf(element)) yield* everyElement(child)
}

/** Value of an attribute without a namespace. */
export const attributeOf = (element: XmlElement, name: string): string | undefined =>
  element.attributes.find((attribute) => attribute.uri === '' && attribute.local === name)?.value

/** All text below, without blanks at either end. */
export const textOf = (element: XmlElement): string => wholeText(element).trim()

const wholeText = (element: XmlElement): string =>
  element.children.map((child) => (typeof child === 'string' ? child : wholeText(child))).join('')

export const NS = {
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
  encryption: 'http://www.w3.org/2001/04/xmlenc#',
} as const
