/**
 * How AWS gives policies back. IAM returns identity policies byte for byte, but trust policies and bucket policies in
 * a normal form; Terraform and Crossplane depend on both (wire-facts 6, "What comes back").
 */
import { readJson, type JsonMember, type JsonNode } from './language/json.ts'

type Json = string | readonly Json[] | { readonly [name: string]: Json }

const ORDER = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]

/**
 * A trust policy as GetRole and ListRoles show it: no blanks, members in AWS's order, lists of one as plain texts, an
 * account id as its root ARN. Throws an Error when the text is no JSON object.
 */
export const trustNormalForm = (text: string): string => normalForm(text)

/** A bucket policy as GetBucketPolicy shows it: the same, with JSON booleans and numbers as texts. */
export const bucketPolicyNormalForm = (text: string): string => normalForm(text)

function normalForm(text: string): string {
  const read = readJson(text)
  if (!read.ok || read.root.kind !== 'object') throw new Error('A policy document is wanted.')
  const members = new Map(read.root.members.map(({ name, value }) => [name, value]))
  const version = members.get('Version')
  const id = members.get('Id')
  const statement = members.get('Statement')
  const statements = statement?.kind === 'array' ? statement.items : statement ? [statement] : []
  return JSON.stringify({
    Version: version ? plain(version) : '2008-10-17',
    ...(id ? { Id: plain(id) } : {}),
    Statement: statements.map(normalStatement),
  })
}

function normalStatement(node: JsonNode): Json {
  if (node.kind !== 'object') return plain(node)
  const sorted = [...node.members].sort((left, right) => ORDER.indexOf(left.name) - ORDER.indexOf(right.name))
  return Object.fromEntries(sorted.map((member) => [member.name, normalElement(member)]))
}

function normalElement({ name, value }: JsonMember): Json {
  if (!name.endsWith('Principal') || value.kind !== 'object') return plain(value)
  return Object.fromEntries(
    value.members.map((kind) => [kind.name, kind.name === 'AWS' ? rootArns(kind.value) : plain(kind.value)]),
  )
}

/** Numbers and booleans become texts; a list of one becomes its item. */
function plain(node: JsonNode): Json {
  if (node.kind === 'array') {
    const [only, ...more] = node.items.map(plain)
    return only === undefined || more.length > 0 ? [...(only === undefined ? [] : [only]), ...more] : only
  }
  if (node.kind === 'object') return Object.fromEntries(node.members.map(({ name, value }) => [name, plain(value)]))
  return node.kind === 'null' ? '' : node.value
}

function rootArns(node: JsonNode): Json {
  const value = plain(node)
  const rooted = (item: Json): Json =>
    typeof item === 'string' && /^\d{12}$/.test(item) ? `arn:aws:iam::${item}:root` : item
  return Array.isArray(value) ? value.map(rooted) : rooted(value)
}
