/** What lint tells: a stable code, how bad it is, and where it stands. */
import { positionOf, type JsonNode } from '../language/json.ts'

/** As AWS's policy checks grade theirs. An `error` can never do what it says; the rest is opinion. */
export type FindingLevel = 'error' | 'securityWarning' | 'warning' | 'suggestion'

export interface Finding {
  /** `LINT.NO_SUCH_ACTION`; every code stands in docs/lint.md. */
  readonly code: string
  readonly level: FindingLevel
  readonly message: string
  /** JSON pointer into the document: `/Statement/0/Action/1`. */
  readonly path: string
  /** From 1. */
  readonly line: number
}

/** A text of the document with its place. */
export interface Placed {
  readonly value: string
  readonly path: string
  readonly at: number
}

/** Where a rule is: the whole document's text, for lines. */
export const finding = (
  text: string,
  place: { readonly path: string; readonly at: number },
  told: Pick<Finding, 'code' | 'level' | 'message'>,
): Finding => ({ ...told, path: place.path, line: positionOf(text, place.at).line })

/** One step of a JSON pointer (RFC 6901). */
export const pointer = (path: string, name: string | number): string =>
  `${path}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** The texts of a value or of a list, each with its place; JSON numbers and booleans are their texts. */
export function placedTexts(node: JsonNode | undefined, path: string): readonly Placed[] {
  if (!node) return []
  if (node.kind === 'array')
    return node.items.flatMap((item, index) => placedTexts(item, pointer(path, index)).slice(0, 1))
  return 'value' in node ? [{ value: node.value, path, at: node.at }] : []
}
