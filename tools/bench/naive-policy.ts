/**
 * The evaluator that one writes in an afternoon, to measure the engine against: it parses every document for every decision and
 * turns every pattern into a regular expression. It knows identity policies, a few operators and variables; its answers are those
 * of the engine where it knows enough (`tests/policy/budgets.test.ts` holds it to that, so that the ratio compares like with like).
 */

export interface NaiveRequest {
  readonly action: string
  readonly resource: string
  /** Condition keys as AWS spells them. */
  readonly context: Readonly<Record<string, string>>
}

interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** true: an Allow matches and no Deny does. */
export function naiveDecide(documents: readonly string[], request: NaiveRequest): boolean {
  let allowed = false
  for (const text of documents) {
    const { Statement: statements } = JSON.parse(text) as { readonly Statement: readonly Statement[] }
    for (const statement of statements) {
      if (!matches(statement, request)) continue
      if (statement.Effect === 'Deny') return false
      allowed = true
    }
  }
  return allowed
}

function matches(statement: Statement, request: NaiveRequest): boolean {
  const { action, resource, context } = request
  if (!listOf(statement.Action).some((pattern) => glob(pattern.toLowerCase(), action.toLowerCase()))) return false
  if (!listOf(statement.Resource).some((pattern) => glob(substitute(pattern, context), resource))) return false
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, context[key], listOf(wanted))),
  )
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value)

const substitute = (text: string, context: NaiveRequest['context']): string =>
  text.replaceAll(/\$\{([^}]+)\}/g, (_all, key: string) => context[key] ?? '')

function glob(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}

function holds(operator: string, got: string | undefined, wanted: readonly string[]): boolean {
  if (got === undefined) return false
  switch (operator) {
    case 'StringEquals':
      return wanted.includes(got)
    case 'Bool':
      return wanted.some((value) => value.toLowerCase() === got.toLowerCase())
    case 'DateGreaterThan':
      return wanted.some((value) => Date.parse(got) > Date.parse(value))
    case 'IpAddress':
      return wanted.some((value) => inNetwork(value, got))
    default:
      throw new Error(`The naive evaluator does not know ${operator}.`)
  }
}

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

function inNetwork(network: string, address: string): boolean {
  const [base = '', bits = '32'] = network.split('/')
  const size = 2 ** (32 - Number(bits))
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(address) / size)
}
