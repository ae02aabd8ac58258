// Owns scalars on the wire: text to value and back, for all protocols.
import { Buffer } from 'node:buffer'
import type { ScalarShape, TimestampFormat } from './model/types.ts'

/** What a scalar member can hold after decoding. */
export type Scalar = string | number | boolean | Date | Uint8Array

const INT_MAX = 2_147_483_647
const INT_MIN = -2_147_483_648

/**
 * Reads a scalar; undefined where the text is none. Integers take a sign and leading zeros, no blanks, fraction or
 * exponent; booleans are `true`, `false`, `1`, `0`.
 */
export function readScalar(shape: ScalarShape, text: string, format?: TimestampFormat): Scalar | undefined {
  switch (shape.kind) {
    case 'string':
      return text
    case 'integer':
    case 'long':
      return readInteger(text, shape.kind)
    case 'double':
      return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined
    case 'boolean':
      return BOOLEANS.get(text)
    case 'timestamp':
      return readTimestamp(text, format)
    case 'blob':
      return BASE64.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : undefined
    default:
      return undefined
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function readInteger(text: string, kind: 'integer' | 'long'): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const value = Number(text)
  if (kind === 'integer') return value > INT_MAX || value < INT_MIN ? undefined : value
  return Number.isSafeInteger(value) ? value : undefined
}

/** ISO 8601 with a zone, an HTTP date, or seconds since 1970. */
function readTimestamp(text: string, format: TimestampFormat | undefined): Date | undefined {
  if (format !== 'http-date' && /^[+-]?\d+(\.\d+)?$/.test(text)) return valid(new Date(Math.round(Number(text) * 1000)))
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(text)) return valid(new Date(text))
  if (/^[A-Za-z]{3}, \d\d [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(text)) return valid(new Date(text))
  return undefined
}

const valid = (date: Date): Date | undefined => (Number.isNaN(date.getTime()) ? undefined : date)

/** Writes a scalar as text. */
export function writeScalar(value: unknown, format: TimestampFormat = 'date-time'): string {
  if (typeof value === 'string') return value
  if (value instanceof Date) return writeTimestamp(value, format)
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  return String(value)
}

/** Sessions that begin in one second end in one second: the last text is kept. */
let lastWritten = { time: 0, text: '1970-01-01T00:00:00Z' }

/** Seconds and `Z`; milliseconds appear only when they are not zero. */
function writeTimestamp(date: Date, format: TimestampFormat): string {
  if (format === 'epoch-seconds') return String(date.getTime() / 1000)
  if (format === 'http-date') return date.toUTCString()
  const time = date.getTime()
  if (lastWritten.time !== time) {
    const text = date.toISOString()
    lastWritten = { time, text: text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text }
  }
  return lastWritten.text
}
