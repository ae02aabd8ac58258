// Owns the shape of a service model: what the generated tables become after `loadModel`. No data here.

/** The services whose models are generated. */
export type ServiceName = 'iam' | 'sts' | 's3'

/** One service: its operations, structures and errors. Immutable after loading. */
export interface ServiceModel {
  readonly service: ServiceName
  /** The API version that Query requests name, for instance `2011-06-15`. */
  readonly version: string
  /** XML namespace of answers, with the slash at its end. */
  readonly namespace: string
  readonly protocol: 'query' | 'restXml'
  /** By operation name, for instance `AssumeRole`. */
  readonly operations: ReadonlyMap<string, OperationModel>
  /** By wire code (`NoSuchEntity`, not `NoSuchEntityException`). */
  readonly errors: ReadonlyMap<string, ErrorModel>
}

/** One operation. */
export interface OperationModel {
  readonly name: string
  readonly input: StructureShape
  /** Absent when the operation answers nothing at all: then Query answers hold no `<XResult>`. */
  readonly output: StructureShape | undefined
  /** Wire codes that the operation declares. */
  readonly errors: readonly string[]
  readonly page: Paging | undefined
  /** True for calls that are made without a signature (AssumeRoleWithSAML, AssumeRoleWithWebIdentity). */
  readonly unsigned: boolean
  /** Only where the protocol is restXml. */
  readonly http: HttpBinding | undefined
}

/** How an operation pages. Member names of input and output. */
export interface Paging {
  readonly inputTokens: readonly string[]
  readonly outputTokens: readonly string[]
  readonly limit: string | undefined
  readonly more: string | undefined
  readonly results: readonly string[]
}

/** Where a restXml operation listens. */
export interface HttpBinding {
  readonly method: string
  /** The path template without the bucket: `/` or `/{Key+}`. */
  readonly path: string
  /** Query parameters that must be present, `x-id` left out; undefined values mean "any value". */
  readonly query: readonly (readonly [name: string, value: string | undefined])[]
  readonly status: number
}

/** A modelled error. */
export interface ErrorModel {
  readonly code: string
  /** The SDK's class name. */
  readonly shape: string
  /** HTTP status; undefined where no model gives one. */
  readonly status: number | undefined
  readonly fault: 'client' | 'server'
}

/** What a value can be. */
export type Shape = StructureShape | ListShape | MapShape | ScalarShape

/** A structure or a union (`union`: exactly one member is set). */
export interface StructureShape {
  readonly kind: 'structure'
  readonly name: string
  readonly union: boolean
  readonly members: readonly Member[]
  readonly byName: ReadonlyMap<string, Member>
  /** Body members by their element name. */
  readonly byWire: ReadonlyMap<string, Member>
  /** Root element name where it is not the shape's or member's. */
  readonly xmlName: string | undefined
}

/** A member of a structure. */
export interface Member {
  readonly name: string
  /** The name as validation messages spell it: `roleSessionName`. */
  readonly path: string
  /** Element or parameter name. */
  readonly wire: string
  readonly shape: Shape
  /** True when the request must hold it (or, in outputs, the model says it is always there). */
  readonly required: boolean
  /** Lists and maps without a surrounding element. */
  readonly flattened: boolean
  /** An XML attribute (`xsi:type` of S3's Grantee). */
  readonly attribute: boolean
  /** XML namespace declared on this element: [uri, prefix]. */
  readonly namespace: readonly [uri: string, prefix: string] | undefined
  /** Where it travels when not in the body (restXml). */
  readonly location: MemberLocation | undefined
  /** Header, header prefix, query parameter or label name. */
  readonly locationName: string
  /** Where it is not the protocol's default. */
  readonly timestamp: TimestampFormat | undefined
}

export type MemberLocation = 'header' | 'prefixHeaders' | 'query' | 'queryParams' | 'label' | 'payload' | 'status'

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds'

/** A list. */
export interface ListShape {
  readonly kind: 'list'
  readonly name: string
  readonly item: Shape
  /** Element name of an item, normally `member`. */
  readonly itemName: string
  readonly min: number | undefined
  readonly max: number | undefined
  /** AWS names "Member must not be null" among the rules of the items. */
  readonly notNull: boolean
}

/** A map from strings. */
export interface MapShape {
  readonly kind: 'map'
  readonly name: string
  readonly key: ScalarShape
  readonly value: Shape
  readonly min: number | undefined
  readonly max: number | undefined
}

export type ScalarKind =
  | 'string'
  | 'integer'
  | 'long'
  | 'double'
  | 'boolean'
  | 'timestamp'
  | 'blob'
  | 'stream'
  | 'events'

/** A single value with its constraints: `min`/`max` are lengths of strings and blobs, values of numbers. */
export interface ScalarShape {
  readonly kind: ScalarKind
  readonly name: string
  readonly min: number | undefined
  readonly max: number | undefined
  /** Regular expression for the whole value, in Java syntax, as AWS prints it. */
  readonly pattern: string | undefined
  readonly values: readonly string[] | undefined
  /** True for secrets that must not be logged. */
  readonly sensitive: boolean
}

/** A decoded structure: member name → value (string, number, boolean, Date, Uint8Array, array, nested structure). */
export type Structure = Readonly<Record<string, unknown>>
