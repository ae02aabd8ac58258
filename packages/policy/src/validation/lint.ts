/** What AWS stores without a word and people regret. Each finding has a stable code. */
import type { StatementBody } from '../compiled.ts'
import type { Condition } from '../conditions/condition.ts'
import { isMultivalued } from '../context-keys.ts'
import { constantPrefix, variableKeys } from '../language/template.ts'
import type { CompiledPolicy } from '../types.ts'
import type { PolicyType } from './problem.ts'

export interface Warning {
  readonly code: string
  readonly message: string
  /** Line of the statement, from 1. */
  readonly line: number
}

type Rule = (statement: StatementBody, type: PolicyType) => readonly Omit<Warning, 'line'>[]

const RULES: readonly Rule[] = [
  forAllValuesAllow,
  multivaluedKeys,
  emptyValues,
  earlyVariables,
  openTrust,
  uncheckedSaml,
]

export const lint = (policy: CompiledPolicy, type: PolicyType): readonly Warning[] =>
  policy.statements.flatMap((statement) =>
    RULES.flatMap((rule) => rule(statement, type)).map((found) => ({ ...found, line: statement.line })),
  )

/** True when the key is absent: an Allow then opens to requests without it. */
function forAllValuesAllow(statement: StatementBody): readonly Omit<Warning, 'line'>[] {
  const isGuarded = (key: string): boolean => statement.conditions.some((other) => other.key === key && !other.row)
  return statement.conditions
    .filter(
      ({ quantifier, key, row }) => quantifier === 'all' && row && statement.effect === 'Allow' && !isGuarded(key),
    )
    .map(({ keyAsWritten, operator }) => ({
      code: 'LINT.FORALLVALUES_ALLOW',
      message: `\`${operator}\` also holds when \`${keyAsWritten}\` is absent; add \`"Null": {"${keyAsWritten}": "false"}\`.`,
    }))
}

function multivaluedKeys(statement: StatementBody): readonly Omit<Warning, 'line'>[] {
  return statement.conditions
    .filter(({ quantifier, key, row }: Condition) => quantifier === 'none' && row && isMultivalued(key))
    .map(({ keyAsWritten, operator }) => ({
      code: 'LINT.MULTIVALUED_KEY',
      message: `\`${keyAsWritten}\` holds several values; \`${operator}\` without ForAnyValue or ForAllValues never matches it.`,
    }))
}

function emptyValues(statement: StatementBody): readonly Omit<Warning, 'line'>[] {
  return statement.conditions
    .filter(({ values }) => values.length === 0)
    .map(({ keyAsWritten }) => ({
      code: 'LINT.EMPTY_VALUES',
      message: `\`${keyAsWritten}\` is compared with nothing.`,
    }))
}

/** AWS promises variables only after the fifth colon. */
function earlyVariables(statement: StatementBody): readonly Omit<Warning, 'line'>[] {
  const templates = (statement.resource?.entries ?? []).map(({ variable }) => variable.template)
  return templates
    .filter((template) => variableKeys(template).length > 0 && constantPrefix(template).split(':').length < 6)
    .filter((template) => (template.source.split('${')[0] ?? '').split(':').length < 6)
    .map((template) => ({
      code: 'LINT.VARIABLE_POSITION',
      message: `AWS promises variables only after the fifth colon: \`${template.source}\`.`,
    }))
}

function openTrust(statement: StatementBody, type: PolicyType): readonly Omit<Warning, 'line'>[] {
  if (type !== 'trust' || statement.effect !== 'Allow' || !statement.principal?.any || statement.conditions.length > 0)
    return []
  return [{ code: 'LINT.OPEN_TRUST', message: 'The role trusts every AWS account.' }]
}

/** An assertion that was made for somebody else passes. */
function uncheckedSaml(statement: StatementBody, type: PolicyType): readonly Omit<Warning, 'line'>[] {
  const saml = [...(statement.principal?.providers ?? [])].some((provider) => provider.includes(':saml-provider/'))
  if (type !== 'trust' || !saml || statement.effect !== 'Allow') return []
  if (statement.conditions.some(({ key }) => key === 'saml:aud')) return []
  return [{ code: 'LINT.SAML_AUD', message: 'Without `saml:aud` an assertion made for another service is accepted.' }]
}
