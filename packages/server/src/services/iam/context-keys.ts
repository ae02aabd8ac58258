/** Which condition keys documents ask about: GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy. */
import { parsePolicy } from '@understudy/policy'
import type { IamOperations } from '@understudy/wire'
import type { Operations } from '../operation.ts'
import { invalidInput } from '../../errors/catalogue.ts'
import { askOnSource, policiesOfSource } from './policy-source.ts'

export const contextKeyOperations = {
  GetContextKeysForCustomPolicy: {
    access: 'read',
    ask: () => [{ action: 'iam:GetContextKeysForCustomPolicy', resource: '*' }],
    handle: async (input) => ({ ContextKeyNames: input.PolicyInputList.flatMap(keysOf) }),
  },
  GetContextKeysForPrincipalPolicy: {
    access: 'read',
    ask: askOnSource('iam:GetContextKeysForPrincipalPolicy'),
    handle: async (input, call, store) => {
      const source = await policiesOfSource(input.PolicySourceArn, call, store)
      const bounding = source.boundary === undefined ? [] : [source.boundary]
      const texts = [...source.policies, ...bounding].map((policy) => policy.text)
      // One managed policy may hang on the user and on its groups: it is one document all the same.
      return { ContextKeyNames: [...new Set(texts), ...(input.PolicyInputList ?? [])].flatMap(keysOf) }
    },
  },
} satisfies Operations<IamOperations, 'GetContextKeysForCustomPolicy' | 'GetContextKeysForPrincipalPolicy'>

/** What AWS says to a document that is none; what it only would not store (no resources, an odd action) is taken here. */
const SYNTAX = 'Syntax errors in policy.'

/**
 * Keys of one document, as it spells them, each once: those of the conditions, and the variables in resources and in
 * condition values. Documents of 2008 have no variables.
 */
function keysOf(text: string): readonly string[] {
  const document = readable(text)
  const variables = document['Version'] === '2012-10-17' ? variablesIn : () => []
  const keys = new Set<string>()
  for (const statement of listOf(document['Statement']).filter(isObject)) {
    for (const block of Object.values(isObject(statement['Condition']) ? statement['Condition'] : {}))
      for (const [key, value] of Object.entries(isObject(block) ? block : {})) {
        keys.add(key)
        for (const name of listOf(value).flatMap(variables)) keys.add(name)
      }
    const resources = [...listOf(statement['Resource']), ...listOf(statement['NotResource'])]
    for (const name of resources.flatMap(variables)) keys.add(name)
  }
  return [...keys]
}

type JsonObject = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

/** `${aws:username}`, `${aws:username, 'nobody'}`, `${*}`. */
const variablesIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [...value.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1]?.split(',', 1)[0]?.trim() ?? '')
    : []

function readable(text: string): JsonObject {
  const parsed = parsePolicy(text, 'inline')
  const document: unknown = parsed.ok || parsed.message !== SYNTAX ? JSON.parse(text) : withoutStatements(text)
  if (!isObject(document)) throw invalidInput(SYNTAX)
  return document
}

/** A document without statements is no policy, and asks about nothing. */
function withoutStatements(text: string): unknown {
  const padded = text.trim().replace(/\}$/, ',"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')
  if (!parsePolicy(padded, 'inline').ok) throw invalidInput(SYNTAX)
  return JSON.parse(text)
}
