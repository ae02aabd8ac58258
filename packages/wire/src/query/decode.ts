// Owns reading a Query request: which operation, and its input as the model names it.
import { failure } from '../failure.ts'
import type { WireFailure } from '../failure.ts'
import type {
  ListShape,
  MapShape,
  OperationModel,
  ScalarShape,
  ServiceModel,
  Shape,
  Structure,
  StructureShape,
} from '../model/types.ts'
import { readScalar } from '../scalar.ts'
import { indexedItems } from './indices.ts'
import { parameterTree } from './parameters.ts'
import type { ParameterNode, QueryParameters } from './parameters.ts'

/** A request that was understood. */
export interface DecodedCall {
  readonly ok: true
  readonly operation: OperationModel
  readonly input: Structure
}

/** A decoded value; `value` undefined means absent. */
type Decoded = { readonly ok: true; readonly value: unknown } | WireFailure

const NO_VERSION = 'NO_VERSION_SPECIFIED'
const ABSENT: Decoded = { ok: true, value: undefined }

/**
 * Decodes a Query request. Unknown parameters are ignored. Fails with InvalidAction (unknown operation or version) or
 * MalformedInput (indices, numbers, booleans); constraints of the model are `validate`'s.
 */
export function decodeQuery(model: ServiceModel, parameters: QueryParameters): DecodedCall | WireFailure {
  const tree = parameterTree(parameters)
  const action = tree.children.get('Action')?.value ?? ''
  const version = tree.children.get('Version')?.value ?? NO_VERSION
  const operation = version === model.version ? model.operations.get(action) : undefined
  if (operation === undefined)
    return failure('InvalidAction', `Could not find operation ${action} for version ${version}`)
  const input = structure(operation.input, tree)
  return input.ok ? { ok: true, operation, input: input.value as Structure } : input
}

function decode(shape: Shape, node: ParameterNode): Decoded {
  switch (shape.kind) {
    case 'structure':
      return structure(shape, node)
    case 'list':
      return list(shape, node)
    case 'map':
      return map(shape, node)
    default:
      return scalar(shape, node)
  }
}

function structure(shape: StructureShape, node: ParameterNode): Decoded {
  const value: Record<string, unknown> = {}
  for (const member of shape.members) {
    const child = node.children.get(member.wire)
    if (child === undefined) continue
    const decoded = decode(member.shape, child)
    if (!decoded.ok) return decoded
    if (decoded.value !== undefined) value[member.name] = decoded.value
  }
  return { ok: true, value }
}

/** A scalar that has steps below it is refused, except that a value beside them counts. */
function scalar(shape: ScalarShape, node: ParameterNode): Decoded {
  if (node.value === undefined) return failure('MalformedInput', 'Start of structure or map found where not expected')
  const value = readScalar(shape, node.value)
  return value === undefined ? failure('MalformedInput') : { ok: true, value }
}

/** `Tags=` is an empty list; a list without its `member` step is an unknown parameter. */
function list(shape: ListShape, node: ParameterNode): Decoded {
  const below = node.children.get(shape.itemName)
  if (below === undefined) return emptyOr(node, [])
  const indexed = indexedItems(below)
  if (!indexed.ok) return indexed
  const { items, unnumbered } = indexed
  if (unnumbered && shape.item.kind !== 'structure')
    return failure('MalformedInput', 'Start of list found where not expected')
  if (items.length === 0) return { ok: true, value: [{}] }
  return all(items, (item) => (item === undefined ? { ok: true, value: gap(shape.item) } : decode(shape.item, item)))
}

/** What stands in a list where an index was left out: it exists and is empty. */
const gap = (shape: Shape): unknown => (shape.kind === 'structure' ? {} : shape.kind === 'list' ? [] : '')

/** A map is a list of entries; an empty one is absent. */
function map(shape: MapShape, node: ParameterNode): Decoded {
  const below = node.children.get('entry')
  if (below === undefined) return emptyOr(node, undefined)
  const indexed = indexedItems(below)
  if (!indexed.ok) return indexed
  const entries = all(indexed.items, (item) => entry(shape, item))
  if (!entries.ok) return entries
  return { ok: true, value: Object.fromEntries(entries.value as readonly (readonly [string, unknown])[]) }
}

function entry(shape: MapShape, item: ParameterNode | undefined): Decoded {
  const key = item?.children.get('key')?.value ?? ''
  const below = item?.children.get('value')
  const value = below === undefined ? { ok: true as const, value: gap(shape.value) } : decode(shape.value, below)
  return value.ok ? { ok: true, value: [key, value.value] } : value
}

const emptyOr = (node: ParameterNode, empty: unknown): Decoded => {
  if (node.value === undefined) return ABSENT
  return node.value === '' ? { ok: true, value: empty } : failure('MalformedInput')
}

/** Decodes every item, or fails with the first that does not decode. */
function all<T>(items: readonly T[], read: (item: T) => Decoded): Decoded {
  const values: unknown[] = []
  for (const item of items) {
    const decoded = read(item)
    if (!decoded.ok) return decoded
    values.push(decoded.value)
  }
  return { ok: true, value: values }
}
