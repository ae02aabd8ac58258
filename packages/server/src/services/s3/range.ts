/** The Range header. RFC 9110, section 14: S3 takes one range, and ignores what it does not understand. */
import type { ByteRange } from '../../blobs/port.ts'
import { invalidRange } from './errors.ts'

/**
 * The bytes that a request wants.
 * @returns `undefined` for the whole object
 * @throws `InvalidRange` (416) when no byte of the range is there
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? []
  if (header === undefined || (first === '' && last === '')) return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    if (length === 0) throw invalidRange(header, size)
    return { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) throw invalidRange(header, size)
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

export const contentRange = (range: ByteRange, size: number): string => `bytes ${range.start}-${range.end}/${size}`
