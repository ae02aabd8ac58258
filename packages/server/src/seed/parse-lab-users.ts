/** The seed's schema of a SAML identity provider that the lab plays: its users, and where their responses may go. */
import type { Located } from './located.ts'
import {
  distinct,
  integer,
  list,
  object,
  optional,
  pattern,
  placed,
  record,
  required,
  secret,
  text,
  wrong,
} from './readers.ts'
import type { Place, Read } from './readers.ts'
import type { LabSamlSeed, LabSamlUserSeed } from './types.ts'

/** What stands in XML as it is: no control characters. */
const words = (lengthMax: number): Read<string> =>
  text((value) => {
    if (value.length < 1 || value.length > lengthMax) return `this has 1 to ${lengthMax} characters`
    return /\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/u.test(value) ? 'control characters have no place here' : undefined
  })
const valueOf = (node: Located, place: Place): string | undefined =>
  node.kind === 'scalar' && node.value === '' ? '' : words(4096)(node, place)
const nameProblem = (name: string): string | undefined =>
  /^[^\p{Cc}\p{Cs}]{1,512}$/u.test(name) ? undefined : 'this has 1 to 512 characters, and no control characters'

/** One text, or several. */
const values: Read<readonly string[]> = (node, place) => {
  if (node.kind === 'list') return list(valueOf)(node, place)
  const one = valueOf(node, place)
  return one === undefined ? undefined : [one]
}

const password = secret(/^[^\p{Cc}\p{Cs}]{1,256}$/u, 'a password of 1 to 256 characters')

/** An assertion lives as long as a session at most. */
const SECONDS_MAX = 43_200

const user = object<LabSamlUserSeed>('a user of the identity provider', {
  userName: required(words(256)),
  password: optional(password),
  roles: optional(list(placed(words(4096)))),
  subject: optional(words(256)),
  format: optional(pattern(/^\S{1,512}$/, 'a URN without blanks')),
  audience: optional(pattern(/^\S{1,1024}$/, 'an audience without blanks')),
  sessionName: optional(words(256)),
  sessionDuration: optional(integer(1, SECONDS_MAX)),
  sessionSeconds: optional(integer(-SECONDS_MAX, SECONDS_MAX)),
  validSeconds: optional(integer(-SECONDS_MAX, SECONDS_MAX)),
  sourceIdentity: optional(words(256)),
  tags: optional(record(valueOf, nameProblem)),
  transitiveTagKeys: optional(list(words(512))),
  attributes: optional(record(values, nameProblem)),
})

/** A response is worth a session, so it goes nowhere in clear but to this machine. */
const consumer: Read<string> = (node, place) => {
  const address = pattern(/^\S{1,1024}$/, 'an address without blanks')(node, place)
  if (address === undefined) return undefined
  return isConsumer(address)
    ? address
    : wrong(node, place, `\`${address}\` is no address for responses: https, or http on localhost, without user or #`)
}

function isConsumer(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, password } = new URL(address)
  const isHere = hostname === 'localhost' || hostname === '127.0.0.1' || hostname.endsWith('.localhost')
  return (
    (protocol === 'https:' || (protocol === 'http:' && isHere)) &&
    username === '' &&
    password === '' &&
    !address.includes('#') &&
    !hostname.startsWith('[')
  )
}

const options = object<LabSamlSeed>('the lab', {
  entityId: optional(pattern(/^\S{1,1024}$/, 'an entity id without blanks')),
  consumers: optional(list(consumer)),
  users: optional(distinct(list(user), (item) => item.userName, String)),
})

/** `true`, or an object. */
export const labIdentityProvider: Read<LabSamlSeed> = (node, place) =>
  node.kind === 'scalar' && node.value === true ? { line: node.line } : options(node, place)
