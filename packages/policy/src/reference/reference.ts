/**
 * The service reference as a value: which actions AWS services have, on which resources, with which condition keys.
 * The data comes from outside (`tools/generate-reference.ts`); here is its compact form and how it is asked.
 */
import type { KeyType } from '../context-keys.ts'

/** A list of positions in another list. */
type Positions = readonly number[]

/** One service as the generated file holds it. Keys have `*` where AWS writes a variable part. */
export interface CompactService {
  readonly keys: readonly (readonly [key: string, type: KeyType, multivalued: 0 | 1])[]
  readonly resources: readonly (readonly [type: string, arn: string, keys: Positions])[]
  readonly actions: readonly (readonly [name: string, resources: Positions, keys: Positions])[]
}

/** The generated file. */
export interface CompactReference {
  /** Day of the data, `2026-09-26`. */
  readonly updated: string
  /** Keys that any service may know. */
  readonly global: CompactService['keys']
  readonly services: Readonly<Record<string, CompactService>>
}

export interface ReferenceKey {
  /** As AWS spells it, `*` for a variable part: `aws:RequestTag/*`. */
  readonly key: string
  readonly type: KeyType
  readonly multivalued: boolean
}

export interface ReferenceResource {
  /** `object`. */
  readonly type: string
  /** `arn:${Partition}:s3:::${BucketName}/${ObjectName}`. */
  readonly arn: string
  /** The same as a glob, `*` for each variable and for the partition. */
  readonly glob: string
}

export interface ReferenceAction {
  /** `s3:GetObject`, as AWS spells it. */
  readonly name: string
  /** Types of resources that the action takes; none for an action that is granted on `*` only. */
  readonly resources: readonly ReferenceResource[]
  /** Keys that the action or one of its resources knows, beside the global ones. */
  readonly keys: readonly ReferenceKey[]
}

export interface ServiceReference {
  readonly updated: string
  readonly hasService: (prefix: string) => boolean
  /** All actions of a service; none when the service is not known. */
  readonly actionsOf: (prefix: string) => readonly ReferenceAction[]
  /** @param name `s3:GetObject`, in any case */
  readonly action: (name: string) => ReferenceAction | undefined
  /** A key that every service may know. */
  readonly globalKey: (key: string) => ReferenceKey | undefined
  /** A key as the service of its prefix defines it; the first service that knows it for keys of identity providers. */
  readonly serviceKey: (service: string, key: string) => ReferenceKey | undefined
  readonly serviceNames: readonly string[]
}

interface Service {
  readonly actions: ReadonlyMap<string, ReferenceAction>
  readonly keys: readonly ReferenceKey[]
}

/** Makes the compact form ready to be asked; a service is unfolded when it is asked about first. */
export function readReference(compact: CompactReference): ServiceReference {
  const unfolded = new Map<string, Service>()
  const names = Object.keys(compact.services)
  const known = new Set(names)
  const service = (prefix: string): Service | undefined => {
    const name = prefix.toLowerCase()
    const found = known.has(name) ? compact.services[name] : undefined
    if (!found) return undefined
    const ready = unfolded.get(name) ?? unfold(name, found)
    unfolded.set(name, ready)
    return ready
  }
  const global = compact.global.map(keyOf)
  return {
    updated: compact.updated,
    hasService: (prefix) => known.has(prefix.toLowerCase()),
    actionsOf: (prefix) => [...(service(prefix)?.actions.values() ?? [])],
    action: (name) => service(name.slice(0, Math.max(0, name.indexOf(':'))))?.actions.get(name.toLowerCase()),
    globalKey: (key) => global.find((row) => keyCovers(row.key, key)),
    serviceKey: (prefix, key) => service(prefix)?.keys.find((row) => keyCovers(row.key, key)),
    serviceNames: names,
  }
}

const keyOf = ([key, type, multivalued]: CompactService['keys'][number]): ReferenceKey => ({
  key,
  type,
  multivalued: multivalued === 1,
})

function unfold(prefix: string, compact: CompactService): Service {
  const keys = compact.keys.map(keyOf)
  const at = <T>(list: readonly T[], positions: Positions): readonly T[] =>
    positions.flatMap((position) => list[position] ?? [])
  const resources = compact.resources.map(([type, arn]) => ({ type, arn, glob: globOf(arn) }))
  const actions = compact.actions.map(([name, taken, own]): ReferenceAction => {
    const positions = new Set([...own, ...taken.flatMap((index) => compact.resources[index]?.[2] ?? [])])
    return { name: `${prefix}:${name}`, resources: at(resources, taken), keys: at(keys, [...positions]) }
  })
  return { keys, actions: new Map(actions.map((action) => [action.name.toLowerCase(), action])) }
}

/** `${…}` becomes `*`: an ARN of the type is covered by it. */
const globOf = (arn: string): string => arn.replaceAll(/\$\{[^}]*\}/g, '*')

/** Does a key of the reference, with `*` for its variable part, stand for the key written? Case does not count. */
export function keyCovers(pattern: string, key: string): boolean {
  const wanted = pattern.toLowerCase()
  const given = key.toLowerCase()
  const star = wanted.indexOf('*')
  if (star < 0) return wanted === given
  const tail = wanted.slice(star + 1)
  return given.length > star + tail.length && given.startsWith(wanted.slice(0, star)) && given.endsWith(tail)
}
