/** XML bodies to trees: saxes reads strictly, this file bounds depth and size and refuses document types. */
import type { XmlNode } from '@understudy/wire'
import { SaxesParser } from 'saxes'

const DEPTH_MAX = 32
const NODES_MAX = 20_000

interface Open {
  readonly name: string
  readonly attributes: Record<string, string>
  readonly children: (XmlNode | string)[]
}

/** @returns the root element, or `undefined` when the text is no well-formed document within the bounds */
export function parseXml(text: string): XmlNode | undefined {
  const parser = new SaxesParser()
  const stack: Open[] = []
  let root: XmlNode | undefined
  let nodes = 0
  let broken = false
  const add = (child: XmlNode | string): void => {
    if (++nodes > NODES_MAX) broken = true
    const top = stack.at(-1)
    if (top) top.children.push(child)
  }
  parser.on('error', () => (broken = true))
  parser.on('doctype', () => (broken = true))
  parser.on('text', (value) => add(value))
  parser.on('cdata', (value) => add(value))
  parser.on('opentag', (tag) => {
    if (stack.length >= DEPTH_MAX) broken = true
    stack.push({ name: tag.name, attributes: { ...tag.attributes }, children: [] })
  })
  parser.on('closetag', () => {
    const node = stack.pop()
    if (node === undefined) return
    if (stack.length === 0) root = node
    else add(node)
  })
  for (let at = 0; at < text.length && !broken; at += STEP) parser.write(text.slice(at, at + STEP))
  if (!broken) parser.close()
  return broken ? undefined : root
}

/** Characters that go to the parser at once, so that a broken document stops early. */
const STEP = 65_536
