/**
 * Principals of stored policies, bound to unique ids: a policy goes on naming the user it was written for, also after a
 * rename, and never a namesake made later. IAM User Guide, "AWS JSON policy elements: Principal".
 */
import { roleArn, parseArn, splitIamResource, userArn } from '../domain/arn.ts'
import { accountId, knownAccountId } from '../domain/brands.ts'
import type { Reader } from '../store/port.ts'
import { accounts, EVERYWHERE, folded, roles, users } from './iam.ts'
import type { PrincipalBindings } from './iam.ts'

/** Bindings for the row, or the first principal that does not exist, as the document spells it. */
export type Bound =
  | { readonly ok: true; readonly bindings: PrincipalBindings }
  | { readonly ok: false; readonly principal: string }

/** Ids of users and roles, which documents may hold in place of ARNs. */
const UNIQUE_ID = /^A(?:IDA|ROA)[A-Z0-9]{12,124}$/

/**
 * Looks every AWS principal of a policy up. Accounts that this store does not know are taken (they exist at AWS, and here
 * nobody can be in them); users and roles have to exist.
 * @param text a document that the parser took
 */
export async function bindPrincipals(text: string, reader: Reader): Promise<Bound> {
  const bindings: Record<string, string> = {}
  for (const principal of new Set(awsPrincipals(JSON.parse(text)))) {
    const found = await lookUp(principal, reader)
    if (found.kind === 'missing') return { ok: false, principal }
    if (found.kind === 'entity') bindings[principal] = found.id
  }
  return { ok: true, bindings }
}

/**
 * The text as it stands now: a principal that was renamed or moved shows its ARN of today, one that is gone its unique id.
 * The text itself, blanks included, where nothing changed.
 */
export async function renderBindings(text: string, bindings: PrincipalBindings, reader: Reader): Promise<string> {
  const changed = new Map<string, string>()
  for (const [written, id] of Object.entries(bindings)) {
    const now = (await arnOfId(id, reader)) ?? id
    if (now !== written) changed.set(written, now)
  }
  if (changed.size === 0) return text
  return JSON.stringify(withPrincipals(JSON.parse(text), (principal) => changed.get(principal) ?? principal))
}

type Found = { readonly kind: 'entity'; readonly id: string } | { readonly kind: 'free' } | { readonly kind: 'missing' }
const FREE: Found = { kind: 'free' }
const MISSING: Found = { kind: 'missing' }

async function lookUp(principal: string, reader: Reader): Promise<Found> {
  if (principal === '*' || accountId(principal)) return FREE
  if (UNIQUE_ID.test(principal)) {
    return (await arnOfId(principal, reader)) === undefined ? MISSING : { kind: 'entity', id: principal }
  }
  const arn = parseArn(principal)
  const account = arn && accountId(arn.account)
  if (!arn || !account || arn.region !== '') return MISSING
  if (arn.service === 'sts') return sessionPrincipal(arn.resource, account, reader)
  if (arn.service !== 'iam') return MISSING
  if (arn.resource === 'root') return FREE
  const id = await idOf(arn.resource, account, principal, reader)
  return id === undefined ? MISSING : { kind: 'entity', id }
}

/** Sessions have no unique id of their own; the role of an assumed-role session has to exist where its account is known. */
async function sessionPrincipal(resource: string, account: string, reader: Reader): Promise<Found> {
  const [kind, name, session] = resource.split('/')
  if (kind === 'federated-user' && name) return FREE
  if (kind !== 'assumed-role' || !name || !session) return MISSING
  if ((await reader.get(accounts, EVERYWHERE, account)) === undefined) return FREE
  return (await reader.get(roles, account, folded(name))) === undefined ? MISSING : FREE
}

async function idOf(resource: string, owner: string, arn: string, reader: Reader): Promise<string | undefined> {
  const parts = splitIamResource(resource)
  if (!parts) return undefined
  const account = knownAccountId(owner)
  const key = folded(parts.name)
  if (parts.kind === 'user') {
    const user = await reader.get(users, account, key)
    return user && userArn(account, user.path, user.name) === arn ? user.id : undefined
  }
  if (parts.kind !== 'role') return undefined
  const role = await reader.get(roles, account, key)
  return role && roleArn(account, role.path, role.name) === arn ? role.id : undefined
}

async function arnOfId(id: string, reader: Reader): Promise<string | undefined> {
  if (id.startsWith('AROA')) {
    const found = await reader.findUnique(roles, 'id', id)
    return found && roleArn(knownAccountId(found.account), found.row.path, found.row.name)
  }
  const found = await reader.findUnique(users, 'id', id)
  return found && userArn(knownAccountId(found.account), found.row.path, found.row.name)
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: Json | undefined): readonly Json[] => {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly Json[]) : [value]
}

const statementsOf = (document: Json): readonly Json[] => (isObject(document) ? listOf(document['Statement']) : [])

function awsPrincipals(document: Json): readonly string[] {
  const elements = statementsOf(document).flatMap((statement) =>
    isObject(statement) ? [statement['Principal'], statement['NotPrincipal']] : [],
  )
  return elements
    .flatMap((element) => (isObject(element) ? listOf(element['AWS']) : []))
    .filter((value) => typeof value === 'string')
}

/** The document with every AWS principal replaced. */
function withPrincipals(document: Json, replace: (principal: string) => string): Json {
  if (!isObject(document)) return document
  const text = (value: Json): Json => (typeof value === 'string' ? replace(value) : value)
  const element = (value: Json): Json => {
    if (!isObject(value) || value['AWS'] === undefined) return value
    const aws = value['AWS']
    return { ...value, AWS: Array.isArray(aws) ? listOf(aws).map(text) : text(aws) }
  }
  const statement = (value: Json): Json => {
    if (!isObject(value)) return value
    const entries = Object.entries(value)
    return Object.fromEntries(
      entries.map(([name, item]) => [name, name === 'Principal' || name === 'NotPrincipal' ? element(item) : item]),
    )
  }
  const statements = document['Statement']
  if (statements === undefined) return document
  return {
    ...document,
    Statement: Array.isArray(statements) ? listOf(statements).map(statement) : statement(statements),
  }
}
