// Owns reading the schema objects that the official clients export (names end in `$`): the wire side of a model.

/** A schema as the clients write it: a number for simple kinds, a tuple for the rest, a function where it is lazy. */
type Schema = number | string | readonly unknown[] | (() => Schema)

/** Traits that matter on the wire, by Smithy's names. */
export type Traits = Readonly<Record<string, unknown>>

/** A target with the traits of the reference and of the target merged. */
export type ClientShape =
  | {
      readonly kind: 'structure'
      readonly name: string
      readonly union: boolean
      readonly traits: Traits
      readonly members: readonly ClientMember[]
      readonly requiredCount: number
    }
  | {
      readonly kind: 'list'
      readonly name: string
      readonly traits: Traits
      readonly item: Lazy
      readonly itemTraits: Traits
    }
  | { readonly kind: 'map'; readonly name: string; readonly traits: Traits; readonly key: Lazy; readonly value: Lazy }
  | { readonly kind: ClientScalar; readonly name: string; readonly traits: Traits }

export type ClientScalar =
  | 'string'
  | 'number'
  | 'boolean'
  | 'timestamp'
  | 'date-time'
  | 'http-date'
  | 'epoch-seconds'
  | 'blob'
  | 'stream'

/** Shapes may contain themselves, so they are read when asked for. */
export type Lazy = () => ClientShape

export interface ClientMember {
  readonly name: string
  readonly shape: Lazy
  /** Traits of the member itself, before those of its target. */
  readonly own: Traits
  readonly traits: Traits
}

export interface ClientOperation {
  readonly name: string
  readonly http: readonly [method: string, uri: string, status: number] | undefined
  readonly input: ClientShape
  readonly output: ClientShape | undefined
}

export interface ClientError {
  readonly shape: string
  readonly code: string
  readonly status: number | undefined
  readonly fault: 'client' | 'server'
}

export interface ClientModel {
  readonly operations: readonly ClientOperation[]
  readonly errors: readonly ClientError[]
}

/** Smithy's compact trait bits. */
const TRAIT_BITS = [
  'httpLabel',
  'idempotent',
  'idempotencyToken',
  'sensitive',
  'httpPayload',
  'httpResponseCode',
  'httpQueryParams',
] as const

const SCALARS: ReadonlyMap<number, ClientScalar> = new Map([
  [0, 'string'],
  [1, 'number'],
  [2, 'boolean'],
  [4, 'timestamp'],
  [5, 'date-time'],
  [6, 'http-date'],
  [7, 'epoch-seconds'],
  [21, 'blob'],
  [42, 'stream'],
])
const LIST = 64
const MAP = 128

/** Reads every operation and error schema of a client package. Throws on anything it does not know. */
export function readClient(module: Readonly<Record<string, unknown>>): ClientModel {
  const schemas = Object.entries(module)
    .filter(([name, value]) => name.endsWith('$') && Array.isArray(value))
    .map(([, value]) => value as readonly unknown[])
  return {
    operations: schemas.filter((schema) => schema[0] === 9).map(operation),
    errors: schemas.filter((schema) => schema[0] === -3 && !String(schema[1]).startsWith('smithy.ts.sdk')).map(error),
  }
}

function operation(schema: readonly unknown[]): ClientOperation {
  const traits = readTraits(schema[3])
  const output = resolve(schema[5] as Schema)
  return {
    name: schema[2] as string,
    http: traits['http'] as ClientOperation['http'],
    input: shape(schema[4] as Schema),
    output: output === 'unit' ? undefined : shape(output),
  }
}

function error(schema: readonly unknown[]): ClientError {
  const traits = readTraits(schema[3])
  const query = traits['awsQueryError'] as readonly [string, number] | undefined
  return {
    shape: schema[2] as string,
    code: query?.[0] ?? (schema[2] as string),
    status: query?.[1] ?? (traits['httpError'] as number | undefined),
    fault: traits['error'] === 'server' ? 'server' : 'client',
  }
}

const resolve = (schema: Schema): Exclude<Schema, () => Schema> => {
  let current = schema
  while (typeof current === 'function') current = current()
  return current
}

/** A schema reference, with any member traits on the way to it left aside. */
function shape(reference: Schema): ClientShape {
  const schema = resolve(reference)
  if (schema === 'unit')
    return { kind: 'structure', name: 'Unit', union: false, traits: {}, members: [], requiredCount: 0 }
  if (typeof schema === 'number') return simple(schema)
  if (typeof schema === 'string') throw new Error(`unknown schema ${schema}`)
  const [kind, , name, traits, first, second, third] = schema
  if (typeof kind !== 'number' || typeof name !== 'string') return shape(schema[0] as Schema)
  const common = { name, traits: readTraits(traits) }
  if (kind === 0) return { ...shape(first as Schema), ...common } as ClientShape
  if (kind === 1)
    return { kind: 'list', ...common, item: () => shape(first as Schema), itemTraits: memberTraits(first as Schema) }
  if (kind === 2)
    return { kind: 'map', ...common, key: () => shape(first as Schema), value: () => shape(second as Schema) }
  if (kind !== 3 && kind !== 4 && kind !== -3) throw new Error(`unknown schema kind ${kind} of ${name}`)
  const members = (first as readonly string[]).map((member, index) =>
    readMember(member, (second as readonly Schema[])[index] as Schema),
  )
  return { kind: 'structure', ...common, union: kind === 4, members, requiredCount: (third as number | undefined) ?? 0 }
}

/** A number: a scalar, or a list or map of one. */
function simple(code: number): ClientShape {
  const scalar = SCALARS.get(code)
  if (scalar !== undefined) return { kind: scalar, name: '', traits: {} }
  const lists = code >= MAP ? MAP : LIST
  if (code < LIST) throw new Error(`unknown simple schema ${code}`)
  const item = () => simple(code - lists)
  if (lists === MAP) return { kind: 'map', name: '', traits: {}, key: () => simple(0), value: item }
  return { kind: 'list', name: '', traits: {}, item, itemTraits: {} }
}

function readMember(name: string, reference: Schema): ClientMember {
  const own = memberTraits(reference)
  return { name, own, traits: { ...targetTraits(reference), ...own }, shape: () => shape(reference) }
}

/** `[schema, traits]` is a reference with traits; everything else has none of its own. */
function memberTraits(reference: Schema): Traits {
  const schema = resolve(reference)
  if (!Array.isArray(schema) || typeof schema[2] === 'string') return {}
  return { ...memberTraits(schema[0] as Schema), ...readTraits(schema[1]) }
}

function targetTraits(reference: Schema): Traits {
  const schema = resolve(reference)
  if (!Array.isArray(schema)) return {}
  return typeof schema[2] === 'string' ? readTraits(schema[3]) : targetTraits(schema[0] as Schema)
}

function readTraits(traits: unknown): Traits {
  if (traits === undefined) return {}
  if (typeof traits === 'number') {
    if (traits >= 2 ** TRAIT_BITS.length) throw new Error(`unknown trait bits ${traits}`)
    return Object.fromEntries(TRAIT_BITS.flatMap((name, bit) => (traits & (1 << bit) ? [[name, 1]] : [])))
  }
  return traits as Traits
}
