// Owns the XML tree that the server's parser hands in, and the escaping of XML that is written.

/** A parsed element. Names keep their prefix (`xsi:type`); text is unescaped and in document order between elements. */
export interface XmlNode {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly (XmlNode | string)[]
}

/** All text directly inside an element. */
export const textOf = (node: XmlNode): string => node.children.filter((child) => typeof child === 'string').join('')

/** The elements directly inside an element. */
export const elementsOf = (node: XmlNode): readonly XmlNode[] =>
  node.children.filter((child) => typeof child !== 'string')

/** The name without its namespace prefix. */
export const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}
/** What must not stand in a document as it is: markup, and control characters except tab and line feed. */
const SPECIAL = /[&<>"'\p{Cc}]/gu

/**
 * Escapes text for element content and double-quoted attributes. Control characters, carriage returns among them,
 * survive only as references; S3 writes those of keys so, although XML 1.0 has no word for most of them.
 */
export const escapeXml = (text: string): string =>
  text.replace(SPECIAL, (character) => {
    if (character === '\n' || character === '\t') return character
    return ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`
  })
