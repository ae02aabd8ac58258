/** A statement's Condition: rules 3.1 to 3.5, 3.14 to 3.18, 3.20, 3.24 and 3.25. */
import type { ConditionContext } from '@understudy/policy'
import { OPERATORS, type Operator } from './operators.ts'
import type { Piece } from './pattern.ts'
import { expand, isMultivalued, type Version } from './variables.ts'

/** `void` is neither true nor false: see `holds`. */
type Truth = 'true' | 'false' | 'void'
type Quantifier = 'plain' | 'ForAllValues' | 'ForAnyValue'
type Scalar = string | number | boolean

/** Operator → key → one value or several, as JSON has it. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, Scalar | readonly Scalar[]>>>>

interface Test {
  readonly operator: string
  readonly quantifier: Quantifier
  readonly ifExists: boolean
  /** 3.18: in lower case, for keys compare without regard to case. */
  readonly key: string
  readonly wanted: readonly string[]
}

/** Where a statement stands: what its conditions are judged with. */
export interface Surroundings {
  readonly effect: 'Allow' | 'Deny'
  readonly version: Version
  readonly context: ConditionContext
}

/** 3.1: all operators, and all keys below each, have to hold. No Condition, or an empty one, holds (3.25). */
export function conditionHolds(block: ConditionBlock | undefined, around: Surroundings): boolean {
  return testsOf(block ?? {}).every((test) => {
    const truth = judge(test, around)
    // 3.24: where a test is void, an Allow does not match and a Deny does.
    return truth === 'void' ? around.effect === 'Deny' : truth === 'true'
  })
}

function testsOf(block: ConditionBlock): readonly Test[] {
  return Object.entries(block).flatMap(([written, keys]) => {
    const [, prefix, name = '', suffix] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(written) ?? []
    const quantifier = (prefix ?? 'plain') as Quantifier
    return Object.entries(keys).map(([key, value]) => ({
      operator: name,
      quantifier,
      ifExists: suffix !== undefined,
      key: key.toLowerCase(),
      wanted: [value].flat().map(String),
    }))
  })
}

function judge(test: Test, around: Surroundings): Truth {
  const found = around.context.get(test.key)
  const actual = found === undefined ? [] : typeof found === 'string' ? [found] : found
  if (test.operator === 'Null') return nullTest(test, actual)
  const operator = OPERATORS.get(test.operator)
  if (!operator) throw new Error(`The condition operator \`${test.operator}\` does not exist.`)
  // An empty list counts as an absent key.
  if (actual.length === 0) return missing(test, operator)
  // 3.25: nothing is wanted, so nothing that is there can match, negated or not.
  if (test.wanted.length === 0) return 'false'
  // 3.17: a multivalued key needs a set operator.
  if (test.quantifier === 'plain' && isMultivalued(test.key, around.context)) return 'false'
  const wanted = test.wanted.map((text) =>
    operator.variables ? expand(text, around.version, around.context) : [{ text, literal: false }],
  )
  // 3.20: one value that stays open makes a positive test false as a whole; under a negated one it equals nothing.
  if (!operator.negated && wanted.includes(undefined)) return 'false'
  const closed = wanted.filter((pieces) => pieces !== undefined)
  const each = actual.map((text) => one(operator, text, closed))
  return test.quantifier === 'ForAllValues' ? all(each) : any(each)
}

/** The table at the end of section 3, for a key that is not there. */
function missing({ quantifier, ifExists, wanted }: Test, operator: Operator): Truth {
  if (ifExists || quantifier === 'ForAllValues') return 'true'
  if (quantifier === 'ForAnyValue') return 'false'
  // 3.3: a negated operator holds; 3.25: but not where it wants nothing.
  return operator.negated && wanted.length > 0 ? 'true' : 'false'
}

/** One value of the request against the list of the policy, read in the order written (3.1, 3.24). */
function one(operator: Operator, actual: string, wanted: readonly (readonly Piece[])[]): Truth {
  if (!operator.readable(actual)) return 'false'
  for (const pieces of wanted) {
    const verdict = operator.compare(actual, pieces)
    if (verdict === 'void') return 'void'
    if (verdict === 'match') return operator.negated ? 'false' : 'true'
  }
  return operator.negated ? 'true' : 'false'
}

/** 3.14: every value; a false one decides before a void one. */
function all(each: readonly Truth[]): Truth {
  if (each.includes('false')) return 'false'
  return each.includes('void') ? 'void' : 'true'
}

/** 3.15: some value; a true one decides before a void one. */
function any(each: readonly Truth[]): Truth {
  if (each.includes('true')) return 'true'
  return each.includes('void') ? 'void' : 'false'
}

/** 3.5 and 3.25: `true` wants the key absent, every other text wants it there; several are alternatives. */
function nullTest({ quantifier, wanted }: Test, actual: readonly string[]): Truth {
  const wantsAbsent = wanted.some((text) => text.toLowerCase() === 'true')
  const wantsPresent = wanted.some((text) => text.toLowerCase() !== 'true')
  const absent = actual.length === 0
  // Under a set operator it is tested value by value, and each value that is there is not null.
  if (quantifier === 'ForAllValues') return absent || wantsPresent ? 'true' : 'false'
  if (quantifier === 'ForAnyValue') return !absent && wantsPresent ? 'true' : 'false'
  return (absent ? wantsAbsent : wantsPresent) ? 'true' : 'false'
}
