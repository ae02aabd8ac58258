// Owns the grammar of list indices in Query parameters (recorded from IAM, September 2026).
import { failure } from '../failure.ts'
import type { WireFailure } from '../failure.ts'
import type { ParameterNode } from './parameters.ts'

/** How far an index may lie above the one before it, or above 1. */
const GAP_MAX = 10
const INDEX_MAX = 2_147_483_647

/** The items by position (index 1 is position 0; undefined where a gap left one out), or none numbered at all. */
export type Indexed =
  | { readonly ok: true; readonly items: readonly (ParameterNode | undefined)[]; readonly unnumbered: boolean }
  | WireFailure

/** Reads what stands below `member` or `entry`. `01` and `1` are one item. */
export function indexedItems(node: ParameterNode): Indexed {
  const byIndex = new Map<number, ParameterNode>()
  let unnumbered = node.value !== undefined
  for (const [key, child] of node.children) {
    if (/^-\d+$/.test(key)) return failure('MalformedInput', `Key ${key} may not have a leading '-'`)
    if (!/^\d+$/.test(key)) {
      unnumbered = true
      continue
    }
    const index = Number(key)
    if (index === 0) return failure('MalformedInput', `${key} is not a valid index`)
    if (index > INDEX_MAX) return failure('MalformedInput')
    if ([...child.children.keys()].some((below) => /^\d+$/.test(below)))
      return failure('MalformedInput', 'Two index elements may not occur back to back')
    byIndex.set(index, merge(byIndex.get(index), child))
  }
  return spread(byIndex, unnumbered)
}

function spread(byIndex: ReadonlyMap<number, ParameterNode>, unnumbered: boolean): Indexed {
  const items: (ParameterNode | undefined)[] = []
  let before = 1
  for (const index of [...byIndex.keys()].sort((a, b) => a - b)) {
    const distance = index - before
    if (distance > GAP_MAX)
      return failure('MalformedInput', `Excessively sparse input would skip ${distance} list elements`)
    while (items.length < index - 1) items.push(undefined)
    items.push(byIndex.get(index))
    before = index
  }
  return { ok: true, items, unnumbered }
}

/** Two spellings of one index are one item. */
const merge = (first: ParameterNode | undefined, second: ParameterNode): ParameterNode =>
  first === undefined
    ? second
    : { value: first.value ?? second.value, children: new Map([...second.children, ...first.children]) }
