/** One page of names in bytewise order, with names that share a prefix up to a delimiter rolled into one. */
import type { ObjectRow } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { invalidArgument } from './errors.ts'

export interface PageRequest {
  readonly prefix: string | undefined
  readonly delimiter: string | undefined
  /** The last name of the page before: a key, or a rolled-up prefix. */
  readonly after: string | undefined
  readonly max: number
  /** Letters at the end of a row's name that are no part of the key. */
  readonly suffixLetters?: number
}

export interface Page {
  readonly rows: readonly ObjectRow[]
  readonly prefixes: readonly string[]
  /** Last name of this page, when there are more. */
  readonly next: string | undefined
}

/** Sorts behind every other continuation of a prefix, except longer runs of itself. */
const LAST_LETTER = '\u{10FFFF}'

/** @param bucket the name under which the object store keeps the rows */
export async function pageOf(call: Call, bucket: string, request: PageRequest): Promise<Page> {
  const { prefix = '', delimiter, max, suffixLetters = 0 } = request
  const rolledUp = (key: string): string | undefined => {
    if (!delimiter) return undefined
    const at = key.slice(0, key.length - suffixLetters).indexOf(delimiter, prefix.length)
    return at < 0 ? undefined : key.slice(0, at + delimiter.length)
  }
  const rows: ObjectRow[] = []
  const prefixes: string[] = []
  let last = request.after
  let cursor = behind(request.after, rolledUp)
  if (max === 0) return { rows, prefixes, next: undefined }
  for (;;) {
    const room = max - rows.length - prefixes.length
    const batch = await call.platform.objects.list(bucket, {
      prefix,
      limit: room + 1,
      ...(cursor !== undefined && { after: cursor }),
    })
    for (const row of batch) {
      const common = rolledUp(row.key)
      const listed = common !== undefined && common === (prefixes.at(-1) ?? request.after)
      cursor = common === undefined || listed ? row.key : common + LAST_LETTER
      if (listed) continue
      if (rows.length + prefixes.length === max) return { rows, prefixes, next: last }
      last = common ?? row.key
      if (common === undefined) rows.push(row)
      else prefixes.push(common)
      // What follows in the batch may hide behind the prefix: the next batch starts behind it.
      if (common !== undefined) break
    }
    if (batch.length <= room && cursor === batch.at(-1)?.key) break
    if (batch.length === 0) break
  }
  return { rows, prefixes, next: undefined }
}

/** A page that ended in a rolled-up prefix goes on behind all of its keys. */
function behind(after: string | undefined, rolledUp: (key: string) => string | undefined): string | undefined {
  return after !== undefined && rolledUp(after) === after ? after + LAST_LETTER : after
}

/** Names as `encoding-type=url` wants them, or as they are. @throws `InvalidArgument` */
export function encoderFor(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined) return (text) => text
  if (encodingType !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encodingType)
  return formEncode
}

const formEncode = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
