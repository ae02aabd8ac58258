// Owns the form of the generated tables: short keys, shapes by name. `load.ts` turns them into a ServiceModel.
import type { MemberLocation, ScalarKind, ServiceName, TimestampFormat } from './types.ts'

/** A whole table. */
export interface RawModel {
  readonly service: ServiceName
  readonly version: string
  readonly namespace: string
  readonly protocol: 'query' | 'restXml'
  readonly operations: Readonly<Record<string, RawOperation>>
  /** Wire code → [SDK class, status, fault]. */
  readonly errors: Readonly<Record<string, readonly [shape: string, status: number | null, fault: 'client' | 'server']>>
  readonly shapes: Readonly<Record<string, RawShape>>
}

export interface RawOperation {
  readonly in: string
  readonly out?: string
  readonly errors?: readonly string[]
  /** [input tokens, output tokens, limit, more, results] */
  readonly page?: readonly [readonly string[], readonly string[], string | null, string | null, readonly string[]]
  readonly unsigned?: 1
  /** [method, URI with query flags, status] */
  readonly http?: readonly [method: string, uri: string, status: number]
}

export type RawShape = RawStructure | RawList | RawMap | RawScalar

export interface RawStructure {
  readonly kind: 'structure' | 'union'
  readonly xmlName?: string
  /** Member → shape name, or more than that. */
  readonly members: Readonly<Record<string, string | RawMember>>
}

export interface RawMember {
  readonly shape: string
  readonly required?: 1
  readonly wire?: string
  readonly flattened?: 1
  readonly attribute?: 1
  readonly namespace?: readonly [uri: string, prefix: string]
  readonly in?: MemberLocation
  /** Header, prefix or query name. */
  readonly at?: string
  readonly format?: TimestampFormat
}

interface RawLimits {
  readonly min?: number
  readonly max?: number
}

export interface RawList extends RawLimits {
  readonly kind: 'list'
  readonly of: string
  /** Element name of an item where it is not `member`. */
  readonly item?: string
  /** Only patches say this: items must not be null. */
  readonly notNull?: 1
}

export interface RawMap extends RawLimits {
  readonly kind: 'map'
  readonly key: string
  readonly value: string
}

export interface RawScalar extends RawLimits {
  readonly kind: ScalarKind
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly sensitive?: 1
}
