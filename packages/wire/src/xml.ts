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
  '\r': '&#xD;',
}

/** Escapes text for element content and double-quoted attributes. Carriage returns survive parsing only as references. */
export const escapeXml = (text: string): string =>
  /[&<>"'\r]/.test(text) ? text.replace(/[&<>"'\r]/g, (character) => ESCAPES[character] ?? character) : text
