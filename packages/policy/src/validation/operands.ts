/** Values of conditions that a store refuses, though the evaluation would know what to do (policy-semantics 1.10). */
import { readNetwork } from '../conditions/address.ts'
import { readDate } from '../conditions/date.ts'
import { readNumber } from '../conditions/numeric.ts'
import { readOperatorName } from '../conditions/operators.ts'
import { isArnPattern } from '../language/arn.ts'
import type { JsonMember } from '../language/json.ts'
import { itemsOf, memberOf, type JsonObject } from './problem.ts'

type Family = 'date' | 'number' | 'address' | 'arn' | 'binary'

const FAMILIES: readonly (readonly [pattern: RegExp, family: Family])[] = [
  [/^Date/, 'date'],
  [/^Numeric/, 'number'],
  [/IpAddress$/, 'address'],
  [/^Arn/, 'arn'],
  [/^Binary/, 'binary'],
]

const READABLE: Readonly<Record<Family, (value: string) => boolean>> = {
  date: (value) => readDate(value) !== undefined,
  number: (value) => readNumber(value) !== undefined,
  address: (value) => readNetwork(value)?.empty === false,
  arn: (value) => value === '*' || value.includes('${') || isArnPattern(value),
  binary: (value) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
}

/** First key with a value that cannot be read, among the operators of the given families. */
export function unreadableOperand(statement: JsonObject, families: readonly Family[]): JsonMember | undefined {
  const condition = memberOf(statement, 'Condition')
  if (condition?.kind !== 'object') return undefined
  for (const operator of condition.members) {
    const base = readOperatorName(operator.name)?.base ?? ''
    const family = FAMILIES.find(([pattern]) => pattern.test(base))?.[1]
    if (!family || !families.includes(family) || operator.value.kind !== 'object') continue
    const key = operator.value.members.find(({ value }) => {
      return itemsOf(value).some((item) => 'value' in item && !READABLE[family](item.value))
    })
    if (key) return key
  }
  return undefined
}
