// Owns checking an input against the constraints of the model, in the words of the service.
import { failure } from '../failure.ts'
import type { WireFailure } from '../failure.ts'
import type {
  ListShape,
  MapShape,
  Member,
  OperationModel,
  ServiceName,
  Shape,
  Structure,
  StructureShape,
} from '../model/types.ts'
import { javaOrder } from './java-order.ts'
import { hasOwnText, ownText } from './iam-texts.ts'
import { NOT_NULL, rulesOf } from './rules.ts'
import type { Rule } from './rules.ts'
import { validateS3 } from './s3.ts'

/** STS echoes values in its messages, IAM does not; S3 has errors of its own. */
export type Dialect = ServiceName

/** At most this many violations are named. */
const VIOLATIONS_MAX = 10

/** Where the walk is: what it found, and whether values are echoed. */
interface Walk {
  readonly echo: boolean
  readonly iam: boolean
  readonly found: string[]
}

/** Checks a decoded input. undefined: nothing to complain about; else a ValidationError (S3: its own codes). */
export function validate(operation: OperationModel, input: Structure, dialect: Dialect): WireFailure | undefined {
  if (dialect === 's3') return validateS3(operation, input)
  const walk: Walk = { echo: dialect === 'sts', iam: dialect === 'iam', found: [] }
  structure(walk, operation.input, input, '')
  if (walk.found.length > 0) return failure('ValidationError', violationsText(walk.found))
  const own = walk.iam ? ownText(operation, input) : undefined
  return own === undefined ? undefined : failure('ValidationError', own)
}

/** `2 validation errors detected: …; …` */
export function violationsText(violations: readonly string[]): string {
  const named = violations.slice(0, VIOLATIONS_MAX)
  return `${named.length} validation error${named.length === 1 ? '' : 's'} detected: ${named.join('; ')}`
}

function structure(walk: Walk, shape: StructureShape, value: Structure, prefix: string): void {
  for (const member of javaOrder(shape)) {
    if (walk.found.length >= VIOLATIONS_MAX) return
    const inner = value[member.name]
    const path = prefix + member.path
    if (isAbsent(walk, member, inner)) complain(walk, path, undefined, NOT_NULL)
    else if (inner !== undefined && inner !== null) {
      complainAll(walk, path, inner, ownRules(walk, member, prefix))
      inside(walk, member.shape, inner, path)
    }
  }
}

/** A required map that is empty counts as absent; so does, at STS, a required list (recorded for both). */
function isAbsent(walk: Walk, member: Member, value: unknown): boolean {
  if (!member.required) return false
  if (value === undefined || value === null) return true
  if (member.shape.kind === 'map') return Object.keys(value).length === 0
  return walk.echo && member.shape.kind === 'list' && (value as readonly unknown[]).length === 0
}

/** Patterns of names and paths are checked later where the service has its own words for them. */
function ownRules(walk: Walk, member: Member, prefix: string): readonly Rule[] {
  const rules = rulesOf(member.shape)
  return walk.iam && prefix === '' && hasOwnText(member) ? rules.filter((rule) => !rule.isPattern) : rules
}

function complainAll(walk: Walk, path: string, value: unknown, rules: readonly Rule[]): void {
  for (const rule of rules) if (!rule.holds(value)) complain(walk, path, value, rule.text)
}

function inside(walk: Walk, shape: Shape, value: unknown, path: string): void {
  if (shape.kind === 'structure') structure(walk, shape, value as Structure, `${path}.`)
  if (shape.kind === 'list') items(walk, shape, value as readonly unknown[], path)
  if (shape.kind === 'map') entries(walk, shape, value as Structure, path)
}

/** Structures are checked one by one; a scalar that breaks one rule makes the list name all rules of its items. */
function items(walk: Walk, list: ListShape, values: readonly unknown[], path: string): void {
  const { item } = list
  if (item.kind === 'structure' || item.kind === 'list' || item.kind === 'map') {
    for (const [index, value] of values.entries()) {
      if (walk.found.length >= VIOLATIONS_MAX) return
      const itemPath = `${path}.${index + 1}.member`
      complainAll(walk, itemPath, value, rulesOf(item))
      inside(walk, item, value, itemPath)
    }
    return
  }
  if (values.every((value) => holdsAll(item, value))) return
  const texts = [...rulesOf(item).map(({ text }) => text), ...(list.notNull ? [NOT_NULL] : [])]
  complain(walk, path, values, `Member must satisfy constraint: [${texts.join(', ')}]`)
}

const holdsAll = (shape: Shape, value: unknown): boolean => rulesOf(shape).every((rule) => rule.holds(value))

function entries(walk: Walk, map: MapShape, value: Structure, path: string): void {
  const texts = (shape: Shape) =>
    rulesOf(shape)
      .map(({ text }) => text)
      .join(', ')
  if (!Object.keys(value).every((key) => holdsAll(map.key, key)))
    complain(walk, path, value, `Map keys must satisfy constraint: [${texts(map.key)}]`)
  if (!Object.values(value).every((item) => holdsAll(map.value, item)))
    complain(walk, path, value, `Map value must satisfy constraint: [${texts(map.value)}]`)
}

function complain(walk: Walk, path: string, value: unknown, rule: string): void {
  const echoed = value === undefined ? ' null' : ` '${javaText(value)}'`
  walk.found.push(`Value${walk.echo ? echoed : ''} at '${path}' failed to satisfy constraint: ${rule}`)
}

/** A value as Java prints it: lists are `[a, b]`, maps `{k=v}`. */
function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object' || value === null) return String(value)
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}=${javaText(inner)}`)
    .join(', ')}}`
}
