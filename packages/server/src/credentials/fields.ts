/** Tagged fields in bytes: the compact form inside session tokens and encoded messages. One tag byte, a length, the bytes. */

/** A field with text or bytes. Tags are 1 to 255; a tag may come several times. */
export type Field = readonly [tag: number, value: string | Uint8Array]

/** Writes fields one after another; 0 never stands at the place of a tag, so zeros may follow as padding. */
export function writeFields(fields: readonly Field[]): Buffer {
  const parts: Uint8Array[] = []
  for (const [tag, value] of fields) {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
    parts.push(Uint8Array.of(tag, ...varint(bytes.length)), bytes)
  }
  return Buffer.concat(parts)
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

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}
