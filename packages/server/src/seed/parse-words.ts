/** Words of the seed's schema that many things share: names, keys, tags, documents. */
import { documentProblem } from './documents.ts'
import type { DocumentKind } from './documents.ts'
import { object, oneOf, optional, pattern, plain, record, required, secret, text, wrong } from './readers.ts'
import type { Read } from './readers.ts'
import type { KeySeed, SeedDocument, TagsSeed } from './types.ts'

/** Twelve digits; as a number they lose zeros in front, so only a text is taken. */
export const accountIdText = pattern(/^\d{12}$/, 'an account id: twelve digits')

/** Lengths and letters of IAM's names. IAM API Reference, the types of each request. */
export const iamName = (lengthMax: number): Read<string> =>
  pattern(new RegExp(`^[\\w+=,.@-]{1,${lengthMax}}$`), `1 to ${lengthMax} letters, digits or _+=,.@-`)

export const path = pattern(/^\/(?:[!-~]{1,510}\/)?$/, 'a path: it begins and ends with a slash')
export const region = pattern(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'a region, such as us-east-1')
export const description = text((value) =>
  value.length <= 1000 ? undefined : 'a description has 1,000 characters at most',
)

const accessKeyId: Read<string> = (node, place) => {
  const id = pattern(/^[A-Z2-7]{16,128}$/, '16 to 128 of the letters A–Z and the digits 2–7')(node, place)
  return id?.startsWith('ASIA') ? wrong(node, place, 'ids that begin with ASIA belong to temporary keys') : id
}

/** A secret may hold any printable characters, no blank at its ends. */
const secretAccessKey = secret(/^[!-~](?:[ -~]{0,126}[!-~])?$/, 'a secret of 1 to 128 printable characters')

export const key = object<KeySeed>('an access key', {
  accessKeyId: required(accessKeyId),
  secretAccessKey: optional(secretAccessKey),
  status: optional(oneOf('Active', 'Inactive')),
})

/** Keys of an administrator, or `false` for an account without one. */
export const administratorKey: Read<KeySeed | false> = (node, place) =>
  node.kind === 'scalar' && node.value === false ? false : key(node, place)

const tagKey = (name: string): string | undefined => {
  if (name.length < 1 || name.length > 128) return 'a tag key has 1 to 128 characters'
  return name.toLowerCase().startsWith('aws:') ? 'tag keys that begin with aws: are reserved' : undefined
}
export const tags: Read<TagsSeed> = record(
  text((value) => (value.length <= 256 ? undefined : 'a tag value has 256 characters at most')),
  tagKey,
)

/** A policy document: an object, or JSON text. Text is kept as it stands; an object becomes JSON of two blanks a level. */
export function document(kind: DocumentKind): Read<SeedDocument> {
  return (node, place) => {
    if (node.kind === 'list') return wrong(node, place, 'a document is an object or JSON text, not a list')
    if (node.kind === 'scalar' && typeof node.value !== 'string')
      return wrong(node, place, 'a document is an object or JSON text')
    const value = node.kind === 'map' ? JSON.stringify(plain(node), undefined, 2) : String(node.value)
    const problem = documentProblem(value, kind)
    return problem === undefined ? { value, line: node.line } : wrong(node, place, problem)
  }
}
