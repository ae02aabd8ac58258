// Owns random values by shape, for the tests that put the official clients at the other end of the wire.
import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import type { Member, ScalarShape, Shape, StructureShape } from '../model/types.ts'

/** How values are made: which members take part, and which strings. */
export interface ArbitraryOptions {
  readonly member: (member: Member, owner: StructureShape) => boolean
  readonly text: fc.Arbitrary<string>
}

/** Text of all kinds of trouble, without what XML cannot hold. */
export const troubledText: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      'a',
      'Z',
      '0',
      '&',
      '<',
      '>',
      '"',
      "'",
      '%',
      '+',
      '=',
      ';',
      '/',
      ' ',
      'é',
      '✓',
      '😀',
      '\n',
      ']]>',
      '\r',
      '.',
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''))
  // The JavaScript client reads text that is blank as an empty text.
  .filter((text) => text.trim() !== '')

const DEPTH_MAX = 5

/** A random value of the shape. */
export function arbitrary(shape: Shape, options: ArbitraryOptions, depth = 0): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure':
      return structure(shape, options, depth)
    case 'list':
      return fc
        .array(arbitrary(shape.item, options, depth + 1), { maxLength: 3 })
        .map((items) => items.filter(isExpressible))
    case 'map':
      return fc
        .array(fc.tuple(scalar(shape.key, options), arbitrary(shape.value, options, depth + 1)), {
          minLength: 1,
          maxLength: 3,
        })
        .map((entries) => Object.fromEntries(entries))
    default:
      return scalar(shape, options)
  }
}

function structure(shape: StructureShape, options: ArbitraryOptions, depth: number): fc.Arbitrary<unknown> {
  const members = shape.members.filter((member) => depth < DEPTH_MAX && options.member(member, shape))
  const entries = members.map((member) => {
    const value = arbitrary(member.shape, options, depth + 1)
    return [member.name, member.required ? value : fc.option(value, { nil: undefined })] as const
  })
  if (!shape.union) return fc.record(Object.fromEntries(entries)).map(withoutUndefined)
  const [first, ...rest] = members.map((member) =>
    arbitrary(member.shape, options, depth + 1).map((value) => ({ [member.name]: value })),
  )
  return first === undefined ? fc.constant({}) : fc.oneof(first, ...rest)
}

const withoutUndefined = (value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined))

function scalar(shape: ScalarShape, options: ArbitraryOptions): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string':
      return shape.values ? fc.constantFrom(...shape.values) : options.text
    case 'integer':
      return fc.integer()
    case 'long':
      return fc.maxSafeInteger()
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'boolean':
      return fc.boolean()
    case 'timestamp':
      return fc.integer({ min: 0, max: 4_000_000_000_000 }).map((at) => new Date(at))
    case 'blob':
      return fc.uint8Array({ maxLength: 20 })
    default:
      throw new Error(`no random ${shape.kind}`)
  }
}

const isExpressible = (item: unknown): boolean => expressible(item) !== undefined

/** What a protocol can say: Query has empty lists, REST-XML has none where lists are flattened. */
export type EmptyLists = 'kept' | 'absent'

/** What the protocols cannot tell apart from absence goes: empty structures and maps, and perhaps lists. */
export function expressible(value: unknown, empty: EmptyLists = 'kept'): unknown {
  if (Array.isArray(value))
    return value.length === 0 && empty === 'absent' ? undefined : value.map((item) => expressible(item, empty) ?? {})
  if (value instanceof Date || typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const kept = key === '$metadata' ? undefined : expressible(inner, empty)
    return kept === undefined ? [] : [[key, kept]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}
