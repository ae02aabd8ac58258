/**
 * From one statement, requests that it must cover and requests that it must not, made by construction: patterns are filled in, conditions
 * are turned into values that meet them, and then one element at a time is missed. Knows nothing of the engine.
 */

export interface Statement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export type Keys = Readonly<Record<string, string | readonly string[]>>

export interface Derived {
  readonly action: string
  readonly resource: string
  readonly keys: Keys
  /** What is missed: `action`, `resource`, or a condition. */
  readonly missed?: string
}

interface Test {
  readonly quantifier: string | undefined
  readonly base: string
  readonly ifExists: boolean
  readonly key: string
  readonly wanted: readonly string[]
}

const listOf = (value: unknown): readonly string[] =>
  value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)]

/** Key of a variable → the value that stands for it wherever no condition says another. */
const VARIABLE = /\$\{([^},]+)(?:,[^}]*)?\}/g
const WILD_OR_VARIABLE = /[*?]|\$\{[^}]*\}/g
const STAND_IN = 'v1'

/** The request that the statement must cover. */
export function covered(statement: Statement): Derived {
  const keys = meeting(statement)
  const resource = statement.NotResource === undefined ? (listOf(statement.Resource)[0] ?? '*') : 'arn:zz:zz:::zz'
  return { action: actionOf(statement), resource: filled(resource, keys), keys }
}

/** Requests that differ from the covered one in one element, which the statement must not cover for that. */
export function missed(statement: Statement): readonly Derived[] {
  const hit = covered(statement)
  const action = otherAction(statement)
  const resource = otherResource(statement, hit.keys)
  return [
    ...(action === undefined ? [] : [{ ...hit, action, missed: 'action' }]),
    ...(resource === undefined ? [] : [{ ...hit, resource, missed: 'resource' }]),
    ...testsOf(statement).flatMap((one) => {
      const keys = missing(one, hit.keys)
      return keys ? [{ ...hit, keys, missed: `${one.base} ${one.key}` }] : []
    }),
  ]
}

/** In capitals: the case of an action does not count. */
function actionOf(statement: Statement): string {
  const pattern = listOf(statement.Action)[0]
  if (pattern === undefined) return 'zz:Nothing'
  return pattern === '*' ? 'zz:Nothing' : filled(pattern).toUpperCase()
}

function otherAction(statement: Statement): string | undefined {
  if (statement.NotAction !== undefined) return filled(listOf(statement.NotAction)[0] ?? '')
  return listOf(statement.Action).includes('*') ? undefined : 'zz:Nothing'
}

function otherResource(statement: Statement, keys: Keys): string | undefined {
  if (statement.NotResource !== undefined) return filled(listOf(statement.NotResource)[0] ?? '', keys)
  return listOf(statement.Resource).some((pattern) => /^(?:arn:)?\*/.test(pattern)) ? undefined : 'zz'
}

/** A text that the pattern covers: stars and question marks become letters, unless they are escaped. */
const filled = (pattern: string, keys: Keys = {}): string =>
  pattern.replace(WILD_OR_VARIABLE, (part) => (part === '*' ? 'x' : part === '?' ? 'y' : substituted(part, keys)))

/** Variables replaced; `${*}`, `${?}` and `${$}` stand for their character. */
function substituted(text: string, keys: Keys): string {
  const values = new Map(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), value]))
  return text.replace(VARIABLE, (_all, key: string) => {
    if (/^[*?$]$/.test(key)) return key
    const value = values.get(key.trim().toLowerCase())
    return typeof value === 'string' ? value : STAND_IN
  })
}

function testsOf({ Condition: condition }: Statement): readonly Test[] {
  return Object.entries(condition ?? {}).flatMap(([operator, keys]) => {
    const [, quantifier, base = '', ifExists] =
      /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
    return Object.entries(keys).map(([key, value]) => ({
      quantifier,
      base,
      ifExists: ifExists !== undefined,
      key,
      wanted: listOf(value),
    }))
  })
}

const isNegated = ({ base }: Test): boolean => base.includes('Not')

/** Values that meet every condition. Positive ones decide what a key holds; negated ones and `Null` only where none does. */
function meeting(statement: Statement): Keys {
  const tests = testsOf(statement)
  const keys: Record<string, string | readonly string[]> = {}
  for (const text of [...listOf(statement.Resource), ...tests.flatMap(({ wanted }) => wanted)]) {
    for (const [, key = ''] of text.matchAll(VARIABLE)) keys[key.trim().toLowerCase()] = STAND_IN
  }
  const positive = tests.filter((one) => one.base !== 'Null' && !isNegated(one))
  for (const one of positive) {
    const others = positive.filter((other) => other !== one && sameKey(one, other))
    keys[one.key.toLowerCase()] = wrapped(one, valueFor(one, others, keys))
  }
  for (const one of tests.filter((other) => other.base !== 'Null' && isNegated(other))) {
    keys[one.key.toLowerCase()] ??= wrapped(one, unlike(one))
  }
  for (const one of tests.filter(({ base }) => base === 'Null')) {
    const lower = one.key.toLowerCase()
    if (one.wanted.includes('false')) keys[lower] ??= wrapped(one, STAND_IN)
    else delete keys[lower]
  }
  return keys
}

const sameKey = (one: Test, other: Test): boolean => one.key.toLowerCase() === other.key.toLowerCase()

const wrapped = ({ quantifier }: Test, value: string): string | readonly string[] =>
  quantifier === undefined ? value : [value]

/** Where several conditions speak of one key, the narrower list names a value of the wider one. */
function valueFor(one: Test, others: readonly Test[], keys: Keys): string {
  const narrowest = [one, ...others].toSorted(
    (left, right) => width(left) - width(right) || left.base.localeCompare(right.base),
  )[0]
  return fitting(narrowest ?? one, keys)
}

const width = ({ wanted }: Test): number => (wanted.some((text) => text === '*') ? 1000 : wanted.length)

function fitting({ base, wanted }: Test, keys: Keys): string {
  const text = substituted(wanted[0] ?? '', keys)
  if (base.startsWith('Numeric')) return String(Number(text) + step(base))
  if (base.startsWith('Date')) return new Date(Date.parse(text) + step(base) * 1000).toISOString()
  if (base === 'IpAddress') return text.replace(/\/.*$/, '')
  return base.endsWith('Like') || base.startsWith('Arn') ? filled(wanted[0] ?? '', keys) : text
}

const step = (base: string): number => (base.endsWith('LessThan') ? -1 : base.endsWith('GreaterThan') ? 1 : 0)

/** A value that a positive test of the family does not accept. */
function unlike({ base, wanted }: Test): string {
  if (base.startsWith('Arn')) return 'arn:zz:zz:::zz'
  if (base === 'NotIpAddress' || base === 'IpAddress') return '203.0.113.99'
  if (base.startsWith('Numeric')) return String(Number(wanted[0]) + (base.includes('Less') ? 1 : -1) * 1000)
  if (base.startsWith('Date')) {
    return new Date(Date.parse(wanted[0] ?? '') + (base.includes('Less') ? 1 : -1) * 86_400_000).toISOString()
  }
  if (base === 'Bool') return wanted[0] === 'true' ? 'false' : 'true'
  return 'zz'
}

/** The keys with one condition missed; undefined where the condition cannot be missed alone. */
function missing(one: Test, keys: Keys): Keys | undefined {
  const lower = one.key.toLowerCase()
  const { [lower]: _old, ...others } = keys
  if (one.base === 'Null') return one.wanted.includes('false') ? others : { ...others, [lower]: wrapped(one, STAND_IN) }
  if (isNegated(one)) return { ...others, [lower]: wrapped(one, fitting(one, keys)) }
  if (!one.ifExists && one.quantifier !== 'ForAllValues') return others
  if (one.wanted.includes('*')) return undefined
  return { ...others, [lower]: wrapped(one, unlike(one)) }
}
