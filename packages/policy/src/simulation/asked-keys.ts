/** Which keys a document asks about, as it spells them: what a simulation may lack. */
import { readJson, type JsonNode } from '../language/json.ts'

/**
 * Keys of all conditions, and variables that have no default, each spelling once, in the order of the document. Documents
 * of 2008 have no variables. None for a text that is no policy.
 */
export function askedKeys(text: string): readonly string[] {
  const read = readJson(text)
  if (!read.ok) return []
  const version = membersOf(read.root, 'Version')[0]
  const variables = version?.kind === 'string' && version.value === '2012-10-17' ? variablesIn : () => []
  const keys: string[] = []
  for (const statement of membersOf(read.root, 'Statement').flatMap(itemsOf)) {
    for (const element of ['Resource', 'NotResource'])
      keys.push(...membersOf(statement, element).flatMap(itemsOf).flatMap(variables))
    for (const condition of membersOf(statement, 'Condition'))
      for (const block of condition.kind === 'object' ? condition.members : [])
        for (const { name, value } of block.value.kind === 'object' ? block.value.members : [])
          keys.push(name, ...itemsOf(value).flatMap(variables))
  }
  return [...new Set(keys)]
}

const itemsOf = (node: JsonNode): readonly JsonNode[] => (node.kind === 'array' ? node.items : [node])

const membersOf = (node: JsonNode, wanted: string): readonly JsonNode[] =>
  node.kind === 'object' ? node.members.filter(({ name }) => name === wanted).map(({ value }) => value) : []

/** `${aws:username}`, but neither `${aws:username, 'nobody'}` nor `${*}`. */
const variablesIn = (node: JsonNode): readonly string[] =>
  node.kind === 'string' ? [...node.value.matchAll(/\$\{([^},*?$]+)\}/g)].map((match) => match[1]?.trim() ?? '') : []
