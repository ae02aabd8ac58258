// Owns reading the parameters of a Query request into a tree: `Tags.member.1.Key` is four steps.

/** Raw form or query text (percent-encoded), or pairs already decoded. */
export type QueryParameters = string | readonly (readonly [name: string, value: string])[]

/** One step of a parameter name: its own value, if any, and what lies below. */
export interface ParameterNode {
  readonly value: string | undefined
  readonly children: ReadonlyMap<string, ParameterNode>
}

interface Growing {
  value: string | undefined
  children: Map<string, Growing>
}

/** The pairs of form text. Broken percent-escapes stay as they are. */
export const parametersOf = (parameters: QueryParameters): Iterable<readonly [name: string, value: string]> =>
  typeof parameters === 'string' ? new URLSearchParams(parameters) : parameters

/** No parameter of any model has more steps; longer names are unknown and ignored, whatever they cost to split. */
const STEPS_MAX = 32

/** Of most nodes; a node that grows gets a map of its own. */
const NO_CHILDREN: Map<string, Growing> = new Map()

/** Grows the tree. Of a parameter that comes twice the first counts (not recorded from AWS). */
export function parameterTree(parameters: QueryParameters): ParameterNode {
  const root: Growing = { value: undefined, children: new Map() }
  for (const [name, value] of parametersOf(parameters)) {
    if (!name.includes('.')) {
      const known = root.children.get(name)
      if (known) known.value ??= value
      else root.children.set(name, { value, children: NO_CHILDREN })
      continue
    }
    let node = root
    const steps = name.split('.', STEPS_MAX + 1)
    if (steps.length > STEPS_MAX) continue
    for (const step of steps) {
      if (node.children === NO_CHILDREN) node.children = new Map()
      let child = node.children.get(step)
      if (child === undefined) node.children.set(step, (child = { value: undefined, children: NO_CHILDREN }))
      node = child
    }
    node.value ??= value
  }
  return root
}
