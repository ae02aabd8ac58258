/** Percent-encoding, and the canonical forms of path, query and header values. */
import { Buffer } from 'node:buffer'
import type { RawHeader } from './types.ts'

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/
/** Text that strict encoding would not change: unreserved characters and upper-case escapes of all others. */
const ENCODED = /^(?:[A-Za-z0-9\-._~]|%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF]))*$/
const ENCODED_PATH = /^(?:[A-Za-z0-9\-._~/]|%(?:[0189A-F][0-9A-F]|2[0-9A-C]|3[A-F]|40|5[B-E]|60|7[B-DF]))*$/
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/
const SLASH = 0x2f
const PERCENT = 0x25

/** Each byte as it stands in canonical text. */
const ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte)
  return UNRESERVED.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

/**
 * The bytes of a text from the wire. node:http gives one character per byte; a text with larger characters was made by
 * a program and stands for its UTF-8 form.
 */
function wireBytes(text: string): Buffer {
  return Buffer.from(text, hasAbove(text, 0xff) ? 'utf8' : 'latin1')
}

function hasAbove(text: string, codeMax: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > codeMax) return true
  return false
}

function encodeBytes(bytes: Uint8Array, keepSlash: boolean): string {
  let encoded = ''
  for (const byte of bytes) encoded += keepSlash && byte === SLASH ? '/' : (ESCAPES[byte] ?? '')
  return encoded
}

/** Strict percent-encoding (RFC 3986) of a text's UTF-8 form: only `A-Z a-z 0-9 - . _ ~` stay bare. */
export function encodeStrict(text: string): string {
  return UNRESERVED.test(text) ? text : encodeBytes(Buffer.from(text), false)
}

/** Undoes percent-encoding into bytes. A `%` without two hex digits stands for itself. */
function decodeBytes(text: string, plusIsSpace: boolean): Buffer {
  const bytes = wireBytes(plusIsSpace ? text.replaceAll('+', ' ') : text)
  const decoded = Buffer.alloc(bytes.length)
  let length = 0
  for (let i = 0; i < bytes.length; i++) {
    const pair = bytes[i] === PERCENT ? bytes.toString('latin1', i + 1, i + 3) : ''
    const escaped = HEX_PAIR.test(pair)
    decoded[length++] = escaped ? parseInt(pair, 16) : (bytes[i] ?? 0)
    if (escaped) i += 2
  }
  return decoded.subarray(0, length)
}

/** Decodes a query name or value; `+` is a space, as in forms. What is not UTF-8 decodes to replacement characters. */
export function decodeQueryText(text: string): string {
  if (UNRESERVED.test(text)) return text
  return decodeAscii(text) ?? decodeBytes(text, true).toString()
}

/** The engine's own decoder is ten times as fast, and refuses what is malformed. */
function decodeAscii(text: string): string | undefined {
  if (hasAbove(text, 0x7f)) return undefined
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** S3's canonical path: decoded once and strictly encoded once; never normalized, so `//` and `..` stay. */
export function canonicalS3Path(rawPath: string): string {
  if (rawPath === '') return '/'
  return ENCODED_PATH.test(rawPath) ? rawPath : encodeBytes(decodeBytes(rawPath, false), true)
}

/** The canonical path of all other services: dot segments and empty segments removed, then the result encoded again. */
export function canonicalPath(rawPath: string): string {
  if (rawPath === '' || rawPath === '/') return '/'
  return encodeBytes(wireBytes(normalizePath(rawPath)), true)
}

/** Encodes a path that is already encoded once more, without removing anything. */
export function encodePathAgain(path: string): string {
  return encodeBytes(wireBytes(path === '' ? '/' : path), true)
}

/** Removes `.`, `..` and empty segments; a slash at the end stays. */
export function normalizePath(path: string): string {
  const kept: string[] = []
  const segments = path.split('/')
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const last = segments.at(-1)
  const open = kept.length > 0 && (last === '' || last === '.' || last === '..')
  return `/${kept.join('/')}${open ? '/' : ''}`
}

/** Names and values of a query, still encoded, in order of arrival. `acl` is a name with an empty value. */
export function splitQuery(rawQuery: string): readonly (readonly [name: string, value: string])[] {
  if (rawQuery === '') return []
  return rawQuery
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=')
      return at < 0 ? ([part, ''] as const) : ([part.slice(0, at), part.slice(at + 1)] as const)
    })
}

function canonicalQueryText(text: string): string {
  return ENCODED.test(text) ? text : encodeBytes(decodeBytes(text, true), false)
}

/**
 * The canonical query: decoded, strictly encoded, sorted by name and then by value, bytewise.
 * @param without a parameter to leave out (`X-Amz-Signature`); letter case does not matter
 */
export function canonicalQuery(rawQuery: string, without?: string): string {
  if (rawQuery === '') return ''
  const unwanted = without?.toLowerCase()
  const pairs: (readonly [string, string])[] = []
  for (const [name, value] of splitQuery(rawQuery)) {
    const encoded = canonicalQueryText(name)
    if (encoded.length === unwanted?.length && encoded.toLowerCase() === unwanted) continue
    pairs.push([encoded, canonicalQueryText(value)])
  }
  pairs.sort(comparePairs)
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function comparePairs(a: readonly [string, string], b: readonly [string, string]): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1
  return a[1] === b[1] ? 0 : a[1] < b[1] ? -1 : 1
}

/** A header value as it is signed: trimmed, inner runs of blanks made one blank. */
export function canonicalHeaderValue(value: string): string {
  return decodeHeaderText(/^[ \t\r\n]|[ \t\r\n]{2}|[\t\r\n]|[ \t\r\n]$/.test(value) ? squeeze(value) : value)
}

const squeeze = (value: string): string => value.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '')

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Header bytes as text. Clients sign the UTF-8 form; some of them then send the value as ISO-8859-1, whose characters
 * are those that node:http gives anyway, so what is not UTF-8 stays as it is.
 */
export function decodeHeaderText(value: string): string {
  if (!hasAbove(value, 0x7f) || hasAbove(value, 0xff)) return value
  try {
    return utf8.decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}

/** The first value of a header, trimmed of blanks. @param name in lower case */
export function headerValue(headers: readonly RawHeader[], name: string): string | undefined {
  for (const [raw, value] of headers) if (raw.length === name.length && raw.toLowerCase() === name) return value.trim()
  return undefined
}
