/** What the parts of an export share. */
import type { AccessKey } from '../entities/iam.ts'
import type { LabSamlUser } from '../entities/saml.ts'
import type { Reader } from '../store/port.ts'

/** The hands of one export. */
export interface Exporting {
  readonly reader: Reader
  readonly account: string
  readonly leftOut: string[]
  /** The seed's member for a key. */
  readonly keySeed: (key: AccessKey) => object
  /** Present where secrets are exported. */
  readonly openPassword?: (user: LabSamlUser) => string | undefined
}

/** Without members that say nothing: undefined, empty lists, empty objects. */
export function present(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && !isEmpty(value)))
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

/** An object where that gives the same text again, else the text itself. */
export function documentValue(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return JSON.stringify(value, undefined, 2) === text ? value : text
}

/** Tags as the seed writes them. */
export const tagsValue = (tags: readonly { readonly key: string; readonly value: string }[] | undefined): object =>
  Object.fromEntries((tags ?? []).map((tag) => [tag.key, tag.value]))
