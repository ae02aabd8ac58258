/** The policy of a browser form: what the signer allows the form to hold. See "POST policy" (S3 API reference). */
import { Buffer } from 'node:buffer'
import { fieldValue } from './post-form.ts'
import type { FormFields } from './post-form.ts'
import { refuse } from './refusals.ts'
import type { Checked, Refusal } from './types.ts'

/** Sizes in bytes, both inclusive. */
export interface SizeRange {
  readonly min: number
  readonly max: number
}

export type PostPolicyChecked = { readonly ok: true; readonly size?: SizeRange } | Refusal

const denied = (detail: string, diagnosis: 'AUTH.POST_POLICY' | 'AUTH.EXPIRED' = 'AUTH.POST_POLICY'): Refusal =>
  refuse('AccessDenied', 403, `Invalid according to Policy: ${detail}`, { diagnosis })

const invalid = (detail: string): Refusal =>
  refuse('InvalidPolicyDocument', 400, `Invalid Policy: ${detail}`, { diagnosis: 'AUTH.POST_POLICY' })

type Condition =
  | { readonly kind: 'text'; readonly operator: string; readonly field: string; readonly value: string }
  | { readonly kind: 'size'; readonly range: SizeRange | undefined }

interface Rule {
  readonly condition: Condition
  /** As S3 shows it when it fails. */
  readonly shown: string
}

/**
 * Checks the fields of a form against its policy: expiration, each condition in order, then that each field has one.
 * @param input.bucket the bucket that the request addresses
 * @param input.now wire time, epoch milliseconds
 * @returns the allowed size of the file, where the policy limits it; see `checkPostSize`
 */
export function checkPostPolicy(input: {
  readonly fields: FormFields
  readonly bucket: string
  readonly now: number
}): PostPolicyChecked {
  const policy = readPolicy(fieldValue(input.fields, 'policy') ?? '')
  if (!policy.ok) return policy
  if (policy.expires <= input.now) return denied('Policy expired.', 'AUTH.EXPIRED')
  let size: SizeRange | undefined
  for (const { condition, shown } of policy.rules) {
    const holds = condition.kind === 'size' ? condition.range !== undefined : textHolds(condition, input)
    if (!holds) return denied(`Policy Condition failed: ${shown}`)
    if (condition.kind === 'size' && condition.range) size = narrower(size, condition.range)
  }
  const extra = extraFields(input.fields, policy.rules)
  if (extra.length > 0) return denied(`Extra input fields: ${extra.join(', ')}`)
  return size ? { ok: true, size } : { ok: true }
}

/** Is the file's size in the range? @param bytes the size of the file that came */
export function checkPostSize(range: SizeRange, bytes: number): Checked {
  const proposed = ['ProposedSize', String(bytes)] as const
  const diagnosis = 'AUTH.POST_POLICY'
  if (bytes > range.max) {
    const fields = [proposed, ['MaxSizeAllowed', String(range.max)] as const]
    const message = 'Your proposed upload exceeds the maximum allowed size'
    return refuse('EntityTooLarge', 400, message, { diagnosis, fields })
  }
  if (bytes < range.min) {
    const fields = [proposed, ['MinSizeAllowed', String(range.min)] as const]
    const message = 'Your proposed upload is smaller than the minimum allowed size'
    return refuse('EntityTooSmall', 400, message, { diagnosis, fields })
  }
  return { ok: true }
}

const narrower = (a: SizeRange | undefined, b: SizeRange): SizeRange =>
  a ? { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) } : b

/** A field sent twice must fit twice, whichever of its values is used afterwards. */
function textHolds(
  { operator, field, value }: Extract<Condition, { kind: 'text' }>,
  { fields, bucket }: { readonly fields: FormFields; readonly bucket: string },
): boolean {
  if (!field.startsWith('$')) return false
  const name = field.slice(1).toLowerCase()
  const sent = fields.filter(([raw]) => raw.toLowerCase() === name).map(([, text]) => text)
  const actual = name === 'bucket' ? [...sent, bucket] : sent.length === 0 ? [''] : sent
  if (operator === 'eq') return actual.every((text) => text === value)
  return operator === 'starts-with' && actual.every((text) => text.startsWith(value))
}

const FREE_FIELDS: ReadonlySet<string> = new Set(['x-amz-signature', 'awsaccesskeyid', 'signature', 'file', 'policy'])

function extraFields(fields: FormFields, rules: readonly Rule[]): readonly string[] {
  const named = new Set(rules.map(({ condition }) => (condition.kind === 'text' ? condition.field.toLowerCase() : '')))
  return fields
    .map(([name]) => name)
    .filter((raw) => {
      const name = raw.toLowerCase()
      return !FREE_FIELDS.has(name) && !name.startsWith('x-ignore-') && !named.has(`$${name}`)
    })
}

type Policy = { readonly ok: true; readonly expires: number; readonly rules: readonly Rule[] }

function readPolicy(base64: string): Policy | Refusal {
  const document = parseJson(Buffer.from(base64, 'base64').toString())
  if (!isRecord(document)) return invalid('Invalid JSON.')
  const { expiration, conditions } = document
  if (expiration === undefined) return invalid('Policy missing expiration.')
  const expires = typeof expiration === 'string' ? isoTime(expiration) : undefined
  if (expires === undefined) return invalid(`Invalid 'expiration' value: '${String(expiration)}'`)
  if (!Array.isArray(conditions)) return invalid('Policy missing conditions.')
  const rules: Rule[] = []
  for (const condition of conditions as readonly unknown[]) {
    const rule = Array.isArray(condition) ? readList(condition) : readSimple(condition)
    if ('ok' in rule) return rule
    rules.push(rule)
  }
  return { ok: true, expires, rules }
}

function isoTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `{"acl": "private"}` is `["eq", "$acl", "private"]`. */
function readSimple(condition: unknown): Rule | Refusal {
  const entries = isRecord(condition) ? Object.entries(condition) : []
  const [name, value] = entries[0] ?? []
  if (entries.length !== 1 || name === undefined) {
    return invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.')
  }
  if (typeof value !== 'string') return invalid('Invalid Simple-Condition: value must be a string.')
  return readList(['eq', `$${name}`, value])
}

function readList(list: readonly unknown[]): Rule | Refusal {
  const shown = `[${list.map((item) => JSON.stringify(item)).join(', ')}]`
  const [operator, field, value] = list
  if (list.length !== 3 || typeof operator !== 'string') return invalid('Invalid Condition: wrong number of arguments.')
  const name = operator.toLowerCase()
  if (name === 'content-length-range') return { condition: { kind: 'size', range: readRange(field, value) }, shown }
  if (name !== 'eq' && name !== 'starts-with') return invalid(`Invalid Condition: unknown operation '${operator}'.`)
  if (typeof field !== 'string' || typeof value !== 'string') {
    return invalid('Invalid Condition: arguments must be strings.')
  }
  return { condition: { kind: 'text', operator: name, field, value }, shown }
}

/** Numbers may be written as texts. */
function readRange(min: unknown, max: unknown): SizeRange | undefined {
  const [from, to] = [min, max].map((bound) => {
    const text = typeof bound === 'number' ? String(bound) : typeof bound === 'string' ? bound : ''
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined
  })
  return from === undefined || to === undefined ? undefined : { min: from, max: to }
}
