/**
 * Values that stand for all values of an open key: enough of them that every combination of outcomes of its conditions is
 * met, where that is possible with few. Where it is not, `complete` says so.
 */
import type { Condition } from '../conditions/condition.ts'
import type { ContextValue } from '../types.ts'
import { variableKeys } from '../language/template.ts'
import type { OpenStatement } from './open-statements.ts'

export interface Samples {
  readonly key: string
  /** undefined: the key is absent. */
  readonly values: readonly (ContextValue | undefined)[]
  /** No other value could be told from all of these. */
  readonly complete: boolean
}

/** A value that no policy names. */
const OTHER = 'some-other-value'

/** @param mayBeAbsent whether the request may come without the key */
export function samplesOf(key: string, open: readonly OpenStatement[], mayBeAbsent: boolean): Samples {
  const conditions = open.flatMap(({ statement }) => statement.conditions).filter((condition) => condition.key === key)
  const values = new Set<string>([OTHER])
  for (const condition of conditions) for (const value of valuesFor(condition)) values.add(value)
  for (const value of numbersAround(conditions)) values.add(value)
  const absent = mayBeAbsent ? [undefined] : []
  if (conditions.some(({ multivalued }) => multivalued)) {
    const lists = [...values].map((value) => [value])
    return { key, values: [...absent, ...lists, [...values]], complete: false }
  }
  const complete = !isUsedAsVariable(key, open) && isComplete(conditions)
  return { key, values: [...absent, ...values], complete }
}

const isUsedAsVariable = (key: string, open: readonly OpenStatement[]): boolean =>
  open.some(({ statement }) =>
    [
      ...statement.conditions.flatMap(({ values }) => values),
      ...(statement.resource?.entries ?? []).map(({ variable }) => variable.template),
    ].some((template) => variableKeys(template).includes(key)),
  )

const EXACT = /^(?:String(?:Not)?Equals|Numeric.*|Bool)$/

/** Are the outcomes of these conditions told apart by their own values, values beside them, and another one? */
function isComplete(conditions: readonly Condition[]): boolean {
  const patterns = conditions.filter(({ row }) => row && !EXACT.test(row.name))
  const fixed = conditions.every(({ values }) => values.every((template) => template.fixed))
  // One pattern can only match or not; several may overlap in ways that samples do not meet.
  const likes = patterns.every(({ row }) => /^(?:String(?:Not)?Like|Arn(?:Not)?(?:Like|Equals))$/.test(row?.name ?? ''))
  const texts = new Set(patterns.flatMap(({ values }) => values.map(({ source }) => source)))
  return fixed && (patterns.length === 0 || (likes && texts.size === 1 && patterns.length === conditions.length))
}

/** Values at and beside the ones that a condition names. */
function valuesFor({ row, values }: Condition): readonly string[] {
  const texts = values.map(({ fixed, source }) => fixed?.text ?? source)
  if (!row) return []
  if (row.name === 'Bool') return ['true', 'false']
  if (row.name.startsWith('Numeric')) return texts
  if (row.name.startsWith('Date')) return texts.flatMap(besideDate)
  if (row.name.endsWith('IpAddress')) return [...texts.flatMap((text) => text.split('/')[0] ?? []), '198.51.100.77']
  return texts.flatMap((text) => [text, text.replaceAll('*', 'x').replaceAll('?', 'x')])
}

/** A number below, between and above all that are named. */
function numbersAround(conditions: readonly Condition[]): readonly string[] {
  const named = conditions
    .filter(({ row }) => row?.name.startsWith('Numeric'))
    .flatMap(({ values }) => values.map(({ fixed, source }) => Number(fixed?.text ?? source)))
    .filter(Number.isFinite)
    .toSorted((left, right) => left - right)
  const [first] = named
  const last = named.at(-1)
  if (first === undefined || last === undefined) return []
  const between = named.slice(1).map((number, index) => (number + (named[index] ?? number)) / 2)
  return [first - 1, ...between, last + 1].map(String)
}

function besideDate(text: string): readonly string[] {
  const at = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(at)) return [text]
  return [at - 1000, at, at + 1000].map((time) => new Date(time).toISOString())
}
