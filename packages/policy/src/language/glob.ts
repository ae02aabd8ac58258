/**
 * The plain text glob of Action, Resource and StringLike: `*` is any run, `?` is one UTF-16 unit, everything else is
 * literal. Wildcards are kept as positions, apart from the text, so that a `*` that came out of a variable or out of
 * `${*}` can never become a wildcard.
 */

/** Text in which only the marked positions are wildcards. */
export interface Pattern {
  readonly text: string
  /** Ascending positions of the characters `*` and `?` that act as wildcards. */
  readonly wild: readonly number[]
}

/** A run between two stars. `free` marks the positions that a `?` leaves open. */
interface Segment {
  readonly text: string
  readonly free: Uint8Array | undefined
}

type Kind = 'any' | 'exact' | 'prefix' | 'segments'

/** A pattern made ready to be matched. */
export interface Glob {
  readonly kind: Kind
  /** The whole text (`exact`) or what stands before the only star (`prefix`). */
  readonly text: string
  readonly segments: readonly Segment[]
}

/** Reads `*` and `?` of a text as wildcards. */
export function patternOf(text: string): Pattern {
  const wild: number[] = []
  for (let at = 0; at < text.length; at++) if (text[at] === '*' || text[at] === '?') wild.push(at)
  return { text, wild: wild.length === 0 ? NO_WILD : wild }
}

const NO_WILD: readonly number[] = []

/** Text in which nothing is a wildcard. */
export const literal = (text: string): Pattern => ({ text, wild: NO_WILD })

/** A part of a pattern; positions count from the part's beginning. */
export function slicePattern(pattern: Pattern, from: number, to: number): Pattern {
  if (pattern.wild.length === 0) return literal(pattern.text.slice(from, to))
  const wild = pattern.wild.filter((at) => at >= from && at < to).map((at) => at - from)
  return { text: pattern.text.slice(from, to), wild }
}

export function joinPatterns(patterns: readonly Pattern[]): Pattern {
  let text = ''
  const wild: number[] = []
  for (const pattern of patterns) {
    for (const at of pattern.wild) wild.push(at + text.length)
    text += pattern.text
  }
  return { text, wild }
}

/**
 * The same text with a body of its own. A slice of a document keeps the whole document alive and is compared several
 * times more slowly; a name of a member never is a slice.
 */
export const ownText = (text: string): string => Object.keys({ [text]: 0 })[0] ?? text

/** `compileGlob` for patterns that are kept. */
export function compileLastingGlob(pattern: Pattern): Glob {
  const { kind, text, segments } = compileGlob(pattern)
  const own = segments.length === 0 ? segments : segments.map(({ text: run, free }) => ({ text: ownText(run), free }))
  return { kind, text: ownText(text), segments: own }
}

/** Only globs of the kind `segments` have any; the others share one list, since policies are kept by the thousand. */
const NO_SEGMENTS: readonly Segment[] = []

export function compileGlob(pattern: Pattern): Glob {
  if (pattern.wild.length === 0) return { kind: 'exact', text: pattern.text, segments: NO_SEGMENTS }
  const segments = segmentsOf(pattern)
  if (segments.length > 1 && segments.every((segment) => segment.text === '')) {
    return { kind: 'any', text: '', segments: NO_SEGMENTS }
  }
  const [first, last] = segments
  if (segments.length === 2 && first && !first.free && last?.text === '') {
    return { kind: 'prefix', text: first.text, segments: NO_SEGMENTS }
  }
  return { kind: 'segments', text: '', segments }
}

/** In one pass over the wildcards: a pattern may hold thousands. */
function segmentsOf({ text, wild }: Pattern): readonly Segment[] {
  const segments: Segment[] = []
  let from = 0
  let free: number[] = []
  for (const at of wild) {
    if (text[at] === '?') {
      free.push(at - from)
      continue
    }
    segments.push(segment(text.slice(from, at), free))
    from = at + 1
    free = []
  }
  segments.push(segment(text.slice(from), free))
  return segments
}

function segment(text: string, free: readonly number[]): Segment {
  if (free.length === 0) return { text, free: undefined }
  const marks = new Uint8Array(text.length)
  for (const at of free) marks[at] = 1
  return { text, free: marks }
}

/**
 * Is the whole text covered? Every run between two stars is looked for once, leftmost, so there is no backtracking:
 * time is at most text length times the longest run that holds a `?`, and linear where none does.
 */
export function globMatches(glob: Glob, text: string): boolean {
  if (glob.kind === 'any') return true
  if (glob.kind === 'exact') return text === glob.text
  if (glob.kind === 'prefix') return beginsAt(text, glob.text, 0)
  return segmentsMatch(glob.segments, text)
}

/**
 * `text.startsWith(piece, at)`, with a cheap look at the last character first: most texts that are asked about are
 * other ones, and this is where nearly all time of a decision goes.
 */
function beginsAt(text: string, piece: string, at: number): boolean {
  const length = piece.length
  if (length === 0) return true
  return text.charCodeAt(at + length - 1) === piece.charCodeAt(length - 1) && text.startsWith(piece, at)
}

function segmentsMatch(segments: readonly Segment[], text: string): boolean {
  const first = segments[0]
  const last = segments.at(-1)
  if (!first || !last) return false
  if (!standsAt(first, text, 0)) return false
  if (segments.length === 1) return text.length === first.text.length
  const end = text.length - last.text.length
  let at = first.text.length
  if (end < at || !standsAt(last, text, end)) return false
  for (let index = 1; index < segments.length - 1; index++) {
    const segment = segments[index]
    const found = segment ? find(segment, text, at, end) : -1
    if (!segment || found < 0) return false
    at = found + segment.text.length
  }
  return true
}

function standsAt(segment: Segment, text: string, at: number): boolean {
  const { text: wanted, free } = segment
  if (!free) return beginsAt(text, wanted, at)
  if (at + wanted.length > text.length) return false
  for (let index = 0; index < wanted.length; index++) {
    if (free[index] === 0 && wanted.charCodeAt(index) !== text.charCodeAt(at + index)) return false
  }
  return true
}

/** Leftmost place of the segment in text[from, end), or -1. */
function find(segment: Segment, text: string, from: number, end: number): number {
  const latest = end - segment.text.length
  if (!segment.free) {
    const at = text.indexOf(segment.text, from)
    return at <= latest ? at : -1
  }
  for (let at = from; at <= latest; at++) if (standsAt(segment, text, at)) return at
  return -1
}
