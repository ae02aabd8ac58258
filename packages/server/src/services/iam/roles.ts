/** Roles: creating, reading, changing the trust policy and the settings, deleting. */
import type { Iam, IamOperations } from '@understudy/wire'
import { roleArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { newUniqueId } from '../../domain/identifiers.ts'
import { folded, instanceProfiles, roles } from '../../entities/iam.ts'
import type { Role } from '../../entities/iam.ts'
import { deleteConflict, entityAlreadyExists, invalidInput } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Operations } from '../operation.ts'
import { boundaryView, checkedBoundary } from './boundaries.ts'
import { checkTrustPolicy, encodeDocument, trustView } from './documents.ts'
import {
  askOn,
  askOnList,
  creationTime,
  existing,
  isServiceLinked,
  modifiable,
  roleFamily,
  unmodifiableEntity,
} from './names.ts'
import { pageOfRows } from './paging.ts'
import { newTags, requestTagKeys, wireTags } from './tag-rules.ts'

const DEFAULT_SESSION_SECONDS = 3600

export const roleOperations = {
  CreateRole: {
    access: 'write',
    ask: (input, call) => {
      const resource = roleArn(call.account, input.Path ?? '/', input.RoleName)
      const tags = requestTagKeys(input.Tags)
      const context = { ...tags, 'iam:PermissionsBoundary': input.PermissionsBoundary }
      const create = { action: 'iam:CreateRole', resource, context }
      return input.Tags?.length ? [create, { action: 'iam:TagRole', resource, context: tags }] : [create]
    },
    handle: async (input, call, store) => {
      // AWS's text for a reserved path is not recorded.
      if (input.Path !== undefined && isServiceLinked({ path: input.Path }))
        throw invalidInput(`The path ${input.Path} is reserved for service-linked roles.`)
      const trustBindings = await checkTrustPolicy(input.AssumeRolePolicyDocument, call, store)
      const boundary = await checkedBoundary(input.PermissionsBoundary, call, store)
      const role: Role = {
        name: input.RoleName,
        path: input.Path ?? '/',
        id: newUniqueId('AROA', call.account, call.platform.chance),
        createdAt: creationTime(call),
        trust: input.AssumeRolePolicyDocument,
        trustBindings,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        maxSessionSeconds: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
        ...(boundary === undefined ? {} : { boundary }),
        tags: newTags(input.Tags, 'folded'),
        attached: [],
        inline: [],
      }
      if ((await store.insert(roles, call.account, role)) === 'exists')
        throw entityAlreadyExists(`Role with name ${input.RoleName} already exists.`)
      return {
        Role: {
          ...bareRole(call.account, role),
          // The one answer that echoes the trust policy as sent.
          AssumeRolePolicyDocument: encodeDocument(role.trust),
          ...boundaryView(boundary),
          ...tagsView(role),
        },
      }
    },
  },
  GetRole: {
    access: 'read',
    ask: askOn(roleFamily, 'iam:GetRole'),
    handle: async (input, call, store) => {
      const role = await existing(roleFamily, store, call.account, input.RoleName)
      return {
        Role: {
          ...(await listedRole(call.account, role, store)),
          ...boundaryView(role.boundary),
          ...tagsView(role),
          RoleLastUsed: {},
        },
      }
    },
  },
  ListRoles: {
    access: 'read',
    ask: askOnList('iam:ListRoles', roleArn),
    handle: async (input, call, store) => {
      const { PathPrefix = '/' } = input
      const keep = (row: Role) => row.path.startsWith(PathPrefix)
      const listing = { kind: roles, account: call.account, keep }
      const page = await pageOfRows(store, listing, input, ['ListRoles', call.account, PathPrefix])
      return {
        Roles: await Promise.all(page.items.map((row) => listedRole(call.account, row, store))),
        ...page.more,
      }
    },
  },
  UpdateRole: {
    access: 'write',
    ask: askOn(roleFamily, 'iam:UpdateRole'),
    handle: async (input, call, store) => {
      const role = await existing(roleFamily, store, call.account, input.RoleName)
      if (input.MaxSessionDuration !== undefined && isServiceLinked(role))
        throw unmodifiableEntity(`${role.name} is an AWS service linked role, max session duration cannot be changed.`)
      await store.put(roles, call.account, {
        ...role,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        maxSessionSeconds: input.MaxSessionDuration ?? role.maxSessionSeconds,
      })
      return {}
    },
  },
  UpdateRoleDescription: {
    access: 'write',
    ask: askOn(roleFamily, 'iam:UpdateRoleDescription'),
    handle: async (input, call, store) => {
      const found = await existing(roleFamily, store, call.account, input.RoleName)
      const role = { ...found, description: input.Description }
      await store.put(roles, call.account, role)
      return { Role: { ...(await roleWithTrust(call.account, role, store)), Description: role.description } }
    },
  },
  UpdateAssumeRolePolicy: {
    access: 'write',
    ask: askOn(roleFamily, 'iam:UpdateAssumeRolePolicy'),
    handle: async (input, call, store) => {
      const role = await modifiable(roleFamily, store, call.account, input.RoleName)
      const trustBindings = await checkTrustPolicy(input.PolicyDocument, call, store)
      await store.put(roles, call.account, { ...role, trust: input.PolicyDocument, trustBindings })
      return {}
    },
  },
  DeleteRole: {
    access: 'write',
    ask: askOn(roleFamily, 'iam:DeleteRole'),
    handle: async (input, call, store) => {
      const role = await modifiable(roleFamily, store, call.account, input.RoleName)
      if ((await store.find(instanceProfiles, call.account, 'role', folded(role.name))).length > 0)
        throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.')
      if (role.attached.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
      if (role.inline.length > 0) throw deleteConflict('Cannot delete entity, must delete policies first.')
      await store.remove(roles, call.account, roles.key(role))
      return {}
    },
  },
} satisfies Operations<
  IamOperations,
  | 'CreateRole'
  | 'GetRole'
  | 'ListRoles'
  | 'UpdateRole'
  | 'UpdateRoleDescription'
  | 'UpdateAssumeRolePolicy'
  | 'DeleteRole'
>

const tagsView = (role: Role): { readonly Tags?: readonly Iam.Tag[] } =>
  role.tags.length === 0 ? {} : { Tags: wireTags(role.tags) }

const bareRole = (account: AccountId, role: Role): Iam.Role => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: roleArn(account, role.path, role.name),
  CreateDate: dateOf(role.createdAt),
})

/** A role inside an instance profile: it ends with its trust policy. */
export const roleWithTrust = async (account: AccountId, role: Role, store: Reader): Promise<Iam.Role> => ({
  ...bareRole(account, role),
  AssumeRolePolicyDocument: await trustView(role, store),
})

/** A role in ListRoles: without tags, boundary and last use. */
const listedRole = async (account: AccountId, role: Role, store: Reader): Promise<Iam.Role> => ({
  ...(await roleWithTrust(account, role, store)),
  ...(role.description === undefined ? {} : { Description: role.description }),
  MaxSessionDuration: role.maxSessionSeconds,
})
