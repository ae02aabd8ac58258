/** Groups and their members. Membership stands in the user's row, so that one read gives a caller's groups. */
import type { Iam, IamOperations } from '@understudy/wire'
import { groupArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { newUniqueId } from '../../domain/identifiers.ts'
import { folded, groups, users } from '../../entities/iam.ts'
import type { Group, User } from '../../entities/iam.ts'
import { deleteConflict, entityAlreadyExists, limitExceeded } from '../../errors/catalogue.ts'
import type { Reader, Writer } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { askOn, askOnList, creationTime, existing, groupFamily, questionOn, userFamily } from './names.ts'
import { pageOf, pageOfRows } from './paging.ts'
import { listedUser } from './users.ts'

const GROUPS_PER_USER = 10

export const groupOperations = {
  CreateGroup: {
    access: 'write',
    ask: (input, call) => [
      { action: 'iam:CreateGroup', resource: groupArn(call.account, input.Path ?? '/', input.GroupName) },
    ],
    handle: async (input, call, store) => {
      const group: Group = {
        name: input.GroupName,
        path: input.Path ?? '/',
        id: newUniqueId('AGPA', call.account, call.platform.chance),
        createdAt: creationTime(call),
        attached: [],
        inline: [],
      }
      if ((await store.insert(groups, call.account, group)) === 'exists') throw alreadyExists(input.GroupName)
      return { Group: groupView(call.account, group) }
    },
  },
  GetGroup: {
    access: 'read',
    ask: askOn(groupFamily, 'iam:GetGroup'),
    handle: async (input, call, store) => {
      const group = await existing(groupFamily, store, call.account, input.GroupName)
      const page = pageOf(await members(group, call, store), users.key, input, ['GetGroup', call.account, group.id])
      return {
        Group: groupView(call.account, group),
        Users: page.items.map((user) => listedUser(call.account, user)),
        ...page.more,
      }
    },
  },
  ListGroups: {
    access: 'read',
    ask: askOnList('iam:ListGroups', groupArn),
    handle: async (input, call, store) => {
      const { PathPrefix = '/' } = input
      const keep = (row: Group) => row.path.startsWith(PathPrefix)
      const listing = { kind: groups, account: call.account, keep }
      const page = await pageOfRows(store, listing, input, ['ListGroups', call.account, PathPrefix])
      return { Groups: page.items.map((row) => groupView(call.account, row)), ...page.more }
    },
  },
  UpdateGroup: {
    access: 'write',
    ask: async (input, call, store) => {
      const row = await store.get(groups, call.account, folded(input.GroupName))
      const before = questionOn(groupFamily, 'iam:UpdateGroup', call.account, { name: input.GroupName, row })
      const after = groupArn(call.account, input.NewPath ?? row?.path ?? '/', input.NewGroupName ?? input.GroupName)
      return after === before.resource ? [before] : [before, { action: 'iam:UpdateGroup', resource: after }]
    },
    handle: async (input, call, store) => {
      const group = await existing(groupFamily, store, call.account, input.GroupName)
      const after = { ...group, name: input.NewGroupName ?? group.name, path: input.NewPath ?? group.path }
      await renameGroup(group, after, call, store)
      return {}
    },
  },
  DeleteGroup: {
    access: 'write',
    ask: askOn(groupFamily, 'iam:DeleteGroup'),
    handle: async (input, call, store) => {
      const group = await existing(groupFamily, store, call.account, input.GroupName)
      if ((await members(group, call, store)).length > 0)
        throw deleteConflict('Cannot delete entity, must remove users from group first.')
      if (group.attached.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
      if (group.inline.length > 0) throw deleteConflict('Cannot delete entity, must delete policies first.')
      await store.remove(groups, call.account, groups.key(group))
      return {}
    },
  },
  AddUserToGroup: {
    access: 'write',
    ask: askOn(groupFamily, 'iam:AddUserToGroup'),
    handle: async (input, call, store) => {
      const group = await existing(groupFamily, store, call.account, input.GroupName)
      const user = await existing(userFamily, store, call.account, input.UserName)
      if (isMember(user, group)) return {}
      if (user.groups.length >= GROUPS_PER_USER)
        throw limitExceeded(`Cannot exceed quota for GroupsPerUser: ${GROUPS_PER_USER}`)
      await store.put(users, call.account, { ...user, groups: [...user.groups, group.name] })
      return {}
    },
  },
  RemoveUserFromGroup: {
    access: 'write',
    ask: askOn(groupFamily, 'iam:RemoveUserFromGroup'),
    handle: async (input, call, store) => {
      const group = await existing(groupFamily, store, call.account, input.GroupName)
      const user = await existing(userFamily, store, call.account, input.UserName)
      const left = user.groups.filter((name) => folded(name) !== folded(group.name))
      if (left.length < user.groups.length) await store.put(users, call.account, { ...user, groups: left })
      return {}
    },
  },
  ListGroupsForUser: {
    access: 'read',
    ask: askOn(userFamily, 'iam:ListGroupsForUser'),
    handle: async (input, call, store) => {
      const user = await existing(userFamily, store, call.account, input.UserName)
      const rows = await Promise.all(user.groups.map((name) => existing(groupFamily, store, call.account, name)))
      const page = pageOf(rows, groups.key, input, ['ListGroupsForUser', call.account, user.id])
      return { Groups: page.items.map((row) => groupView(call.account, row)), ...page.more }
    },
  },
} satisfies Operations<
  IamOperations,
  | 'CreateGroup'
  | 'GetGroup'
  | 'ListGroups'
  | 'UpdateGroup'
  | 'DeleteGroup'
  | 'AddUserToGroup'
  | 'RemoveUserFromGroup'
  | 'ListGroupsForUser'
>

const alreadyExists = (name: string) => entityAlreadyExists(`Group with name ${name} already exists.`)

const members = (group: Group, call: Call, store: Reader): Promise<readonly User[]> =>
  store.find(users, call.account, 'group', folded(group.name))

const isMember = (user: User, group: Group): boolean => user.groups.some((name) => folded(name) === folded(group.name))

/** Members name their groups, so they follow the new name. */
async function renameGroup(before: Group, after: Group, call: Call, store: Writer): Promise<void> {
  const joined = before.name === after.name ? [] : await members(before, call, store)
  if (groups.key(before) !== groups.key(after)) {
    await store.remove(groups, call.account, groups.key(before))
    if ((await store.insert(groups, call.account, after)) === 'exists') throw alreadyExists(after.name)
  } else await store.put(groups, call.account, after)
  for (const user of joined) {
    const names = user.groups.map((name) => (folded(name) === folded(before.name) ? after.name : name))
    await store.put(users, call.account, { ...user, groups: names })
  }
}

const groupView = (account: AccountId, group: Group): Iam.Group => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: groupArn(account, group.path, group.name),
  CreateDate: dateOf(group.createdAt),
})
