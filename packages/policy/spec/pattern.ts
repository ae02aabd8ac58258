/** Text patterns, the slow and obvious way: one mark per character, tried by hand. */

/** A stretch of a policy's text. `literal` text came out of a variable: its `*` and `?` mean themselves. */
export interface Piece {
  readonly text: string
  readonly literal: boolean
}

/** One UTF-16 unit of a pattern, or a wildcard. */
export type Mark = { readonly unit: string } | 'run' | 'one'

/** The marks of a pattern: own `*` is any run, own `?` exactly one UTF-16 unit, all else stands for itself. */
export function marksOf(pieces: readonly Piece[]): readonly Mark[] {
  return pieces.flatMap(({ text, literal }) =>
    text.split('').map((unit): Mark => {
      if (literal) return { unit }
      if (unit === '*') return 'run'
      return unit === '?' ? 'one' : { unit }
    }),
  )
}

/** Does the pattern cover the whole text? Both ends are anchored; nothing but what is written separates. */
export function covers(marks: readonly Mark[], text: string): boolean {
  // `ends` holds every length of a beginning of the text that the marks read so far can cover.
  let ends: readonly number[] = [0]
  for (const mark of marks) ends = step(mark, ends, text)
  return ends.includes(text.length)
}

function step(mark: Mark, ends: readonly number[], text: string): readonly number[] {
  if (mark === 'run') {
    const shortest = Math.min(...ends)
    return ends.length === 0 ? [] : Array.from({ length: text.length - shortest + 1 }, (_, more) => shortest + more)
  }
  return ends.filter((at) => at < text.length && (mark === 'one' || mark.unit === text[at])).map((at) => at + 1)
}

/** The same for a text with no variables in it. */
export const coversText = (pattern: string, text: string): boolean =>
  covers(marksOf([{ text: pattern, literal: false }]), text)
