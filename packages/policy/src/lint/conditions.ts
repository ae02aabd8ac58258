/** Rules about conditions: keys that do not exist, operators and values that do not fit them. */
import { CONTEXT_KEYS, type KeyType } from '../context-keys.ts'
import { contains, readAddress, readNetwork } from '../conditions/address.ts'
import { keyCovers, type ReferenceAction, type ServiceReference } from '../reference/reference.ts'
import type { LintCondition, LintStatement } from './document.ts'
import type { Finding } from './finding.ts'
import { hasWildcard, tell, withoutVariables, type LintContext, type StatementRule } from './rule.ts'

/** Type of a key as the engine's own table or the reference knows it. */
function typeOf(key: string, reference: ServiceReference | undefined): KeyType | undefined {
  const own = CONTEXT_KEYS.find((row) => keyCovers(row.key, key))
  const service = key.slice(0, Math.max(0, key.indexOf(':')))
  return own?.type ?? reference?.globalKey(key)?.type ?? reference?.serviceKey(service, key)?.type
}

/** Keys of AWS's and of services that nobody defines. Keys of identity providers begin with an issuer, which may be any. */
export const unknownKeys: StatementRule = ({ conditions }, context) => {
  const { reference } = context
  if (!reference) return []
  return conditions.flatMap(({ key }) => {
    const prefix = key.value.slice(0, Math.max(0, key.value.indexOf(':'))).toLowerCase()
    if (prefix !== 'aws' && !reference.hasService(prefix)) return []
    if (typeOf(key.value, reference) !== undefined || isKeyOfAnyService(key.value, prefix, reference)) return []
    const message = `There is no condition key \`${key.value}\`: it is always absent.`
    return [tell(context, key, { code: 'LINT.UNKNOWN_CONDITION_KEY', level: 'error', message })]
  })
}

/** `aws:RequestTag/*` and others stand with the services that know them. */
const isKeyOfAnyService = (key: string, prefix: string, reference: ServiceReference): boolean =>
  prefix === 'aws' && reference.serviceNames.some((service) => reference.serviceKey(service, key) !== undefined)

/** A key of a service that none of the statement's actions knows: it is absent in every request of the statement. */
export const keysOfOtherActions: StatementRule = (statement, context) => {
  const { reference } = context
  if (!reference || statement.actions.length === 0 || statement.actions.some(({ value }) => hasWildcard(value)))
    return []
  const actions = statement.actions.flatMap(({ value }) => reference.action(value) ?? [])
  if (actions.length === 0 || actions.length < statement.actions.length) return []
  return statement.conditions.flatMap((condition) => keyOfOtherAction(condition, actions, statement, context))
}

const SESSION_KEY = /^(?:ec2:(?:SourceInstanceArn|RoleDelivery)|ssm:SourceInstanceArn|lambda:SourceFunctionArn)$/i

function keyOfOtherAction(
  { key }: LintCondition,
  actions: readonly ReferenceAction[],
  { effect }: LintStatement,
  context: LintContext,
): readonly Finding[] {
  const service = key.value.slice(0, Math.max(0, key.value.indexOf(':')))
  const known = context.reference?.serviceKey(service, key.value)
  // Keys of other services come with the credentials: `lambda:SourceFunctionArn`.
  if (!actions.some(({ name }) => name.startsWith(`${service.toLowerCase()}:`)) || SESSION_KEY.test(key.value))
    return []
  if (!known || actions.some(({ keys }) => keys.some((candidate) => keyCovers(candidate.key, key.value)))) return []
  const names = actions
    .map(({ name }) => name)
    .slice(0, 3)
    .join(', ')
  const message = `\`${key.value}\` is never there for ${names}: the ${effect || 'statement'} is decided as if it were absent.`
  return [tell(context, key, { code: 'LINT.KEY_NOT_FOR_ACTION', level: 'warning', message })]
}

/** Families of operators that read a type as it is meant. */
const FAMILIES: Readonly<Record<KeyType, readonly string[]>> = {
  string: ['String', 'Binary'],
  arn: ['Arn', 'String'],
  bool: ['Bool', 'String'],
  numeric: ['Numeric'],
  date: ['Date'],
  ip: ['Ip'],
}
const WORDS: Readonly<Record<KeyType, string>> = {
  string: 'a text',
  arn: 'an ARN',
  bool: 'true or false',
  numeric: 'a number',
  date: 'a date',
  ip: 'an address',
}

export const operatorTypes: StatementRule = ({ conditions }, context) =>
  conditions.flatMap(({ operator, name, family, key }) => {
    const type = typeOf(key.value, context.reference)
    if (!name || family === 'Null' || type === undefined || FAMILIES[type].includes(family)) return []
    if (key.value.toLowerCase() === 'aws:epochtime' && family === 'Numeric') return []
    // Tags, claims and encryption contexts are texts that people compare as what they hold.
    if (type === 'string' && /\/|^[^:]*\..*:|:.*:/.test(key.value)) return []
    const message = `\`${key.value}\` holds ${WORDS[type]}; \`${operator}\` does not compare such.`
    // Texts can be compared with anything, and a text may be an ARN: that is no mistake for certain.
    const level = family === 'String' || family === 'Arn' ? 'warning' : 'error'
    return [tell(context, key, { code: 'LINT.OPERATOR_TYPE', level, message })]
  })

/** StringEquals takes a star as a star. */
export const wildcardInExact: StatementRule = ({ conditions }, context) =>
  conditions
    .filter(({ name }) => name && /^String(?:Not)?Equals(?:IgnoreCase)?$/.test(name.base))
    .flatMap(({ operator, name, values }) =>
      values
        .filter(({ value }) => hasWildcard(value.replaceAll(/\$\{[^}]*\}/g, '')))
        .map((value) => {
          const like = name?.base.includes('Not') ? 'StringNotLike' : 'StringLike'
          const message = `\`${operator}\` compares \`${value.value}\` letter by letter; \`${like}\` knows wildcards.`
          return tell(context, value, { code: 'LINT.WILDCARD_IN_EXACT', level: 'warning', message })
        }),
    )

export const boolValues: StatementRule = ({ conditions }, context) =>
  conditions
    .filter(({ family }) => family === 'Bool' || family === 'Null')
    .flatMap(({ operator, values }) =>
      values
        .filter(({ value }) => !/^(?:true|false)$/i.test(value))
        .map((value) =>
          tell(context, value, {
            code: 'LINT.BOOL_VALUE',
            level: 'error',
            message: `\`${operator}\` takes \`true\` or \`false\`; \`${value.value}\` counts as false.`,
          }),
        ),
    )

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].flatMap((text) => readNetwork(text) ?? [])

/** AWS sees public addresses only. */
export const privateAddresses: StatementRule = ({ conditions }, context) =>
  conditions
    .filter(({ key, family }) => key.value.toLowerCase() === 'aws:sourceip' && family === 'Ip')
    .flatMap(({ values }) =>
      values
        .filter(({ value }) => isPrivate(value))
        .map((value) =>
          tell(context, value, {
            code: 'LINT.PRIVATE_ADDRESS',
            level: 'warning',
            message: `\`aws:SourceIp\` is never the private address \`${value.value}\`; within a VPC use \`aws:VpcSourceIp\`.`,
          }),
        ),
    )

function isPrivate(network: string): boolean {
  const address = readAddress(network.split('/')[0] ?? '')
  return address !== undefined && PRIVATE.some((own) => contains(own, address))
}

/** Two spellings of one key under one operator: only one of them would be meant. */
export const keysDifferingInCase: StatementRule = ({ conditions }, context) =>
  conditions.flatMap(({ operator, key }, index) => {
    const before = conditions
      .slice(0, index)
      .find((other) => other.operator === operator && other.key.value.toLowerCase() === key.value.toLowerCase())
    if (!before || before.key.value === key.value) return []
    const message = `\`${key.value}\` and \`${before.key.value}\` are one key: both conditions have to hold.`
    return [tell(context, key, { code: 'LINT.KEY_CASE', level: 'error', message })]
  })

/** In documents of 2008 variables are plain text. */
export const variablesOfOldVersions: StatementRule = (statement, context) => {
  if (context.document.version?.value === '2012-10-17') return []
  const texts = [
    ...statement.resources,
    ...statement.notResources,
    ...statement.conditions.flatMap(({ values }) => values),
  ]
  return texts
    .filter(({ value }) => withoutVariables(value) !== value)
    .map((text) =>
      tell(context, text, {
        code: 'LINT.VARIABLE_NEEDS_VERSION',
        level: 'error',
        message: `\`${text.value}\` is plain text: variables need \`"Version": "2012-10-17"\`.`,
      }),
    )
}
