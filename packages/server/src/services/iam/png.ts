/** Black and white pictures as PNG (RFC 2083): one bit for a pixel, 0 is black. */
import { crc32, deflateSync } from 'node:zlib'

/** @param modules rows, `true` is dark @param scale pixels for a module @param border white modules around */
export function pngOf(modules: readonly (readonly boolean[])[], scale = 4, border = 4): Buffer {
  const count = modules.length + 2 * border
  const size = count * scale
  const rows = Array.from({ length: count }, (_, y) => {
    const row = Buffer.alloc(1 + Math.ceil(size / 8), 0xff)
    // Each row begins with its filter: none.
    row[0] = 0
    for (let x = 0; x < size; x++) {
      if (modules[y - border]?.[Math.floor(x / scale) - border] !== true) continue
      const at = 1 + (x >> 3)
      row[at] = (row[at] ?? 0) & ~(0x80 >> (x & 7))
    }
    return Buffer.concat(Array.from({ length: scale }, () => row))
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  // One bit of grey.
  header[8] = 1
  const data = deflateSync(Buffer.concat(rows))
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))])
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
