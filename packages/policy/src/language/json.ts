/**
 * A JSON reader that keeps what JSON.parse throws away: where each value stands, and members that occur twice.
 * Policies with a repeated member must be refused, so the last one may not silently win.
 */

export type JsonNode =
  | { readonly kind: 'object'; readonly at: number; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly at: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly at: number; readonly value: string }
  | { readonly kind: 'number'; readonly at: number; readonly value: string }
  | { readonly kind: 'boolean'; readonly at: number; readonly value: string }
  | { readonly kind: 'null'; readonly at: number }

export interface JsonMember {
  readonly name: string
  /** Offset of the name's first quote. */
  readonly at: number
  readonly value: JsonNode
}

export type JsonResult =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly problem: string; readonly at: number }

/** Both count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Deeper documents are refused: no policy needs it, and a reader that recurses must end. */
const DEPTH_MAX = 64

interface Reader {
  readonly text: string
  at: number
}

/** Ends the reading of one document; caught in `readJson`, never seen outside. */
class JsonProblem extends Error {
  readonly at: number
  constructor(problem: string, at: number) {
    super(problem)
    this.at = at
  }
}

export function readJson(text: string): JsonResult {
  const reader: Reader = { text, at: 0 }
  try {
    const root = readValue(reader, 0)
    skipBlanks(reader)
    if (reader.at < text.length) throw new JsonProblem('text after the end of the document', reader.at)
    return { ok: true, root }
  } catch (problem) {
    if (problem instanceof JsonProblem) return { ok: false, problem: problem.message, at: problem.at }
    throw problem
  }
}

export function positionOf(text: string, at: number): Position {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return { line, column: at - before.lastIndexOf('\n') }
}

function readValue(reader: Reader, depth: number): JsonNode {
  skipBlanks(reader)
  const at = reader.at
  const character = reader.text[at]
  if (depth > DEPTH_MAX) throw new JsonProblem('nested too deeply', at)
  if (character === '{') return { kind: 'object', at, members: readMembers(reader, depth) }
  if (character === '[') return { kind: 'array', at, items: readItems(reader, depth) }
  if (character === '"') return { kind: 'string', at, value: readString(reader) }
  return readWord(reader)
}

function readMembers(reader: Reader, depth: number): readonly JsonMember[] {
  const members: JsonMember[] = []
  reader.at++
  if (takes(reader, '}')) return members
  do {
    skipBlanks(reader)
    const at = reader.at
    if (reader.text[at] !== '"') throw new JsonProblem('a member name in double quotes is wanted', at)
    const name = readString(reader)
    if (!takes(reader, ':')) throw new JsonProblem('a colon is wanted', reader.at)
    members.push({ name, at, value: readValue(reader, depth + 1) })
  } while (takes(reader, ','))
  if (!takes(reader, '}')) throw new JsonProblem('a comma or a closing brace is wanted', reader.at)
  return members
}

function readItems(reader: Reader, depth: number): readonly JsonNode[] {
  const items: JsonNode[] = []
  reader.at++
  if (takes(reader, ']')) return items
  do items.push(readValue(reader, depth + 1))
  while (takes(reader, ','))
  if (!takes(reader, ']')) throw new JsonProblem('a comma or a closing bracket is wanted', reader.at)
  return items
}

/** Finds the closing quote; JSON.parse then unescapes, and refuses control characters and bad escapes. */
function readString(reader: Reader): string {
  const from = reader.at
  let to = from + 1
  for (;;) {
    const quote = reader.text.indexOf('"', to)
    if (quote < 0) throw new JsonProblem('a text without end', from)
    if (!isEscaped(reader.text, quote, from)) {
      reader.at = quote + 1
      return unescape(reader.text.slice(from, quote + 1), from)
    }
    to = quote + 1
  }
}

function isEscaped(text: string, at: number, from: number): boolean {
  let backslashes = 0
  while (at - 1 - backslashes > from && text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

function unescape(quoted: string, at: number): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    throw new JsonProblem('a text with a bad escape or a control character', at)
  }
}

const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function readWord(reader: Reader): JsonNode {
  const at = reader.at
  WORD.lastIndex = at
  const word = WORD.exec(reader.text)?.[0]
  if (word === undefined) throw new JsonProblem('a value is wanted', at)
  reader.at += word.length
  if (word === 'null') return { kind: 'null', at }
  return { kind: word === 'true' || word === 'false' ? 'boolean' : 'number', at, value: word }
}

function takes(reader: Reader, character: string): boolean {
  skipBlanks(reader)
  if (reader.text[reader.at] !== character) return false
  reader.at++
  return true
}

function skipBlanks(reader: Reader): void {
  for (;;) {
    const code = reader.text.charCodeAt(reader.at)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
    reader.at++
  }
}
