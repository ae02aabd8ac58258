/** Pages of list answers. A marker belongs to an operation, an account and a set of filters, never to a page size. */
import { createHash } from 'node:crypto'
import { validationError } from '../../errors/catalogue.ts'
import type { Kind, Reader } from '../../store/port.ts'

/** The members that every paged input has. MaxItems 1 to 1000. */
export interface PageInput {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  /** The members of the answer beside the list. */
  readonly more: { readonly IsTruncated: boolean; readonly Marker?: string }
}

/** What a marker is bound to: operation, account, filters. */
export type Scope = readonly (string | undefined)[]

const DEFAULT_ITEMS = 100
const DIGEST_BYTES = 16
/** Markers of AWS have 90 to 100 characters: shorter ones are filled up. */
const MARKER_BYTES = 68

const invalidMarker = () => validationError('Invalid Marker.')

/** A page of values that are in memory already, in order of their keys. */
export function pageOf<T>(items: readonly T[], keyOf: (item: T) => string, input: PageInput, scope: Scope): Page<T> {
  const after = positionOf(input, scope)
  const sorted = [...items].sort((left, right) => compareBytes(keyOf(left), keyOf(right)))
  const rest = after === undefined ? sorted : sorted.filter((item) => compareBytes(keyOf(item), after) > 0)
  return cut(rest, keyOf, input, scope)
}

/** What to list, and what to leave out. */
export interface Listing<T> {
  readonly kind: Kind<T>
  readonly account: string
  readonly keep: (row: T) => boolean
}

/** A page of rows: reads no more of them than the page needs. */
export async function pageOfRows<T>(
  store: Reader,
  listing: Listing<T>,
  input: PageInput,
  scope: Scope,
): Promise<Page<T>> {
  const wanted = (input.MaxItems ?? DEFAULT_ITEMS) + 1
  const kept: T[] = []
  let after = positionOf(input, scope)
  for (;;) {
    const chunk = await store.list(listing.kind, listing.account, {
      ...(after === undefined ? {} : { after }),
      limit: wanted,
    })
    kept.push(...chunk.filter(listing.keep))
    const last = chunk.at(-1)
    if (last === undefined || chunk.length < wanted || kept.length >= wanted) break
    after = listing.kind.key(last)
  }
  return cut(kept, listing.kind.key, input, scope)
}

/** The first page of a list that begins where the input's marker says. */
export function cut<T>(rest: readonly T[], keyOf: (item: T) => string, input: PageInput, scope: Scope): Page<T> {
  const items = rest.slice(0, input.MaxItems ?? DEFAULT_ITEMS)
  const last = items.at(-1)
  if (last === undefined || items.length === rest.length) return { items, more: { IsTruncated: false } }
  return { items, more: { IsTruncated: true, Marker: markerAfter(keyOf(last), scope) } }
}

/**
 * The key after which a page begins; `undefined` for the first page.
 * @param refused the error for a marker that is none, or is another list's
 */
export function positionOf(input: PageInput, scope: Scope, refused = invalidMarker): string | undefined {
  if (input.Marker === undefined) return undefined
  const bytes = Buffer.from(input.Marker, 'base64')
  const digest = digestOf(scope)
  if (bytes.length < MARKER_BYTES || !bytes.subarray(0, DIGEST_BYTES).equals(digest)) throw refused()
  const length = bytes.readUInt16BE(DIGEST_BYTES)
  return bytes.subarray(DIGEST_BYTES + 2, DIGEST_BYTES + 2 + length).toString('utf8')
}

function markerAfter(key: string, scope: Scope): string {
  const text = Buffer.from(key, 'utf8')
  const marker = Buffer.alloc(Math.max(MARKER_BYTES, DIGEST_BYTES + 2 + text.length))
  digestOf(scope).copy(marker)
  marker.writeUInt16BE(text.length, DIGEST_BYTES)
  text.copy(marker, DIGEST_BYTES + 2)
  return marker.toString('base64')
}

const digestOf = (scope: Scope): Buffer =>
  createHash('sha256')
    .update(JSON.stringify(scope.map((part) => part ?? null)))
    .digest()
    .subarray(0, DIGEST_BYTES)

/** The order of the store's keys. */
export const compareBytes = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right))
