/** Instance profiles and the one role that each may hold. */
import type { Iam, IamOperations } from '@understudy/wire'
import { instanceProfileArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { newUniqueId } from '../../domain/identifiers.ts'
import { folded, instanceProfiles, roles } from '../../entities/iam.ts'
import type { InstanceProfile } from '../../entities/iam.ts'
import { deleteConflict, entityAlreadyExists, limitExceeded, noSuchEntity } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Operations } from '../operation.ts'
import { askOn, askOnList, creationTime, existing, modifiable, profileFamily, questionOn, roleFamily } from './names.ts'
import { pageOf, pageOfRows } from './paging.ts'
import { roleWithTrust } from './roles.ts'
import { newTags, requestTagKeys, wireTags } from './tag-rules.ts'

export const instanceProfileOperations = {
  CreateInstanceProfile: {
    access: 'write',
    ask: (input, call) => {
      const resource = instanceProfileArn(call.account, input.Path ?? '/', input.InstanceProfileName)
      const context = requestTagKeys(input.Tags)
      const create = { action: 'iam:CreateInstanceProfile', resource, context }
      return input.Tags?.length ? [create, { action: 'iam:TagInstanceProfile', resource, context }] : [create]
    },
    handle: async (input, call, store) => {
      const profile: InstanceProfile = {
        name: input.InstanceProfileName,
        path: input.Path ?? '/',
        id: newUniqueId('AIPA', call.account, call.platform.chance),
        createdAt: creationTime(call),
        tags: newTags(input.Tags, 'exact'),
      }
      if ((await store.insert(instanceProfiles, call.account, profile)) === 'exists')
        throw entityAlreadyExists(`Instance Profile ${input.InstanceProfileName} already exists.`)
      const tags = profile.tags.length === 0 ? {} : { Tags: wireTags(profile.tags) }
      return { InstanceProfile: { ...(await profileView(call.account, profile, store)), ...tags } }
    },
  },
  GetInstanceProfile: {
    access: 'read',
    ask: askOn(profileFamily, 'iam:GetInstanceProfile'),
    handle: async (input, call, store) => {
      const profile = await existing(profileFamily, store, call.account, input.InstanceProfileName)
      const view = await profileView(call.account, profile, store)
      return { InstanceProfile: { ...view, Tags: wireTags(profile.tags) } }
    },
  },
  ListInstanceProfiles: {
    access: 'read',
    ask: askOnList('iam:ListInstanceProfiles', instanceProfileArn),
    handle: async (input, call, store) => {
      const { PathPrefix = '/' } = input
      const keep = (row: InstanceProfile) => row.path.startsWith(PathPrefix)
      const listing = { kind: instanceProfiles, account: call.account, keep }
      const page = await pageOfRows(store, listing, input, ['ListInstanceProfiles', call.account, PathPrefix])
      return {
        InstanceProfiles: await Promise.all(page.items.map((row) => profileView(call.account, row, store))),
        ...page.more,
      }
    },
  },
  ListInstanceProfilesForRole: {
    access: 'read',
    ask: askOn(roleFamily, 'iam:ListInstanceProfilesForRole'),
    handle: async (input, call, store) => {
      const role = await existing(roleFamily, store, call.account, input.RoleName)
      const rows = await store.find(instanceProfiles, call.account, 'role', folded(role.name))
      const page = pageOf(rows, instanceProfiles.key, input, ['ListInstanceProfilesForRole', call.account, role.id])
      return {
        InstanceProfiles: await Promise.all(page.items.map((row) => profileView(call.account, row, store))),
        ...page.more,
      }
    },
  },
  DeleteInstanceProfile: {
    access: 'write',
    ask: askOn(profileFamily, 'iam:DeleteInstanceProfile'),
    handle: async (input, call, store) => {
      const profile = await existing(profileFamily, store, call.account, input.InstanceProfileName)
      if (profile.role !== undefined)
        throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.')
      await store.remove(instanceProfiles, call.account, instanceProfiles.key(profile))
      return {}
    },
  },
  AddRoleToInstanceProfile: {
    access: 'write',
    // Whoever puts a role into a profile hands it to EC2: that is passing it.
    ask: async (input, call, store) => {
      const row = await store.get(roles, call.account, folded(input.RoleName))
      const { shownAs: _words, ...pass } = questionOn(roleFamily, 'iam:PassRole', call.account, {
        name: input.RoleName,
        row,
        more: { 'iam:PassedToService': 'ec2.amazonaws.com' },
      })
      return [...(await askOn(profileFamily, 'iam:AddRoleToInstanceProfile')(input, call, store)), pass]
    },
    handle: async (input, call, store) => {
      const profile = await existing(profileFamily, store, call.account, input.InstanceProfileName)
      const role = await modifiable(roleFamily, store, call.account, input.RoleName)
      if (profile.role !== undefined)
        throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1')
      await store.put(instanceProfiles, call.account, { ...profile, role: role.name })
      return {}
    },
  },
  RemoveRoleFromInstanceProfile: {
    access: 'write',
    ask: askOn(profileFamily, 'iam:RemoveRoleFromInstanceProfile'),
    handle: async (input, call, store) => {
      const profile = await existing(profileFamily, store, call.account, input.InstanceProfileName)
      const role = await existing(roleFamily, store, call.account, input.RoleName)
      if (profile.role === undefined || folded(profile.role) !== folded(role.name))
        throw noSuchEntity(`Role ${input.RoleName} in Instance Profile ${input.InstanceProfileName} cannot be found.`)
      const { role: _gone, ...empty } = profile
      await store.put(instanceProfiles, call.account, empty)
      return {}
    },
  },
} satisfies Operations<
  IamOperations,
  | 'CreateInstanceProfile'
  | 'GetInstanceProfile'
  | 'ListInstanceProfiles'
  | 'ListInstanceProfilesForRole'
  | 'DeleteInstanceProfile'
  | 'AddRoleToInstanceProfile'
  | 'RemoveRoleFromInstanceProfile'
>

/** A profile with its role, and without the tags that only Create and Get show. */
export async function profileView(
  account: AccountId,
  profile: InstanceProfile,
  store: Reader,
): Promise<Iam.InstanceProfile> {
  const role = profile.role === undefined ? undefined : await store.get(roles, account, folded(profile.role))
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: instanceProfileArn(account, profile.path, profile.name),
    CreateDate: dateOf(profile.createdAt),
    Roles: role === undefined ? [] : [await roleWithTrust(account, role, store)],
  }
}
