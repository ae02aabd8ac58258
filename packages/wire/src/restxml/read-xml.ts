// Owns turning XML elements into values by their shapes. Unknown elements are ignored.
import { failure } from '../failure.ts'
import type { WireFailure } from '../failure.ts'
import type { ListShape, Member, Shape, StructureShape } from '../model/types.ts'
import { readScalar } from '../scalar.ts'
import type { XmlNode } from '../xml.ts'
import { elementsOf, localName, textOf } from '../xml.ts'

/** S3's answer to every document that does not fit. */
export const NOT_WELL_FORMED: WireFailure = failure(
  'MalformedXML',
  'The XML you provided was not well-formed or did not validate against our published schema',
)

type Read = { readonly ok: true; readonly value: unknown } | WireFailure

/** Reads an element as a value of the shape. */
export function readElement(shape: Shape, node: XmlNode): Read {
  switch (shape.kind) {
    case 'structure':
      return readStructure(shape, node)
    case 'list':
      return readList(
        shape,
        elementsOf(node).filter((child) => localName(child.name) === shape.itemName),
      )
    case 'map':
      return readMap(shape, node)
    default: {
      const text = textOf(node)
      const value = readScalar(shape, shape.kind === 'string' ? text : text.trim())
      return value === undefined ? NOT_WELL_FORMED : { ok: true, value }
    }
  }
}

function readStructure(shape: StructureShape, node: XmlNode): Read {
  const value: Record<string, unknown> = {}
  const children = Map.groupBy(elementsOf(node), (child) => localName(child.name))
  for (const member of shape.members) {
    const read = readMember(member, node, children.get(localName(member.wire)) ?? [])
    if (!read.ok) return read
    if (read.value !== undefined) value[member.name] = read.value
  }
  return { ok: true, value }
}

function readMember(member: Member, parent: XmlNode, found: readonly XmlNode[]): Read {
  if (member.location !== undefined) return { ok: true, value: undefined }
  if (member.attribute) return { ok: true, value: attribute(parent, localName(member.wire)) }
  const [first] = found
  if (first === undefined) return { ok: true, value: undefined }
  return member.flattened && member.shape.kind === 'list'
    ? readList(member.shape, found)
    : readElement(member.shape, first)
}

/** `xsi:type`, whatever the prefix is called. */
const attribute = (node: XmlNode, name: string): string | undefined =>
  Object.entries(node.attributes).find(([key]) => !key.startsWith('xmlns') && localName(key) === name)?.[1]

function readList(shape: ListShape, nodes: readonly XmlNode[]): Read {
  const values: unknown[] = []
  for (const node of nodes) {
    const read = readElement(shape.item, node)
    if (!read.ok) return read
    values.push(read.value)
  }
  return { ok: true, value: values }
}

function readMap(shape: Shape & { readonly kind: 'map' }, node: XmlNode): Read {
  const entries: [string, unknown][] = []
  for (const entry of elementsOf(node)) {
    const [key, inner] = elementsOf(entry)
    const value = inner && readElement(shape.value, inner)
    if (key === undefined || value === undefined) return NOT_WELL_FORMED
    if (!value.ok) return value
    entries.push([textOf(key), value.value])
  }
  return { ok: true, value: Object.fromEntries(entries) }
}
