/** Reads YAML or JSON into values that know their lines. JSON is read as YAML, which contains it. */
import type * as Yaml from 'yaml'
import type { Alias, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { SeedProblem } from './types.ts'

export type Located =
  | { readonly kind: 'map'; readonly line: number; readonly entries: readonly LocatedEntry[] }
  | { readonly kind: 'list'; readonly line: number; readonly items: readonly Located[] }
  | {
      readonly kind: 'scalar'
      readonly line: number
      readonly value: string | number | boolean | null
      /** As written, without quotes. */
      readonly source: string
    }

interface LocatedEntry {
  readonly name: string
  readonly line: number
  readonly value: Located
}

export type LocatedText =
  | { readonly ok: true; readonly root: Located }
  | { readonly ok: false; readonly problems: readonly SeedProblem[] }

const DEPTH_MAX = 100
/** Also bounds what aliases can blow up to. */
const NODES_MAX = 2_000_000
const TEXT_MAX = 64 * 1024 * 1024

/** Reads a text. The library is loaded here, at first use: a server without a seed never pays for it. */
export async function locate(text: string): Promise<LocatedText> {
  if (text.length > TEXT_MAX) return refused([[0, `the file is larger than ${TEXT_MAX} characters`]])
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  try {
    const document = yaml.parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: '1.2', merge: false })
    if (document.errors.length > 0)
      return refused(document.errors.map((error) => [error.linePos?.[0].line ?? 0, firstLine(error.message)]))
    const lineOf = (node: Node | null): number => (node?.range ? lines.linePos(node.range[0]).line : 0)
    return { ok: true, root: walker(lineOf, yaml)(document.contents, 0) }
  } catch (error) {
    if (error instanceof TooMuch) return refused([[error.line, error.message]])
    if (error instanceof RangeError) return refused([[0, 'the file is nested too deeply']])
    throw error
  }
}

const firstLine = (text: string): string => text.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? text

const refused = (problems: readonly (readonly [line: number, text: string])[]): LocatedText => ({
  ok: false,
  problems: problems.map(([line, text]) => ({ line, path: '', text })),
})

/** What no seed may hold: too large, too deep, or of a kind that JSON does not have. */
class TooMuch extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

type Walk = (node: Node | null, depth: number) => Located

function walker(
  lineOf: (node: Node | null) => number,
  yaml: Pick<typeof Yaml, 'isAlias' | 'isMap' | 'isScalar' | 'isSeq'>,
): Walk {
  let count = 0
  // Anchors as they are met, so that an alias is looked up at once: the library's own search walks the whole document.
  const anchors = new Map<string, Node>()
  const map = (node: YAMLMap, depth: number): Located => ({
    kind: 'map',
    line: lineOf(node),
    entries: (node.items as Pair<Node | null, Node | null>[]).map((pair) => ({
      name: keyText(pair.key, lineOf(pair.key) || lineOf(node), yaml),
      line: lineOf(pair.key),
      value: pair.value === null ? emptyAt(lineOf(pair.key)) : walk(pair.value, depth + 1),
    })),
  })
  const walk: Walk = (node, depth) => {
    if (++count > NODES_MAX) throw new TooMuch(lineOf(node), 'the file holds too many values')
    if (depth > DEPTH_MAX) throw new TooMuch(lineOf(node), 'the file is nested too deeply')
    if (node === null) return emptyAt(0)
    if (yaml.isAlias(node)) return walk(resolved(node, anchors, lineOf), depth + 1)
    if ('anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node)
    if (yaml.isMap(node)) return map(node, depth)
    if (yaml.isSeq(node))
      return {
        kind: 'list',
        line: lineOf(node),
        items: (node as YAMLSeq<Node | null>).items.map((item) => walk(item, depth + 1)),
      }
    return scalar(node as Scalar, lineOf(node))
  }
  return walk
}

function resolved(alias: Alias, anchors: ReadonlyMap<string, Node>, lineOf: (node: Node) => number): Node {
  const target = anchors.get(alias.source)
  if (target === undefined) throw new TooMuch(lineOf(alias), `there is no anchor \`${alias.source}\` before this line`)
  return target
}

/** A key is the text as written: `42` and `"42"` are one. */
function keyText(key: Node | null, line: number, yaml: Pick<typeof Yaml, 'isScalar'>): string {
  if (key !== null && yaml.isScalar(key)) {
    if (typeof key.value === 'string') return key.value
    if (key.source !== undefined && key.source !== '') return key.source
  }
  throw new TooMuch(line, 'a name must be a text')
}

const emptyAt = (line: number): Located => ({ kind: 'scalar', line, value: null, source: '' })

function scalar(node: Scalar, line: number): Located {
  const { value } = node
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value))
    return {
      kind: 'scalar',
      line,
      value: value as string | number | boolean | null,
      source: node.source ?? String(value),
    }
  throw new TooMuch(line, 'this kind of value is not known here')
}
