// Owns a small XML reader for tests of documents that the official clients write. Not for hostile input.
import type { XmlNode } from '../xml.ts'

interface Open {
  readonly name: string
  readonly attributes: Record<string, string>
  readonly children: (XmlNode | string)[]
}

const TOKEN = /<\?[^>]*\?>|<\/([^>]+)>|<([^\s/>]+)((?:\s+[^\s=]+="[^"]*")*)\s*(\/?)>|([^<]+)/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescape = (text: string): string =>
  text.replace(/&(#x[0-9A-Fa-f]+|#\d+|\w+);/g, (whole, name: string) => {
    if (name.startsWith('#x')) return String.fromCodePoint(parseInt(name.slice(2), 16))
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)))
    return ENTITIES[name] ?? whole
  })

/** The root element. Throws on a document without one. */
export function parseXml(text: string): XmlNode {
  const top: Open = { name: '', attributes: {}, children: [] }
  const stack = [top]
  for (const [, close, open, attributes = '', empty, content] of text.matchAll(TOKEN)) {
    const parent = stack[stack.length - 1]
    if (parent === undefined) break
    if (content !== undefined) parent.children.push(unescape(content))
    if (close !== undefined) stack.pop()
    if (open === undefined) continue
    const pairs = [...attributes.matchAll(/([^\s=]+)="([^"]*)"/g)]
    const node: Open = {
      name: open,
      attributes: Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, unescape(value)])),
      children: [],
    }
    parent.children.push(node)
    if (empty !== '/') stack.push(node)
  }
  const root = top.children.find((child) => typeof child !== 'string')
  if (root === undefined) throw new Error('no root element')
  return root
}
