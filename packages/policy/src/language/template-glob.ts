/**
 * A text with variables as a glob. What stands before the first wildcard is compared piece by piece, which is where
 * nearly every statement that does not fit ends; what follows it is compiled once, unless it holds variables too.
 */
import type { ConditionContext } from '../types.ts'
import { compileGlob, compileLastingGlob, globMatches, ownText, slicePattern, type Glob, type Pattern } from './glob.ts'
import { expand, isVariable, resolve, templateOf, type Template, type Variable } from './template.ts'

export interface TemplateGlob {
  readonly template: Template
  /** Plain texts and variables up to the first wildcard. */
  readonly head: readonly (string | Variable)[]
  /** From the first wildcard on; undefined when there is none, or when variables follow it. */
  readonly tail: Glob | undefined
  /** Variables follow the first wildcard: the whole has to be expanded. */
  readonly scattered: boolean
}

export function compileTemplateGlob(template: Template): TemplateGlob {
  const at = template.parts.findIndex((part) => !isVariable(part) && part.wild.length > 0)
  if (at < 0) return { template, head: template.parts.map(plain), tail: undefined, scattered: false }
  const turn = template.parts[at] as Pattern
  const wild = turn.wild[0] ?? turn.text.length
  const head = [...template.parts.slice(0, at).map(plain), ownText(turn.text.slice(0, wild))]
  const rest = [slicePattern(turn, wild, turn.text.length), ...template.parts.slice(at + 1)]
  const tail = templateOf(template.source, rest).fixed
  return { template, head, tail: tail && compileLastingGlob(tail), scattered: tail === undefined }
}

const plain = (part: Pattern | Variable): string | Variable => (isVariable(part) ? part : ownText(part.text))

/** Does the expanded text cover `text`? An unresolved variable covers nothing. */
export function templateGlobMatches(glob: TemplateGlob, text: string, context: ConditionContext): boolean {
  if (!endsFit(glob.head, text, context)) return false
  let at = 0
  for (const part of glob.head) {
    const piece = valueOf(part, context)
    if (piece === undefined || !text.startsWith(piece, at)) return false
    at += piece.length
  }
  if (glob.scattered) return wholeMatches(glob.template, text, context)
  if (!glob.tail) return at === text.length
  return glob.tail.kind === 'any' || globMatches(glob.tail, text.slice(at))
}

/** Compares the last character of each piece only: a cheap look that sends nearly every text away. */
function endsFit(head: TemplateGlob['head'], text: string, context: ConditionContext): boolean {
  let end = 0
  for (const part of head) {
    const piece = valueOf(part, context)
    if (piece === undefined) return false
    const { length } = piece
    end += length
    if (length > 0 && text.charCodeAt(end - 1) !== piece.charCodeAt(length - 1)) return false
  }
  return true
}

const valueOf = (part: string | Variable, context: ConditionContext): string | undefined =>
  typeof part === 'string' ? part : resolve(part, context.get(part.key))

function wholeMatches(template: Template, text: string, context: ConditionContext): boolean {
  const pattern = expand(template, context)
  return pattern !== undefined && globMatches(compileGlob(pattern), text)
}
