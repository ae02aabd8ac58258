/** What is stored with an object beside its bytes, and how it travels: system headers, user metadata, storage class. */
import type { ObjectRow } from '../../store/port.ts'
import { headerNotImplemented, invalidStorageClass, keyTooLong, metadataTooLarge } from './errors.ts'

/** The type of an object that was put without one. */
export const DEFAULT_CONTENT_TYPE = 'binary/octet-stream'
const METADATA_BYTES_MAX = 2048
const KEY_BYTES_MAX = 1024

/** Input of an upload that describes the object. */
export interface Described {
  readonly ContentType?: string | undefined
  readonly CacheControl?: string | undefined
  readonly ContentDisposition?: string | undefined
  readonly ContentEncoding?: string | undefined
  readonly ContentLanguage?: string | undefined
  readonly Expires?: Date | undefined
  readonly WebsiteRedirectLocation?: string | undefined
  readonly Metadata?: Readonly<Record<string, string>> | undefined
  readonly StorageClass?: string | undefined
}

export type ObjectDescription = Pick<ObjectRow, 'contentType' | 'systemHeaders' | 'userMetadata' | 'storageClass'>

/** Input member → header under which it is stored. */
const SYSTEM_HEADERS = [
  ['CacheControl', 'cache-control'],
  ['ContentDisposition', 'content-disposition'],
  ['ContentLanguage', 'content-language'],
  ['WebsiteRedirectLocation', 'x-amz-website-redirect-location'],
] as const

/** @throws `InvalidStorageClass`, `MetadataTooLarge` */
export function describe(input: Described): ObjectDescription {
  const headers: Record<string, string> = {}
  for (const [member, header] of SYSTEM_HEADERS) {
    const value = input[member]
    if (value !== undefined) headers[header] = value
  }
  const encoding = withoutChunking(input.ContentEncoding)
  if (encoding) headers['content-encoding'] = encoding
  if (input.Expires) headers['expires'] = input.Expires.toUTCString()
  const userMetadata = userMetadataOf(input.Metadata ?? {})
  return {
    contentType: input.ContentType ?? DEFAULT_CONTENT_TYPE,
    storageClass: storageClassOf(input.StorageClass),
    ...(Object.keys(headers).length > 0 && { systemHeaders: headers }),
    ...(Object.keys(userMetadata).length > 0 && { userMetadata }),
  }
}

/** `aws-chunked` tells how the body travelled; it is no property of the object. */
function withoutChunking(encoding: string | undefined): string {
  const codings = (encoding ?? '').split(',').map((coding) => coding.trim())
  return codings.filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked').join(',')
}

const STORAGE_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
])
/** Classes whose objects have to be restored before they can be read. */
export const ARCHIVED = new Set(['GLACIER', 'DEEP_ARCHIVE'])

function storageClassOf(name: string | undefined): string {
  if (name === undefined) return 'STANDARD'
  if (!STORAGE_CLASSES.has(name)) throw invalidStorageClass(name)
  return name
}

function userMetadataOf(sent: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(sent).map(([name, value]) => [name.toLowerCase(), decodeHeaderText(value)] as const)
  const bytes = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0)
  if (bytes > METADATA_BYTES_MAX) throw metadataTooLarge(bytes)
  return Object.fromEntries(entries)
}

/** Whether a header can hold the text: HTTP headers are ISO-8859-1. */
export const isLatin1 = (text: string): boolean => Buffer.from(text, 'latin1').toString('latin1') === text

/** Encoded words of RFC 2047 become text; bytes that came raw are UTF-8. S3 User Guide, "Working with object metadata". */
export function decodeHeaderText(value: string): string {
  if (/[\u0080-\u00ff]/.test(value) && isLatin1(value)) {
    const text = Buffer.from(value, 'latin1').toString('utf8')
    return text.includes('\ufffd') ? value : text
  }
  return value.replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=(?:\s+(?==\?))?/gi, (_whole, kind: string, text: string) =>
    kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString('utf8') : quotedPrintable(text),
  )
}

function quotedPrintable(text: string): string {
  const spaced = text.replaceAll('_', ' ')
  const latin = spaced.replaceAll(/=([0-9A-F]{2})/gi, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(latin, 'latin1').toString('utf8')
}

/** Text beyond ASCII leaves as an encoded word; ASCII as it is. */
export const encodeHeaderText = (text: string): string =>
  /^[\u0020-\u007e\t]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text, 'utf8').toString('base64')}?=`

/** @throws `KeyTooLongError` */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key)
  if (bytes > KEY_BYTES_MAX) throw keyTooLong(bytes)
}

interface Unbuilt {
  readonly ServerSideEncryption?: string | undefined
  readonly SSECustomerAlgorithm?: string | undefined
  readonly SSECustomerKey?: string | undefined
  readonly ObjectLockMode?: string | undefined
  readonly ObjectLockLegalHoldStatus?: string | undefined
  readonly ObjectLockRetainUntilDate?: Date | undefined
  readonly WriteOffsetBytes?: number | undefined
}

/** Refuses what would have to be done and is not built: keys of the caller or of KMS, locks, appending. */
export function checkBuilt(input: Unbuilt): void {
  if (input.ServerSideEncryption !== undefined && input.ServerSideEncryption !== 'AES256')
    throw headerNotImplemented('x-amz-server-side-encryption')
  if (input.SSECustomerAlgorithm ?? input.SSECustomerKey)
    throw headerNotImplemented('x-amz-server-side-encryption-customer-algorithm')
  if (input.ObjectLockMode ?? input.ObjectLockRetainUntilDate) throw headerNotImplemented('x-amz-object-lock-mode')
  if (input.ObjectLockLegalHoldStatus !== undefined) throw headerNotImplemented('x-amz-object-lock-legal-hold')
  if (input.WriteOffsetBytes !== undefined) throw headerNotImplemented('x-amz-write-offset-bytes')
}
