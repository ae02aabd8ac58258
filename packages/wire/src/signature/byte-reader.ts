/** Reads lines and counted bytes from a stream of pieces, holding one piece at a time. */
import { Buffer } from 'node:buffer'

const LF = 0x0a

/** A line without its end, or why there is none. */
type Line =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'end'; readonly rest: number }
  | { readonly kind: 'too-long' }

export interface ByteReader {
  /** Reads up to and with the next LF; a CR before it is taken off. `end`: the stream ended before an LF. */
  readonly line: (bytesMax: number) => Promise<Line>
  /** Yields exactly `count` bytes, or fewer when the stream ends. */
  readonly take: (count: number) => AsyncGenerator<Uint8Array, void, undefined>
  /** Tells the source that nothing more will be read. */
  readonly close: () => Promise<void>
}

/** Wraps a source of pieces of any size. */
export function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array(0)
  let ended = false

  async function more(): Promise<boolean> {
    while (!ended) {
      const next = await iterator.next()
      if (next.done === true) ended = true
      else if (next.value.length > 0) {
        held = held.length === 0 ? next.value : Buffer.concat([held, next.value])
        return true
      }
    }
    return false
  }

  async function line(bytesMax: number): Promise<Line> {
    let from = 0
    for (;;) {
      const at = held.indexOf(LF, from)
      if (at > bytesMax || (at < 0 && held.length > bytesMax)) return { kind: 'too-long' }
      if (at >= 0) {
        const text = Buffer.from(held.buffer, held.byteOffset, at).toString('latin1')
        held = held.subarray(at + 1)
        return { kind: 'line', text: text.endsWith('\r') ? text.slice(0, -1) : text }
      }
      from = held.length
      if (!(await more())) return { kind: 'end', rest: held.length }
    }
  }

  async function* take(count: number): AsyncGenerator<Uint8Array, void, undefined> {
    let left = count
    while (left > 0 && (held.length > 0 || (await more()))) {
      const piece = held.subarray(0, left)
      held = held.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  const close = async (): Promise<void> => {
    if (!ended) await iterator.return?.()
  }
  return { line, take, close }
}
