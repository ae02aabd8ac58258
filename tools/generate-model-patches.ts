// Owns applying `patches.json`: corrections of the models, each with its evidence. A patch that changes nothing fails.
import type { RawModel, RawShape } from '@understudy/wire'

/** One correction. Without `member` it is of the shape itself; a `set` of null takes a key away. */
export interface Patch {
  readonly service: string
  readonly shape: string
  readonly member?: string
  readonly set?: Readonly<Record<string, unknown>>
  /** Members in the order in which AWS writes them; the others follow in the model's order. */
  readonly order?: readonly string[]
  readonly evidence: string
}

/** Another status of a success than the models say. */
export interface StatusPatch {
  readonly service: string
  readonly operation: string
  readonly status: number
  readonly evidence: string
}

/** A disagreement of the sources that is understood. */
export interface Accepted {
  readonly service: string
  readonly complaint: string
  readonly evidence: string
}

export interface Patches {
  readonly patches: readonly Patch[]
  readonly statuses: readonly StatusPatch[]
  readonly accepted: readonly Accepted[]
}

/** Applies the patches of one service; throws on one that does not apply. */
export function applyPatches(model: RawModel, patches: readonly Patch[]): RawModel {
  const shapes: Record<string, RawShape> = { ...model.shapes }
  for (const patch of patches.filter(({ service }) => service === model.service)) {
    const shape = shapes[patch.shape]
    if (shape === undefined || patch.evidence === '')
      throw new Error(`patch of ${patch.shape}: no such shape or no evidence`)
    const next = patched(shape, patch)
    if (JSON.stringify(next) === JSON.stringify(shape)) throw new Error(`patch of ${patch.shape} changes nothing`)
    shapes[patch.shape] = next as RawShape
  }
  return { ...model, shapes }
}

/** Applies the patches of statuses; throws on one that does not apply. */
export function applyStatuses(model: RawModel, patches: readonly StatusPatch[]): RawModel {
  const operations = { ...model.operations }
  for (const { operation: name, status, evidence } of patches.filter(({ service }) => service === model.service)) {
    const operation = operations[name]
    if (operation?.http === undefined || evidence === '')
      throw new Error(`status of ${name}: no such operation or no evidence`)
    const [method, path, old] = operation.http
    if (old === status) throw new Error(`status of ${name} changes nothing`)
    operations[name] = { ...operation, http: [method, path, status] }
  }
  return { ...model, operations }
}

function patched(shape: RawShape, patch: Patch): unknown {
  if (patch.order) return inOrder(shape, patch, patch.order)
  return patch.member === undefined ? merged(shape, patch.set) : withMember(shape, patch, patch.member)
}

function inOrder(shape: RawShape, patch: Patch, order: readonly string[]): unknown {
  if (!('members' in shape)) throw new Error(`patch of ${patch.shape}: not a structure`)
  const first = order.map((name) => {
    const member = shape.members[name]
    if (member === undefined) throw new Error(`patch of ${patch.shape}: no member ${name}`)
    return [name, member] as const
  })
  return { ...shape, members: { ...Object.fromEntries(first), ...without(shape.members, order) } }
}

const without = <T>(members: Readonly<Record<string, T>>, names: readonly string[]): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)))

function withMember(shape: RawShape, patch: Patch, name: string): unknown {
  if (!('members' in shape) || !(name in shape.members)) throw new Error(`patch of ${patch.shape}: no member ${name}`)
  const old = shape.members[name]
  const next = merged(typeof old === 'string' ? { shape: old } : (old ?? {}), patch.set)
  return { ...shape, members: { ...shape.members, [name]: next } }
}

function merged(old: object, set: Patch['set']): object {
  const all = { ...old, ...set }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
}

/** Takes accepted disagreements out; those that did not come up are themselves a complaint. */
export function remaining(
  service: string,
  complaints: readonly string[],
  accepted: readonly Accepted[],
): readonly string[] {
  const known = accepted.filter((entry) => entry.service === service).map(({ complaint }) => complaint)
  return [
    ...complaints.filter((complaint) => !known.includes(complaint)),
    ...known.filter((complaint) => !complaints.includes(complaint)).map((complaint) => `no longer: ${complaint}`),
  ]
}
