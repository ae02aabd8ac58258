/**
 * Service-linked roles: made from a service's template, changed by nobody, deleted by a task. IAM User Guide, "Create a
 * service-linked role"; recordings native-iam service-linked.
 */
import type { IamOperations } from '@understudy/wire'
import { policyArn, roleArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import { uuid } from '../../domain/chance.ts'
import { newUniqueId } from '../../domain/identifiers.ts'
import { folded, roleDeletions, roles } from '../../entities/iam.ts'
import type { Role } from '../../entities/iam.ts'
import { invalidInput, noSuchEntity, notImplemented } from '../../errors/catalogue.ts'
import type { Operations } from '../operation.ts'
import { encodeDocument } from './documents.ts'
import { askOn, creationTime, existing, isServiceLinked, roleFamily, SERVICE_LINKED_PATH } from './names.ts'
import { SERVICE_LINKED_NAMES } from './service-linked-names.ts'

const SESSION_SECONDS = 3600
const TASK = /^task\/aws-service-role\/[\w.-]+\/([\w+=,.@-]+)\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const serviceLinkedRoleOperations = {
  CreateServiceLinkedRole: {
    access: 'write',
    ask: (input, call) => {
      const service = input.AWSServiceName
      const name = SERVICE_LINKED_NAMES.has(service) ? roleNameOf(input) : '*'
      const resource = roleArn(call.account, pathOf(service), name)
      return [{ action: 'iam:CreateServiceLinkedRole', resource, context: { 'iam:AWSServiceName': service } }]
    },
    handle: async (input, call, store) => {
      const known = SERVICE_LINKED_NAMES.get(input.AWSServiceName)
      if (known === undefined) throw notImplemented(`CreateServiceLinkedRole for ${input.AWSServiceName}`)
      if (input.CustomSuffix !== undefined && !known.suffix)
        throw invalidInput(`Custom suffix is not allowed for ${known.service}`)
      const name = roleNameOf(input)
      const role: Role = {
        name,
        path: pathOf(known.service),
        id: newUniqueId('AROA', call.account, call.platform.chance),
        createdAt: creationTime(call),
        trust: templateOf(known.service),
        trustBindings: {},
        ...(input.Description === undefined ? {} : { description: input.Description }),
        maxSessionSeconds: SESSION_SECONDS,
        tags: [],
        attached: [policyArn('aws', SERVICE_LINKED_PATH, known.policy)],
        inline: [],
      }
      if ((await store.insert(roles, call.account, role)) === 'exists')
        throw invalidInput(`Service role name ${name} has been taken in this account, please try a different suffix.`)
      return {
        Role: {
          Path: role.path,
          RoleName: name,
          RoleId: role.id,
          Arn: roleArn(call.account, role.path, name),
          CreateDate: dateOf(role.createdAt),
          AssumeRolePolicyDocument: encodeDocument(role.trust),
        },
      }
    },
  },
  DeleteServiceLinkedRole: {
    access: 'write',
    ask: askOn(roleFamily, 'iam:DeleteServiceLinkedRole'),
    handle: async (input, call, store) => {
      const role = await existing(roleFamily, store, call.account, input.RoleName)
      if (!isServiceLinked(role)) throw noSuchEntity(`${input.RoleName} exists but is not a service role.`)
      // No service here holds on to its role, so the task is done at once.
      const task = `task${role.path}${role.name}/${uuid(call.platform.chance)}`
      await store.remove(roles, call.account, roles.key(role))
      await store.put(roleDeletions, call.account, { task, roleName: role.name, path: role.path })
      return { DeletionTaskId: task }
    },
  },
  GetServiceLinkedRoleDeletionStatus: {
    access: 'read',
    ask: (input, call) => {
      const [, name = '*'] = TASK.exec(input.DeletionTaskId) ?? []
      const path = input.DeletionTaskId.startsWith(`task${SERVICE_LINKED_PATH}`)
        ? input.DeletionTaskId.slice('task'.length, input.DeletionTaskId.lastIndexOf(`${name}/`))
        : SERVICE_LINKED_PATH
      return [{ action: 'iam:GetServiceLinkedRoleDeletionStatus', resource: roleArn(call.account, path, name) }]
    },
    handle: async (input, call, store) => {
      if (!TASK.test(input.DeletionTaskId)) throw invalidInput('Invalid task id')
      const deletion = await store.get(roleDeletions, call.account, folded(input.DeletionTaskId))
      // The question named the role as the id spells it.
      if (deletion?.task !== input.DeletionTaskId) throw noSuchEntity('Cannot find deletion status for given id.')
      return { Status: 'SUCCEEDED' }
    },
  },
} satisfies Operations<
  IamOperations,
  'CreateServiceLinkedRole' | 'DeleteServiceLinkedRole' | 'GetServiceLinkedRoleDeletionStatus'
>

const pathOf = (service: string): string => `${SERVICE_LINKED_PATH}${service}/`

function roleNameOf(input: { readonly AWSServiceName: string; readonly CustomSuffix?: string | undefined }): string {
  const base = SERVICE_LINKED_NAMES.get(input.AWSServiceName)?.roleName ?? ''
  return input.CustomSuffix === undefined ? base : `${base}_${input.CustomSuffix}`
}

/** The template's trust policy, in AWS's order of members. */
const templateOf = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Action: ['sts:AssumeRole'], Effect: 'Allow', Principal: { Service: [service] } }],
  })
