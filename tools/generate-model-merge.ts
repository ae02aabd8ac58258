// Owns merging the two sources of a service model: wire names from the client, constraints from botocore.
// Where both say something and differ, it collects a complaint; the caller fails with all of them.
import type { RawMember, RawModel, RawOperation, RawScalar, RawShape } from '@understudy/wire'
import type { MemberLocation, ScalarKind, ServiceName } from '@understudy/wire'
import type { BotoMember, BotoModel, BotoPaging, BotoShape } from './generate-model-botocore.ts'
import type { ClientMember, ClientModel, ClientOperation, ClientShape, Traits } from './generate-model-client.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** The state of one merge. */
interface Merge {
  readonly boto: BotoModel
  readonly rest: boolean
  readonly shapes: Map<string, RawShape>
  readonly complaints: string[]
}

/** Merges one service. `complaints` is empty when the sources agree. */
export function mergeModels(
  service: ServiceName,
  client: ClientModel,
  boto: BotoModel,
): { readonly model: RawModel; readonly complaints: readonly string[] } {
  const rest = boto.metadata.protocol === 'rest-xml'
  const merge: Merge = { boto, rest, shapes: new Map(), complaints: [] }
  const named = [...client.operations].sort((a, b) => (a.name < b.name ? -1 : 1))
  const operations = named.map((operation) => [operation.name, mergeOperation(merge, operation)] as const)
  for (const [name, operation] of Object.entries(boto.operations))
    if (!operation.deprecated && !client.operations.some((other) => other.name === name))
      merge.complaints.push(`${name}: not in the client`)
  const shapes = [...merge.shapes].sort(([a], [b]) => (a < b ? -1 : 1))
  const model: RawModel = {
    service,
    version: boto.metadata.apiVersion,
    namespace: boto.metadata.xmlNamespace ?? `http://s3.amazonaws.com/doc/${boto.metadata.apiVersion}/`,
    protocol: rest ? 'restXml' : 'query',
    operations: Object.fromEntries(operations),
    errors: mergeErrors(merge, client),
    shapes: Object.fromEntries(shapes),
  }
  return { model, complaints: merge.complaints }
}

function mergeOperation(merge: Merge, operation: ClientOperation): RawOperation {
  const boto = merge.boto.operations[operation.name]
  const result: Writable<RawOperation> = { in: mergeShape(merge, operation.input, boto?.input, operation.name) }
  if (operation.output) result.out = mergeShape(merge, operation.output, boto?.output, operation.name)
  if (boto && (boto.output === undefined) !== (operation.output === undefined) && !merge.rest)
    merge.complaints.push(`${operation.name}: only one source has an output`)
  const errors = (boto?.errors ?? []).map((error) => wireCode(merge.boto, error.shape))
  if (errors.length > 0) result.errors = errors
  const page = merge.boto.pagination[operation.name]
  if (page) result.page = paging(page)
  if (boto?.authtype === 'none') result.unsigned = 1
  if (merge.rest && operation.http) result.http = httpBinding(merge, operation, operation.http)
  return result
}

const many = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value)

function paging(page: BotoPaging): NonNullable<RawOperation['page']> {
  return [
    many(page.input_token),
    many(page.output_token),
    page.limit_key ?? null,
    page.more_results ?? null,
    many(page.result_key),
  ]
}

/** The URI without the bucket and without `x-id`, which only some SDKs send. */
function httpBinding(merge: Merge, operation: ClientOperation, http: NonNullable<ClientOperation['http']>) {
  const strip = (uri: string) => uri.replace(/^\/\{Bucket\}/, '').replace(/^$|^(?=\?)/, '/')
  const [method, uri, status] = http
  const withoutId = uri.replace(/([?&])x-id=\w+/, '').replace(/\?$/, '')
  const boto = merge.boto.operations[operation.name]?.http
  if (boto) {
    if (boto.method !== method) merge.complaints.push(`${operation.name}: method ${method} and ${boto.method}`)
    const theirs = strip(boto.requestUri)
      .replace(/([?&])x-id=\w+/, '')
      .replace(/\?$/, '')
    if (theirs !== withoutId) merge.complaints.push(`${operation.name}: URI ${withoutId} and ${theirs}`)
    if (boto.responseCode !== undefined && boto.responseCode !== status)
      merge.complaints.push(`${operation.name}: status ${status} and ${boto.responseCode}`)
  }
  return [method, withoutId, status] as const
}

const wireCode = (boto: BotoModel, shape: string): string => boto.shapes[shape]?.error?.code ?? shape

function mergeErrors(merge: Merge, client: ClientModel): RawModel['errors'] {
  const rows = client.errors.map((error) => {
    const boto = merge.boto.shapes[error.shape]
    if (boto && wireCode(merge.boto, error.shape) !== error.code)
      merge.complaints.push(`${error.shape}: code ${error.code} and ${wireCode(merge.boto, error.shape)}`)
    const theirs = boto?.error?.httpStatusCode
    if (theirs !== undefined && error.status !== undefined && theirs !== error.status)
      merge.complaints.push(`${error.shape}: status ${error.status} and ${theirs}`)
    return [error.code, [error.shape, error.status ?? theirs ?? null, error.fault]] as const
  })
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Registers a shape with all it holds and returns its name in the table. */
function mergeShape(merge: Merge, client: ClientShape, reference: BotoMember | undefined, where: string): string {
  if (client.kind === 'structure') return mergeStructure(merge, client, reference)
  const boto = reference && merge.boto.shapes[reference.shape]
  if (client.kind === 'list') {
    const name = reference?.shape ?? (client.name || `${where}List`)
    if (merge.shapes.has(name)) return name
    if (boto && boto.type !== 'list') merge.complaints.push(`${name}: a list and a ${boto.type}`)
    const of = mergeShape(merge, client.item(), boto?.member, name)
    const item = client.itemTraits['xmlName'] as string | undefined
    const theirs = boto?.member?.locationName
    if (boto && !boto.flattened && (item ?? 'member') !== (theirs ?? 'member'))
      merge.complaints.push(`${name}: items ${item} and ${theirs}`)
    return add(merge, name, { kind: 'list', of, ...(item ? { item } : {}), ...limits(boto) })
  }
  if (client.kind === 'map') {
    const name = reference?.shape ?? (client.name || `${where}Map`)
    if (boto && boto.type !== 'map') merge.complaints.push(`${name}: a map and a ${boto.type}`)
    const key = mergeShape(merge, client.key(), boto?.key, `${name}Key`)
    const value = mergeShape(merge, client.value(), boto?.value, `${name}Value`)
    return add(merge, name, { kind: 'map', key, value, ...limits(boto) })
  }
  return mergeScalar(merge, client, reference, where)
}

const BOTO_KINDS: Readonly<Record<string, ScalarKind>> = {
  string: 'string',
  integer: 'integer',
  long: 'long',
  float: 'double',
  double: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp',
  blob: 'blob',
  character: 'string',
}

function mergeScalar(merge: Merge, client: ClientShape, reference: BotoMember | undefined, where: string): string {
  const boto = reference && merge.boto.shapes[reference.shape]
  const kind = scalarKind(merge, client, boto, where)
  const raw: RawScalar = {
    kind,
    ...limits(boto),
    ...(boto?.pattern === undefined ? {} : { pattern: boto.pattern }),
    ...(boto?.enum === undefined ? {} : { enum: boto.enum }),
    ...(boto?.sensitive || client.traits['sensitive'] ? { sensitive: 1 as const } : {}),
  }
  const bare = Object.keys(raw).length === 1
  return add(merge, bare ? kind : (reference?.shape ?? `${kind}.sensitive`), raw)
}

function scalarKind(merge: Merge, client: ClientShape, boto: BotoShape | undefined, where: string): ScalarKind {
  const ours = client.kind
  if (ours === 'stream') return 'stream'
  const theirs = boto && BOTO_KINDS[boto.type]
  if (ours === 'number') return theirs ?? (merge.rest ? 'long' : 'integer')
  const kind: ScalarKind =
    ours === 'date-time' || ours === 'http-date' || ours === 'epoch-seconds' ? 'timestamp' : (ours as ScalarKind)
  if (theirs !== undefined && theirs !== kind) merge.complaints.push(`${where}: a ${kind} and a ${theirs}`)
  return kind
}

function mergeStructure(
  merge: Merge,
  client: ClientShape & { kind: 'structure' },
  reference: BotoMember | undefined,
): string {
  const { name } = client
  if (name === 'Unit' || merge.shapes.has(name))
    return name === 'Unit' ? add(merge, name, { kind: 'structure', members: {} }) : name
  if (client.traits['streaming']) return add(merge, 'events', { kind: 'events' })
  const boto = merge.boto.shapes[name] ?? (reference && merge.boto.shapes[reference.shape])
  if (boto && boto.type !== 'structure') merge.complaints.push(`${name}: a structure and a ${boto.type}`)
  const members: Record<string, string | RawMember> = {}
  const xmlName = client.traits['xmlName'] as string | undefined
  const raw: RawShape = { kind: client.union ? 'union' : 'structure', ...(xmlName ? { xmlName } : {}), members }
  merge.shapes.set(name, raw)
  for (const [index, member] of client.members.entries())
    members[member.name] = mergeMember(merge, `${name}$${member.name}`, {
      member,
      boto,
      counted: index < client.requiredCount,
    })
  for (const theirs of Object.keys(boto?.members ?? {}))
    if (!(theirs in members)) merge.complaints.push(`${name}$${theirs}: not in the client`)
  return name
}

function mergeMember(
  merge: Merge,
  where: string,
  given: { readonly member: ClientMember; readonly boto: BotoShape | undefined; readonly counted: boolean },
): string | RawMember {
  const { member, boto, counted } = given
  const theirs = boto?.members?.[member.name]
  const listed = boto?.required?.includes(member.name) ?? false
  if (theirs && listed !== counted) merge.complaints.push(`${where}: required ${counted} and ${listed}`)
  const target = member.shape()
  const shape = mergeShape(merge, target, theirs, where)
  const raw: Writable<RawMember> = { shape }
  if (counted) raw.required = 1
  const wire = member.own['xmlName'] as string | undefined
  if (wire && wire !== member.name) raw.wire = wire
  if (member.own['xmlFlattened']) raw.flattened = 1
  if (member.own['xmlAttribute']) raw.attribute = 1
  const namespace = member.own['xmlNamespace'] as readonly [string, string] | undefined
  if (namespace) raw.namespace = [namespace[1], namespace[0]]
  place(merge, raw, member.own)
  const format = target.kind
  if (format === 'date-time' || format === 'http-date' || format === 'epoch-seconds') raw.format = format
  if (theirs) compareMember(merge, where, raw, { name: member.name, theirs })
  return Object.keys(raw).length === 1 ? shape : raw
}

const PLACES: readonly (readonly [trait: string, place: MemberLocation])[] = [
  ['httpLabel', 'label'],
  ['httpPayload', 'payload'],
  ['httpResponseCode', 'status'],
  ['httpQueryParams', 'queryParams'],
  ['httpHeader', 'header'],
  ['httpQuery', 'query'],
  ['httpPrefixHeaders', 'prefixHeaders'],
]

function place(merge: Merge, raw: Writable<RawMember>, traits: Traits): void {
  if (!merge.rest) return
  const found = PLACES.find(([trait]) => traits[trait] !== undefined)
  if (!found) return
  raw.in = found[1]
  const name = traits[found[0]]
  if (typeof name === 'string') raw.at = name
}

const BOTO_PLACES: Readonly<Record<string, MemberLocation>> = {
  header: 'header',
  headers: 'prefixHeaders',
  querystring: 'query',
  uri: 'label',
  statusCode: 'status',
}

/** Names on the wire must be the same in both sources. Header names differ in case only, which means nothing. */
function compareMember(
  merge: Merge,
  where: string,
  raw: RawMember,
  other: { readonly name: string; readonly theirs: BotoMember },
): void {
  const { name, theirs } = other
  const place = theirs.location && BOTO_PLACES[theirs.location]
  if (merge.rest && raw.in !== 'payload' && raw.in !== place)
    merge.complaints.push(`${where}: travels in ${raw.in} and ${theirs.location}`)
  if (raw.at && raw.at.toLowerCase() !== (theirs.locationName ?? '').toLowerCase())
    merge.complaints.push(`${where}: at ${raw.at} and ${theirs.locationName}`)
  if (raw.in) return
  const flattened = theirs.flattened ?? merge.boto.shapes[theirs.shape]?.flattened ?? false
  if (flattened !== (raw.flattened === 1))
    merge.complaints.push(`${where}: flattened ${raw.flattened} and ${flattened}`)
  const item = merge.boto.shapes[theirs.shape]?.member?.locationName
  const wire = flattened ? (theirs.locationName ?? item ?? name) : (theirs.locationName ?? name)
  if (wire !== (raw.wire ?? name)) merge.complaints.push(`${where}: named ${raw.wire ?? name} and ${wire}`)
}

const limits = (boto: BotoShape | undefined) => ({
  ...(boto?.min === undefined ? {} : { min: boto.min }),
  ...(boto?.max === undefined ? {} : { max: boto.max }),
})

/** Adds a shape; the same name must always mean the same. */
function add(merge: Merge, name: string, raw: RawShape): string {
  const there = merge.shapes.get(name)
  if (there && JSON.stringify(there) !== JSON.stringify(raw))
    merge.complaints.push(`${name}: two meanings, ${JSON.stringify(there)} and ${JSON.stringify(raw)}`)
  merge.shapes.set(name, raw)
  return name
}
