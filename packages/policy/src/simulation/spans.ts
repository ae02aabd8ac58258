/** Where the statements of a document stand, as the policy simulator tells it. */
import { positionOf, readJson, type Position } from '../language/json.ts'

export interface StatementSpan {
  /** Right after the `[`, or after the statement before; in a document with a single statement right after its `{`. */
  readonly start: Position
  /** Right after the statement's own `}`. */
  readonly end: Position
}

/** One span for each statement, in the order of the document; none for a text that is no policy. */
export function statementSpans(text: string): readonly StatementSpan[] {
  const read = readJson(text)
  if (!read.ok || read.root.kind !== 'object') return []
  const node = read.root.members.find(({ name }) => name === 'Statement')?.value
  if (!node) return []
  const span = (start: number, end: number): StatementSpan => ({
    start: positionOf(text, start),
    end: positionOf(text, end),
  })
  if (node.kind !== 'array') return [span(node.at + 1, endOf(text, node.at))]
  let start = node.at + 1
  return node.items.map((item) => {
    const end = endOf(text, item.at)
    const found = span(start, end)
    start = end
    return found
  })
}

/** Offset behind the brace that closes the object at `from`; the text is known to be JSON. */
function endOf(text: string, from: number): number {
  let depth = 0
  let quoted = false
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (quoted) {
      if (character === '\\') at++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1
  }
  return text.length
}
