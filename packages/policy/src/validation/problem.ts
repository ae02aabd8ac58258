/** What a check answers: nothing, or the first fault with AWS's text. */
import type { JsonMember, JsonNode } from '../language/json.ts'

/** The kinds of documents, by the slot they are put into. `identity` is a managed or an inline policy, it does not matter which. */
export type PolicyType =
  | 'identity'
  | 'managed'
  | 'inline'
  | 'boundary'
  | 'trust'
  | 'session'
  | 'scp'
  | 'rcp'
  | 's3-bucket'
  | 'kms-key'
  | 'vpce'
  | 'resource'

export interface Problem {
  readonly message: string
  /** Offset in the text, where the fault has a place. */
  readonly at?: number
  /** Where it is not the usual code of the document's kind. */
  readonly code?: string
}

export const SYNTAX = 'Syntax errors in policy.'
export const LEGACY = 'The policy failed legacy parsing'

export const problem = (message: string, node?: { readonly at: number }): Problem =>
  node === undefined ? { message } : { message, at: node.at }

/** First answer that is a fault. */
export function first<T>(items: Iterable<T>, check: (item: T) => Problem | undefined): Problem | undefined {
  for (const item of items) {
    const found = check(item)
    if (found) return found
  }
  return undefined
}

export type JsonObject = JsonNode & { readonly kind: 'object' }
export type JsonText = JsonNode & { readonly kind: 'string' }

export const isText = (node: JsonNode | undefined): node is JsonText => node?.kind === 'string'

export const memberOf = (node: JsonObject, name: string): JsonNode | undefined =>
  node.members.find((candidate: JsonMember) => candidate.name === name)?.value

/** A value or a list of values. */
export const itemsOf = (node: JsonNode): readonly JsonNode[] => (node.kind === 'array' ? node.items : [node])

/** The texts of a value or list; anything else is left out. */
export const textsOf = (node: JsonNode | undefined): readonly JsonText[] =>
  node === undefined ? [] : itemsOf(node).filter(isText)

/** The statements of a document whose shape has been checked. */
export function statementsOf(document: JsonObject): readonly JsonObject[] {
  const node = memberOf(document, 'Statement')
  return node ? itemsOf(node).filter((item): item is JsonObject => item.kind === 'object') : []
}
