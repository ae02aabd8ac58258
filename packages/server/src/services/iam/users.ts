/** Users: CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser. */
import type { Iam, IamOperations } from '@understudy/wire'
import { rootArn, userArn } from '../../domain/arn.ts'
import { dateOf, instant } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { newUniqueId } from '../../domain/identifiers.ts'
import { accessKeys, accounts, EVERYWHERE, folded, users } from '../../entities/iam.ts'
import type { User } from '../../entities/iam.ts'
import { mfaDevices } from '../../entities/mfa.ts'
import { deleteConflict, entityAlreadyExists, validationError } from '../../errors/catalogue.ts'
import type { Reader, Writer } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { boundaryView, checkedBoundary } from './boundaries.ts'
import { askOn, askOnList, creationTime, existing, questionOn, userFamily } from './names.ts'
import { pageOfRows } from './paging.ts'
import { newTags, requestTagKeys, wireTags } from './tag-rules.ts'

export const userOperations = {
  CreateUser: {
    access: 'write',
    ask: (input, call) => {
      const resource = userArn(call.account, input.Path ?? '/', input.UserName)
      const tags = requestTagKeys(input.Tags)
      const create = {
        action: 'iam:CreateUser',
        resource,
        context: { ...tags, 'iam:PermissionsBoundary': input.PermissionsBoundary },
      }
      return input.Tags?.length ? [create, { action: 'iam:TagUser', resource, context: tags }] : [create]
    },
    handle: async (input, call, store) => {
      const boundary = await checkedBoundary(input.PermissionsBoundary, call, store)
      const user: User = {
        name: input.UserName,
        path: input.Path ?? '/',
        id: newUniqueId('AIDA', call.account, call.platform.chance),
        createdAt: creationTime(call),
        tags: newTags(input.Tags, 'folded'),
        ...(boundary === undefined ? {} : { boundary }),
        groups: [],
        attached: [],
        inline: [],
      }
      if ((await store.insert(users, call.account, user)) === 'exists') throw alreadyExists(input.UserName)
      return { User: wholeUser(call.account, user) }
    },
  },
  GetUser: {
    access: 'read',
    ask: (input, call, store) => {
      const name = input.UserName ?? callerName(call)
      if (name !== undefined) return askOn(userFamily, 'iam:GetUser')({ UserName: name }, call, store)
      return [{ action: 'iam:GetUser', resource: rootArn(call.account) }]
    },
    handle: async (input, call, store) => {
      const name = input.UserName ?? callerName(call)
      if (name === undefined) return { User: await rootUser(call, store) }
      return { User: wholeUser(call.account, await existing(userFamily, store, call.account, name)) }
    },
  },
  ListUsers: {
    access: 'read',
    ask: askOnList('iam:ListUsers', userArn),
    handle: async (input, call, store) => {
      const { PathPrefix = '/' } = input
      const keep = (row: User) => row.path.startsWith(PathPrefix)
      const listing = { kind: users, account: call.account, keep }
      const page = await pageOfRows(store, listing, input, ['ListUsers', call.account, PathPrefix])
      return { Users: page.items.map((row) => listedUser(call.account, row)), ...page.more }
    },
  },
  UpdateUser: {
    access: 'write',
    // The caller needs the permission on the user as it is and as it is to be.
    ask: async (input, call, store) => {
      const row = await store.get(users, call.account, folded(input.UserName))
      const before = questionOn(userFamily, 'iam:UpdateUser', call.account, { name: input.UserName, row })
      const after = userArn(call.account, input.NewPath ?? row?.path ?? '/', input.NewUserName ?? input.UserName)
      return after === before.resource ? [before] : [before, { action: 'iam:UpdateUser', resource: after }]
    },
    handle: async (input, call, store) => {
      const user = await existing(userFamily, store, call.account, input.UserName)
      await renameUser(
        user,
        { ...user, name: input.NewUserName ?? user.name, path: input.NewPath ?? user.path },
        call,
        store,
      )
      return {}
    },
  },
  DeleteUser: {
    access: 'write',
    ask: askOn(userFamily, 'iam:DeleteUser'),
    handle: async (input, call, store) => {
      const user = await existing(userFamily, store, call.account, input.UserName)
      if (user.attached.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
      if (user.inline.length > 0) throw deleteConflict('Cannot delete entity, must delete policies first.')
      if ((await store.find(accessKeys, call.account, 'owner', user.id)).length > 0)
        throw deleteConflict('Cannot delete entity, must delete access keys first.')
      if ((await store.find(mfaDevices, call.account, 'user', user.id)).length > 0)
        throw deleteConflict('Cannot delete entity, must remove tokens from principal first.')
      if (user.groups.length > 0) throw deleteConflict('Cannot delete entity, must remove users from group first.')
      await store.remove(users, call.account, users.key(user))
      return {}
    },
  },
} satisfies Operations<IamOperations, 'CreateUser' | 'GetUser' | 'ListUsers' | 'UpdateUser' | 'DeleteUser'>

const alreadyExists = (name: string) => entityAlreadyExists(`User with name ${name} already exists.`)

/**
 * The user that a call without UserName is about; `undefined` for the root user, who has no name.
 * @throws ValidationError for sessions, which are no users
 */
export function callerName(call: Call): string | undefined {
  if (call.caller.kind === 'user') return call.caller.userName
  if (call.caller.kind === 'root') return undefined
  throw validationError('Must specify userName when calling with non-User credentials')
}

async function rootUser(call: Call, store: Reader): Promise<Iam.User> {
  const account = await store.get(accounts, EVERYWHERE, call.account)
  const root = {
    UserId: call.account,
    Arn: rootArn(call.account),
    CreateDate: dateOf(account?.createdAt ?? instant(0)),
  }
  // The model demands Path and UserName; AWS's answer for the root user has neither.
  return root as Partial<Iam.User> as Iam.User
}

/** Keys name their user, so they follow the new name. */
async function renameUser(before: User, after: User, call: Call, store: Writer): Promise<void> {
  if (users.key(before) !== users.key(after)) {
    await store.remove(users, call.account, users.key(before))
    if ((await store.insert(users, call.account, after)) === 'exists') throw alreadyExists(after.name)
  } else await store.put(users, call.account, after)
  if (before.name === after.name) return
  for (const key of await store.find(accessKeys, call.account, 'owner', before.id))
    await store.put(accessKeys, call.account, { ...key, userName: after.name })
}

/** A user in lists: without tags and boundary. */
export const listedUser = (account: AccountId, user: User): Iam.User => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: userArn(account, user.path, user.name),
  CreateDate: dateOf(user.createdAt),
})

const wholeUser = (account: AccountId, user: User): Iam.User => ({
  ...listedUser(account, user),
  ...boundaryView(user.boundary),
  ...(user.tags.length === 0 ? {} : { Tags: wireTags(user.tags) }),
})
