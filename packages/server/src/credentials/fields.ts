/** Tagged fields in bytes: the compact form inside session tokens and encoded messages. One tag byte, a length, the bytes. */

/** A field with text or bytes. Tags are 1 to 255; a tag may come several times. */
export type Field = readonly [tag: number, value: string | Uint8Array]

/** Writes fields one after another; 0 never stands at the place of a tag, so zeros may follow as padding. */
export function writeFields(fields: readonly Field[]): Buffer {
  let size = 0
  for (const [, value] of fields) size += FIELD_HEAD_MAX + (typeof value === 'string' ? value.length * 3 : value.length)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const [tag, value] of fields) {
    bytes[at++] = tag
    at = typeof value === 'string' ? writeText(bytes, at, value) : writeBytes(bytes, at, value)
  }
  return bytes.subarray(0, at)
}

/** A tag, and a length of up to 28 bits. */
const FIELD_HEAD_MAX = 5

function writeBytes(into: Buffer, at: number, value: Uint8Array): number {
  const start = writeLength(into, at, value.length)
  into.set(value, start)
  return start + value.length
}

/** Most texts are short and plain: their letters are written here, since each call of the runtime's encoder costs more. */
function writeText(into: Buffer, at: number, value: string): number {
  const start = writeLength(into, at, value.length)
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code >= 0x80) return writeBytes(into, at, Buffer.from(value, 'utf8'))
    into[start + index] = code
  }
  return start + value.length
}

function writeLength(into: Buffer, at: number, length: number): number {
  let rest = length
  let place = at
  while (rest >= 0x80) {
    into[place++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  into[place++] = rest
  return place
}

/** Reads fields until the end or the padding. @throws RangeError when the bytes end inside a field */
export function readFields(bytes: Buffer): readonly (readonly [tag: number, value: Buffer])[] {
  const fields: (readonly [number, Buffer])[] = []
  let position = 0
  while (position < bytes.length && bytes[position] !== 0) {
    const tag = bytes.readUInt8(position++)
    let length = 0
    let shift = 0
    let byte: number
    do {
      byte = bytes.readUInt8(position++)
      length |= (byte & 0x7f) << shift
      shift += 7
    } while (byte >= 0x80 && shift < 28)
    if (position + length > bytes.length) throw new RangeError('a field is longer than what is there')
    fields.push([tag, bytes.subarray(position, position + length)])
    position += length
  }
  return fields
}

/** A whole number from 0 on as up to seven bytes, little end first. */
export function numberBytes(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  return Uint8Array.from(bytes)
}

export const numberFrom = (bytes: Uint8Array): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)
