/** Small changes to a source text that a good test suite has to notice. Pure: a text goes in, its mutants come out. */
import { createRequire } from 'node:module'

/** One change. Offsets are UTF-16 units of the file. */
export interface Mutant {
  /** Path from the package's folder. */
  readonly file: string
  readonly line: number
  /** The line that the change begins on, without its indentation. */
  readonly lineText: string
  readonly start: number
  readonly end: number
  readonly before: string
  readonly after: string
}

/** A node of an ESTree syntax tree; what a node of its type holds is looked up by name. */
interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

interface Parser {
  readonly parseSync: (
    name: string,
    text: string,
  ) => { readonly program: Node; readonly errors: readonly { readonly message: string }[] }
}

/** The parser that knip brings along: one more development dependency is not worth a list of mutants. */
const knip = createRequire(import.meta.url).resolve('knip')
const { parseSync } = createRequire(knip)('oxc-parser') as Parser

const BINARY: ReadonlyMap<string, readonly string[]> = new Map([
  ['===', ['!==']],
  ['!==', ['===']],
  ['<', ['<=', '>=']],
  ['<=', ['<', '>']],
  ['>', ['>=', '<=']],
  ['>=', ['>', '<']],
  ['+', ['-']],
  ['-', ['+']],
  ['*', ['/']],
  ['/', ['*']],
  ['%', ['*']],
  ['&', ['|']],
  ['|', ['&']],
  ['<<', ['>>']],
])
const LOGICAL: ReadonlyMap<string, readonly string[]> = new Map([
  ['&&', ['||']],
  ['||', ['&&']],
])
const ASSIGNMENT: ReadonlyMap<string, readonly string[]> = new Map([
  ['+=', ['-=']],
  ['-=', ['+=']],
  ['|=', ['&=']],
  ['&=', ['|=']],
])
const METHODS: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
  ['indexOf', 'lastIndexOf'],
  ['lastIndexOf', 'indexOf'],
])

interface Change {
  readonly start: number
  readonly end: number
  readonly after: string
}

/** All mutants of a file, in the order of the text. */
export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const { program, errors } = parseSync(file, text)
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`)
  const changes: Change[] = []
  visit(program, text, changes)
  return changes
    .toSorted((left, right) => left.start - right.start || left.end - right.end)
    .map(({ start, end, after }) => {
      const line = text.slice(0, start).split('\n').length
      const lineText = (text.split('\n')[line - 1] ?? '').trim()
      return { file, line, lineText, start, end, before: text.slice(start, end), after }
    })
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string'

function visit(node: Node, text: string, changes: Change[]): void {
  // Types are gone at run time, and what a thrown Error says is for people.
  if (node.type.startsWith('TS') && !/^TS(?:As|NonNull|Satisfies)/.test(node.type)) return
  if (node.type === 'ThrowStatement') return
  changes.push(...changesAt(node, text))
  for (const value of Object.values(node)) {
    const children = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    for (const child of children) if (isNode(child)) visit(child, text, changes)
  }
}

function changesAt(node: Node, text: string): readonly Change[] {
  switch (node.type) {
    case 'BinaryExpression':
      return operator(node, text, BINARY)
    case 'LogicalExpression':
      return operator(node, text, LOGICAL)
    case 'AssignmentExpression':
      return operator(node, text, ASSIGNMENT)
    case 'UpdateExpression':
      return [
        whole(
          node,
          text.slice(node.start, node.end).replace(/\+\+|--/, (is) => (is === '++' ? '--' : '++')),
        ),
      ]
    case 'UnaryExpression':
      return /[!~-]/.test(String(node['operator'])) ? [{ start: node.start, end: node.start + 1, after: ' ' }] : []
    case 'Literal':
      return literalChanges(node)
    case 'ConditionalExpression':
    case 'IfStatement':
      return ['true', 'false'].map((after) => whole(node['test'] as Node, after))
    case 'ForStatement':
    case 'WhileStatement':
      return isNode(node['test']) ? [whole(node['test'], 'false')] : []
    case 'ReturnStatement':
      return isNode(node['argument']) ? returned(node['argument'], text) : []
    case 'ArrowFunctionExpression':
      return node['expression'] === true ? returned(node['body'] as Node, text) : []
    case 'ExpressionStatement':
    case 'ContinueStatement':
    case 'BreakStatement':
      return [whole(node, ';')]
    case 'MemberExpression':
      return methodChanges(node['property'] as Node, text)
    default:
      return []
  }
}

const whole = ({ start, end }: Node, after: string): Change => ({ start, end, after })

/** The operator stands between its two sides. */
function operator(node: Node, text: string, table: ReadonlyMap<string, readonly string[]>): readonly Change[] {
  const is = String(node['operator'])
  const from = (node['left'] as Node).end
  const start = from + text.slice(from, (node['right'] as Node).start).indexOf(is)
  return (table.get(is) ?? []).map((after) => ({ start, end: start + is.length, after }))
}

function literalChanges(node: Node): readonly Change[] {
  const { value } = node
  if (typeof value === 'boolean') return [whole(node, String(!value))]
  return typeof value === 'number' ? [whole(node, `${value + 1}`)] : []
}

/** Numbers and truth values have mutants of their own, and nothing is nothing already. */
function returned(node: Node, text: string): readonly Change[] {
  const plain = text.slice(node.start, node.end)
  if (node.type === 'Literal' || plain === 'undefined' || plain === 'GRANT.none') return []
  // An arrow's object stands in parentheses, which stay.
  return [whole(node, 'undefined')]
}

function methodChanges(property: Node, text: string): readonly Change[] {
  const after = METHODS.get(text.slice(property.start, property.end))
  return after === undefined ? [] : [whole(property, after)]
}
