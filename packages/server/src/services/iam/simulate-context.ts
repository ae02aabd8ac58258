/** ContextEntries of a simulation: read and checked in the words of AWS's simulator (policy-semantics 4.26). */
import type { ContextValue } from '@understudy/policy'
import type { Iam } from '@understudy/wire'
import { invalidInput } from '../../errors/catalogue.ts'

/** Keys that the caller of a simulation gave, in lower case. */
export type GivenContext = ReadonlyMap<string, ContextValue>

interface TypeRule {
  readonly test: (value: string) => boolean
  /** How the refusal names the form. */
  readonly wanted: string
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const DATE =
  /^[+-]?\d+$|^\d{4}(?:-\d{2}(?:-\d{2}(?:[Tt]\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

const FREE: TypeRule = { test: () => true, wanted: '' }
const RULES: ReadonlyMap<string, TypeRule> = new Map([
  ['string', FREE],
  // Whatever is not `true` is false: the simulator takes `yes`.
  ['boolean', FREE],
  ['numeric', { test: (value) => NUMBER.test(value), wanted: 'numeric format' }],
  ['date', { test: (value) => DATE.test(value), wanted: 'DateTime format' }],
  ['ip', { test: isAddress, wanted: 'IP address' }],
  ['binary', { test: (value) => BASE64.test(value), wanted: 'base-64 encoded binary format' }],
])

/** @throws AwsError InvalidInput for an entry that says too little, or whose values do not fit its type */
export function givenContext(entries: readonly Iam.ContextEntry[]): GivenContext {
  const context = new Map<string, ContextValue>()
  for (const entry of entries) {
    const { ContextKeyName: name, ContextKeyType: type, ContextKeyValues: values } = entry
    // An entry without any member says nothing, and AWS takes it.
    if (name === undefined && type === undefined && values === undefined) continue
    if (!name) throw invalidInput('ContextKeyName cannot be null or empty.')
    if (type === undefined) throw invalidInput(`Context key ${name} has invalid type null.`)
    if (values === undefined || values.length === 0)
      throw invalidInput(`Context values for context key ${name} cannot be null or empty.`)
    if (context.has(name.toLowerCase())) throw invalidInput(`Duplicate context key: ${name}.`)
    context.set(name.toLowerCase(), checked(name, type, values))
  }
  return context
}

function checked(name: string, type: string, values: readonly string[]): ContextValue {
  const list = type.endsWith('List')
  // AWS names the type, not the key.
  if (!list && values.length > 1)
    throw invalidInput(`Context key ${type} expected a single value, but received ${values.length}.`)
  const rule = RULES.get(type.replace(/List$/, '')) ?? FREE
  if (!values.every(rule.test)) throw invalidInput(`Invalid context value for key ${name}: expected ${rule.wanted}.`)
  return list ? values : (values[0] ?? '')
}

/** An address, or a network in prefix form. */
function isAddress(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/')
  if (rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return false
  const bytes = address.split('.')
  if (bytes.length === 4) return bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) <= 255)
  return address.includes(':') && URL.canParse(`http://[${address}]/`)
}
