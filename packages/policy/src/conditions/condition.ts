/**
 * One condition: an operator, a key, and the values of the policy. Absent, empty and present-but-different are three
 * things here; the table of policy-semantics section 3 on missing keys is `whenAbsent`.
 */
import { isMultivalued } from '../context-keys.ts'
import { expand, parseTemplate, type Template } from '../language/template.ts'
import { literal, ownText } from '../language/glob.ts'
import type { ConditionContext, ContextValue } from '../types.ts'
import { isTrue, OPERATORS, readOperatorName, type Operand, type Operator, type Outcome } from './operators.ts'

export interface Condition {
  /** Operator as written, prefix and suffix included. */
  readonly operator: string
  /** Key as written, and as contexts hold it. */
  readonly keyAsWritten: string
  readonly key: string
  readonly quantifier: 'none' | 'all' | 'any'
  readonly ifExists: boolean
  /** By the definition of the key. */
  readonly multivalued: boolean
  /** undefined for `Null`. */
  readonly row: Operator | undefined
  readonly values: readonly Template[]
  /** Values ready to be compared; undefined where one holds a variable, and then they are made for each request. */
  readonly operands: readonly Operand[] | undefined
}

/** undefined when the operator is none of AWS's. */
export function compileCondition(
  operator: string,
  key: string,
  values: readonly string[],
  variables: boolean,
): Condition | undefined {
  const name = readOperatorName(operator)
  if (!name) return undefined
  const row = OPERATORS.get(name.base)
  const templates = values.map((value) => templateOfValue(value, row, variables))
  const patterns = templates.flatMap((template) => template.fixed ?? [])
  const operands = row && patterns.length === templates.length ? patterns.map(row.operand) : undefined
  const { quantifier, ifExists } = name
  const lower = key.toLowerCase()
  const named = {
    operator: ownText(operator),
    keyAsWritten: ownText(key),
    key: ownText(lower),
    multivalued: isMultivalued(lower),
  }
  return { ...named, quantifier, ifExists, row, values: templates, operands }
}

/** Under operators that take no variables a value is plain text (policy-semantics 3.19). */
function templateOfValue(value: string, row: Operator | undefined, variables: boolean): Template {
  if (row?.family.variables) return parseTemplate(value, variables)
  const fixed = literal(value)
  return { source: value, parts: [fixed], fixed }
}

/** Judges the condition. Linear in the number of values times the number of values received. */
export function judgeCondition(condition: Condition, context: ConditionContext): Outcome {
  const received = context.get(condition.key)
  const absent = received === undefined || (typeof received !== 'string' && received.length === 0)
  if (!condition.row) return judgeNull(condition, absent) ? 'yes' : 'no'
  if (absent) return whenAbsent(condition, condition.row) ? 'yes' : 'no'
  return whenPresent(condition, condition.row, received, context)
}

function whenAbsent(condition: Condition, row: Operator): boolean {
  if (condition.ifExists || condition.quantifier === 'all') return true
  return condition.quantifier === 'none' && row.negated && condition.values.length > 0
}

function whenPresent(condition: Condition, row: Operator, received: ContextValue, context: ConditionContext): Outcome {
  if (condition.values.length === 0) return 'no'
  const operands = condition.operands ?? operandsFor(condition, row, context)
  if (operands === undefined) return 'no'
  if (typeof received === 'string' && (condition.quantifier !== 'none' || !condition.multivalued)) {
    return judgeValue(row, operands, received)
  }
  // A multivalued key under a plain operator matches nothing, negated or not (policy-semantics 3.17).
  if (condition.quantifier === 'none') return 'no'
  return judgeSet(condition.quantifier, row, operands, received as readonly string[])
}

function judgeSet(
  quantifier: 'all' | 'any',
  row: Operator,
  operands: readonly Operand[],
  received: readonly string[],
): Outcome {
  const decisive = quantifier === 'all' ? 'no' : 'yes'
  let sum: Outcome = quantifier === 'all' ? 'yes' : 'no'
  for (const value of received) {
    const outcome = judgeValue(row, operands, value)
    if (outcome === decisive) return decisive
    if (outcome === 'void') sum = 'void'
  }
  return sum
}

function judgeValue(row: Operator, operands: readonly Operand[], received: string): Outcome {
  const actual = row.family.read(received)
  if (actual === undefined) return row.negated && row.family.unreadable === 'unequal' ? 'yes' : 'no'
  for (const operand of operands) {
    if (operand === undefined) {
      if (row.family.malformed === 'void') return 'void'
    } else if (operand.test(actual as never)) return row.negated ? 'no' : 'yes'
  }
  return row.negated ? 'yes' : 'no'
}

/**
 * Operands with this request's variables. An unresolved one makes a positive test false as a whole (undefined); under
 * a negated one it equals nothing and is left out (policy-semantics 3.20).
 */
function operandsFor(condition: Condition, row: Operator, context: ConditionContext): readonly Operand[] | undefined {
  const operands: Operand[] = []
  for (const template of condition.values) {
    const pattern = expand(template, context)
    if (pattern) operands.push(row.operand(pattern))
    else if (!row.negated) return undefined
  }
  return operands
}

/** `Null` asks whether the key is absent; under a set operator each present value counts as not null. */
function judgeNull(condition: Condition, absent: boolean): boolean {
  const wanted = condition.values.map((value) => isTrue(value.source))
  if (condition.quantifier === 'none') return wanted.includes(absent)
  if (absent) return condition.quantifier === 'all'
  return wanted.includes(false)
}

/** The values of the policy as this request sees them; an unresolved variable stays as it is written. */
export const wantedValues = (condition: Condition, context: ConditionContext): readonly string[] =>
  condition.values.map((template) => expand(template, context)?.text ?? template.source)
