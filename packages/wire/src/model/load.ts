// Owns turning a generated table into a ServiceModel: names become references, defaults are filled in.
import { iamTable } from './iam-table.ts'
import type { RawList, RawMap, RawMember, RawModel, RawOperation, RawScalar, RawStructure } from './raw.ts'
import { s3Table } from './s3-table.ts'
import { stsTable } from './sts-table.ts'
import type {
  ErrorModel,
  HttpBinding,
  ListShape,
  MapShape,
  Member,
  OperationModel,
  ScalarShape,
  ServiceModel,
  Shape,
  StructureShape,
} from './types.ts'

/** The model of IAM, loaded at the first call. */
export const iamModel: () => ServiceModel = once(() => loadModel(JSON.parse(iamTable) as RawModel))
/** The model of STS, loaded at the first call. */
export const stsModel: () => ServiceModel = once(() => loadModel(JSON.parse(stsTable) as RawModel))
/** The model of S3, loaded at the first call. */
export const s3Model: () => ServiceModel = once(() => loadModel(JSON.parse(s3Table) as RawModel))

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** Links a table. Throws on a table that names a shape it does not hold, which only a broken generator makes. */
function loadModel(raw: RawModel): ServiceModel {
  const linker: Linker = { raw, made: new Map() }
  const operations = Object.entries(raw.operations).map(
    ([name, row]) => [name, linkOperation(linker, name, row)] as const,
  )
  const errors = Object.entries(raw.errors).map(([code, [shape, status, fault]]): [string, ErrorModel] => [
    code,
    { code, shape, status: status ?? undefined, fault },
  ])
  const { service, version, namespace, protocol } = raw
  return { service, version, namespace, protocol, operations: new Map(operations), errors: new Map(errors) }
}

interface Linker {
  readonly raw: RawModel
  readonly made: Map<string, Shape>
}

function linkOperation(linker: Linker, name: string, row: RawOperation): OperationModel {
  const [inputTokens, outputTokens, limit, more, results] = row.page ?? []
  return {
    name,
    input: linkStructure(linker, row.in),
    output: row.out === undefined ? undefined : linkStructure(linker, row.out),
    errors: row.errors ?? [],
    page:
      inputTokens && outputTokens && results
        ? { inputTokens, outputTokens, limit: limit ?? undefined, more: more ?? undefined, results }
        : undefined,
    unsigned: row.unsigned === 1,
    http: row.http && linkHttp(row.http),
  }
}

function linkHttp([method, uri, status]: NonNullable<RawOperation['http']>): HttpBinding {
  const [path = '/', flags] = uri.split('?')
  const query = (flags?.split('&') ?? []).map((flag): [string, string | undefined] => {
    const [name = '', value] = flag.split('=')
    return [name, value]
  })
  return { method, path, query, status }
}

function linkStructure(linker: Linker, name: string): StructureShape {
  const shape = link(linker, name)
  if (shape.kind !== 'structure') throw new Error(`${name} is not a structure`)
  return shape
}

function link(linker: Linker, name: string): Shape {
  const made = linker.made.get(name)
  if (made !== undefined) return made
  const raw = linker.raw.shapes[name]
  if (raw === undefined) throw new Error(`the ${linker.raw.service} table has no shape ${name}`)
  switch (raw.kind) {
    case 'structure':
    case 'union':
      return structure(linker, name, raw)
    case 'list':
      return list(linker, name, raw)
    case 'map':
      return map(linker, name, raw)
    default:
      return keep(linker, name, scalar(name, raw))
  }
}

function keep<S extends Shape>(linker: Linker, name: string, shape: S): S {
  linker.made.set(name, shape)
  return shape
}

/** A structure is registered before its members, since it may contain itself. */
function structure(linker: Linker, name: string, raw: RawStructure): StructureShape {
  const members: Member[] = []
  const byName = new Map<string, Member>()
  const byWire = new Map<string, Member>()
  const { xmlName } = raw
  const shape = keep(linker, name, {
    kind: 'structure',
    name,
    union: raw.kind === 'union',
    members,
    byName,
    byWire,
    xmlName,
  })
  for (const [memberName, row] of Object.entries(raw.members)) {
    const member = linkMember(linker, memberName, typeof row === 'string' ? { shape: row } : row)
    members.push(member)
    byName.set(memberName, member)
    if (member.location === undefined || member.location === 'payload') byWire.set(member.wire, member)
  }
  return shape
}

function linkMember(linker: Linker, name: string, row: RawMember): Member {
  return {
    name,
    path: name.charAt(0).toLowerCase() + name.slice(1),
    wire: row.wire ?? name,
    shape: link(linker, row.shape),
    required: row.required === 1,
    flattened: row.flattened === 1,
    attribute: row.attribute === 1,
    namespace: row.namespace,
    location: row.in,
    locationName: row.at ?? name,
    timestamp: row.format,
  }
}

function list(linker: Linker, name: string, raw: RawList): ListShape {
  const { min, max } = raw
  const item = link(linker, raw.of)
  return keep(linker, name, {
    kind: 'list',
    name,
    item,
    itemName: raw.item ?? 'member',
    min,
    max,
    notNull: raw.notNull === 1,
  })
}

function map(linker: Linker, name: string, raw: RawMap): MapShape {
  const key = link(linker, raw.key)
  if (key.kind === 'structure' || key.kind === 'list' || key.kind === 'map')
    throw new Error(`${name} has no scalar keys`)
  const { min, max } = raw
  return keep(linker, name, { kind: 'map', name, key, value: link(linker, raw.value), min, max })
}

const scalar = (name: string, raw: RawScalar): ScalarShape => ({
  kind: raw.kind,
  name,
  min: raw.min,
  max: raw.max,
  pattern: raw.pattern,
  values: raw.enum,
  sensitive: raw.sensitive === 1,
})
