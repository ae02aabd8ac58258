// Owns the constraints of one value and AWS's texts for them.
import type { ListShape, MapShape, ScalarShape, Shape } from '../model/types.ts'

/** A constraint: its text in messages, and whether a value keeps it. */
export interface Rule {
  readonly text: string
  readonly holds: (value: unknown) => boolean
  /** True for regular expressions, for which IAM sometimes has its own words. */
  readonly isPattern: boolean
}

export const NOT_NULL = 'Member must not be null'

const rulesByShape = new WeakMap<Shape, readonly Rule[]>()

/** The rules of a shape itself, not of what it holds, in AWS's order. */
export function rulesOf(shape: Shape): readonly Rule[] {
  const known = rulesByShape.get(shape)
  if (known !== undefined) return known
  const rules = shape.kind === 'structure' ? [] : makeRules(shape)
  rulesByShape.set(shape, rules)
  return rules
}

function makeRules(shape: ListShape | MapShape | ScalarShape): readonly Rule[] {
  const { min, max } = shape
  const measured = isNumber(shape) ? 'value' : 'length'
  const rules: Rule[] = []
  if (max !== undefined)
    rules.push({
      text: `Member must have ${measured} less than or equal to ${max}`,
      holds: (value) => measure(value) <= max,
      isPattern: false,
    })
  if (min !== undefined)
    rules.push({
      text: `Member must have ${measured} greater than or equal to ${min}`,
      holds: (value) => measure(value) >= min,
      isPattern: false,
    })
  if ('pattern' in shape && shape.pattern !== undefined) rules.push(patternRule(shape.pattern))
  if ('values' in shape && shape.values !== undefined) rules.push(enumRule(shape.values))
  return rules
}

const isNumber = (shape: Shape): boolean => shape.kind === 'integer' || shape.kind === 'long' || shape.kind === 'double'

/** Numbers measure themselves, everything else its length. */
function measure(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}

function patternRule(pattern: string): Rule {
  const expression = javaPattern(pattern)
  return {
    text: `Member must satisfy regular expression pattern: ${pattern}`,
    holds: (value) => typeof value !== 'string' || expression.test(value),
    isPattern: true,
  }
}

function enumRule(values: readonly string[]): Rule {
  const allowed = new Set<unknown>(values)
  return {
    text: `Member must satisfy enum value set: [${values.join(', ')}]`,
    holds: (value) => allowed.has(value),
    isPattern: false,
  }
}

/**
 * A Java pattern for the whole value. In `u` mode JavaScript refuses escapes that Java takes for the character itself
 * (`\-` outside a class, `\:`), so those lose their backslash. Case of `\p{…}` names is the same in both.
 */
export function javaPattern(pattern: string): RegExp {
  const source = pattern.replace(/\\(.)/g, (whole, character: string) =>
    /[A-Za-z0-9^$\\.*+?()[\]{}|/-]/.test(character) ? whole : character,
  )
  return new RegExp(`^(?:${outsideClass(source)})$`, 'u')
}

/** `\-` is an error in `u` mode outside a character class. */
function outsideClass(source: string): string {
  let inClass = false
  return source.replace(/\\.|\[|\]/g, (token) => {
    if (token === '[') inClass = true
    if (token === ']') inClass = false
    return token === '\\-' && !inClass ? '-' : token
  })
}
