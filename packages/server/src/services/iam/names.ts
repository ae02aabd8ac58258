/** What IAM's named things share: finding them by name, their ARNs, and how a question names them. */
import { groupArn, instanceProfileArn, roleArn, userArn } from '../../domain/arn.ts'
import { instant } from '../../domain/brands.ts'
import type { AccountId, Arn, Instant } from '../../domain/brands.ts'
import type { ContextValue } from '@understudy/policy'
import type { Ask, Asks } from '../../authorization/question.ts'
import { folded, groups, instanceProfiles, roles, users } from '../../entities/iam.ts'
import type { Group, InstanceProfile, Role, Tag, User } from '../../entities/iam.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { noSuchEntity } from '../../errors/catalogue.ts'
import type { Kind, Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'

/** What every row with a name has. Groups have neither tags nor a boundary. */
export interface NamedRow {
  readonly name: string
  readonly path: string
  readonly id: string
  readonly createdAt: Instant
  readonly tags?: readonly Tag[]
  readonly boundary?: string
}

/** A family of named rows and how its operations speak of it. `Input` is the part of an input that holds the name. */
export interface Family<Row extends NamedRow, Input> {
  readonly kind: Kind<Row>
  /** As refusals say it: `role Reader`. */
  readonly word: string
  readonly nameOf: (input: Input) => string
  readonly arn: (account: AccountId, path: string, name: string) => Arn
  readonly missing: (name: string) => AwsError
  /** Users and roles: `iam:ResourceTag/*` holds their tags too. */
  readonly identity: boolean
}

const cannotBeFound = (word: string) => (name: string) => noSuchEntity(`The ${word} with name ${name} cannot be found.`)

export const userFamily: Family<User, { readonly UserName: string }> = {
  kind: users,
  word: 'user',
  nameOf: (input) => input.UserName,
  arn: userArn,
  missing: cannotBeFound('user'),
  identity: true,
}
export const groupFamily: Family<Group, { readonly GroupName: string }> = {
  kind: groups,
  word: 'group',
  nameOf: (input) => input.GroupName,
  arn: groupArn,
  missing: cannotBeFound('group'),
  identity: false,
}
export const roleFamily: Family<Role, { readonly RoleName: string }> = {
  kind: roles,
  word: 'role',
  nameOf: (input) => input.RoleName,
  arn: roleArn,
  missing: cannotBeFound('role'),
  identity: true,
}
export const profileFamily: Family<InstanceProfile, { readonly InstanceProfileName: string }> = {
  kind: instanceProfiles,
  word: 'instance profile',
  nameOf: (input) => input.InstanceProfileName,
  arn: instanceProfileArn,
  missing: (name) => noSuchEntity(`Instance Profile ${name} cannot be found.`),
  identity: false,
}

/** The row of that name, whatever its case. @throws NoSuchEntity */
export async function existing<Row extends NamedRow, Input>(
  family: Family<Row, Input>,
  store: Reader,
  account: AccountId,
  name: string,
): Promise<Row> {
  const row = await store.get(family.kind, account, folded(name))
  if (row === undefined) throw family.missing(name)
  return row
}

/** Where service-linked roles and their policies stand. */
export const SERVICE_LINKED_PATH = '/aws-service-role/'

export const isServiceLinked = (row: { readonly path: string }): boolean => row.path.startsWith(SERVICE_LINKED_PATH)

/** The row of that name, to be changed. @throws NoSuchEntity, or UnmodifiableEntity for a service-linked role */
export async function modifiable<Row extends NamedRow, Input>(
  family: Family<Row, Input>,
  store: Reader,
  account: AccountId,
  name: string,
): Promise<Row> {
  const row = await existing(family, store, account, name)
  if (family.word === 'role' && isServiceLinked(row))
    throw unmodifiableEntity(
      `Cannot perform the operation on the protected role '${row.name}' - this role is only modifiable by AWS`,
    )
  return row
}

export const unmodifiableEntity = (message: string) => new AwsError('UnmodifiableEntity', 400, message)

/** Condition keys of one call. */
export type Context = Readonly<Record<string, ContextValue | undefined>>

/**
 * Asks about a thing that should exist: its ARN holds its path, so the row itself is read.
 * @param more condition keys beyond the tags of the thing
 */
export function askOn<Row extends NamedRow, Input>(
  family: Family<Row, Input>,
  action: string,
  more: (input: Input, row: Row | undefined) => Context = () => ({}),
): (input: Input, call: Call, store: Reader) => Promise<readonly [Ask]> {
  return async (input, call, store) => {
    const row = await store.get(family.kind, call.account, folded(family.nameOf(input)))
    return [questionOn(family, action, call.account, { name: family.nameOf(input), row, more: more(input, row) })]
  }
}

/** The question about one thing, there or not. */
export function questionOn<Row extends NamedRow, Input>(
  family: Family<Row, Input>,
  action: string,
  account: AccountId,
  about: { readonly name: string; readonly row: Row | undefined; readonly more?: Context },
): Ask {
  const name = about.row?.name ?? about.name
  return {
    action,
    resource: family.arn(account, about.row?.path ?? '/', name),
    shownAs: `${family.word} ${name}`,
    context: { ...resourceTagKeys(about.row?.tags, family.identity), ...about.more },
  }
}

/** Asks about things listed by path. AWS names the place without a name: `arn:aws:iam::A:role/`. */
export function askOnList(
  action: string,
  arn: (account: AccountId, path: string, name: string) => Arn,
): (input: { readonly PathPrefix?: string | undefined }, call: Call) => Asks {
  return (input, call) => [{ action, resource: arn(call.account, input.PathPrefix ?? '/', '') }]
}

/** `aws:ResourceTag/*`, and `iam:ResourceTag/*` for users and roles. */
export function resourceTagKeys(tags: readonly Tag[] | undefined, identity: boolean): Context {
  const prefixes = identity ? ['aws:ResourceTag/', 'iam:ResourceTag/'] : ['aws:ResourceTag/']
  return Object.fromEntries(
    prefixes.flatMap((prefix) => (tags ?? []).map((tag) => [prefix + tag.key, tag.value] as const)),
  )
}

/** The ARN of whoever calls, as refusals show it. */
export function callerArn(call: Call): string {
  const { principal } = call.caller
  return 'arn' in principal ? principal.arn : 'anonymous'
}

/** When a row is made: IAM keeps whole seconds. */
export const creationTime = (call: Call): Instant => instant(Math.floor(call.now / 1000) * 1000)
