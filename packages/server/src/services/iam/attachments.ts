/** Managed policies attached to users, groups and roles: one factory, three holders. */
import type { Iam, IamOperations } from '@understudy/wire'
import { parseArn, splitIamResource } from '../../domain/arn.ts'
import type { PolicyHolder } from '../../entities/iam.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { limitExceeded, noSuchEntity } from '../../errors/catalogue.ts'
import type { Operations, ReadRow, WriteRow } from '../operation.ts'
import { askOn, existing, groupFamily, modifiable, roleFamily, userFamily } from './names.ts'
import type { Family, NamedRow } from './names.ts'
import { pageOf } from './paging.ts'
import type { PageInput } from './paging.ts'
import { findPolicy, notAttachable, notFound, requirePolicyArn } from './policy-reference.ts'

type Nothing = Readonly<Record<string, never>>
type HolderRow = NamedRow & PolicyHolder
interface PolicyArn {
  readonly PolicyArn: string
}

/** What one kind of holder says when it is full, or when a policy is not for it. */
interface Limits {
  /** How many policies, and the quota's name. */
  readonly max: number
  readonly quota: string
  readonly reserved: string
}

/** Quotas of September 2026; AWS raises them on request. */
const USER: Limits = {
  max: 10,
  quota: 'PoliciesPerUser',
  reserved: 'Cannot attach AWS reserved policy to an IAM user.',
}
const GROUP: Limits = {
  max: 10,
  quota: 'PoliciesPerGroup',
  reserved: 'Cannot attach AWS reserved policy to an IAM group.',
}
const ROLE: Limits = {
  max: 20,
  quota: 'PoliciesPerRole',
  reserved: 'Cannot attach a Service Role Policy to a Customer Role.',
}

export const attachmentOperations = {
  AttachUserPolicy: attach(userFamily, 'iam:AttachUserPolicy', USER),
  DetachUserPolicy: detach(userFamily, 'iam:DetachUserPolicy'),
  ListAttachedUserPolicies: list(userFamily, 'iam:ListAttachedUserPolicies'),
  AttachGroupPolicy: attach(groupFamily, 'iam:AttachGroupPolicy', GROUP),
  DetachGroupPolicy: detach(groupFamily, 'iam:DetachGroupPolicy'),
  ListAttachedGroupPolicies: list(groupFamily, 'iam:ListAttachedGroupPolicies'),
  AttachRolePolicy: attach(roleFamily, 'iam:AttachRolePolicy', ROLE),
  DetachRolePolicy: detach(roleFamily, 'iam:DetachRolePolicy'),
  ListAttachedRolePolicies: list(roleFamily, 'iam:ListAttachedRolePolicies'),
} satisfies Operations<
  IamOperations,
  | 'AttachUserPolicy'
  | 'DetachUserPolicy'
  | 'ListAttachedUserPolicies'
  | 'AttachGroupPolicy'
  | 'DetachGroupPolicy'
  | 'ListAttachedGroupPolicies'
  | 'AttachRolePolicy'
  | 'DetachRolePolicy'
  | 'ListAttachedRolePolicies'
>

function attach<Row extends HolderRow, Name>(
  family: Family<Row, Name>,
  action: string,
  limits: Limits,
): WriteRow<Name & PolicyArn, Nothing> {
  return {
    access: 'write',
    ask: askOnAttachment(family, action),
    handle: async (input, call, store) => {
      requirePolicyArn(input.PolicyArn)
      const row = await modifiable(family, store, call.account, family.nameOf(input))
      const found = await findPolicy(input.PolicyArn, call, store)
      if (found === undefined) throw noSuchEntity(notAttachable(input.PolicyArn))
      if (found.kind === 'aws' && isReserved(found.policy.path))
        throw new AwsError('PolicyNotAttachable', 400, limits.reserved)
      if (row.attached.includes(input.PolicyArn)) return {}
      if (row.attached.length >= limits.max)
        throw limitExceeded(`Cannot exceed quota for ${limits.quota}: ${limits.max}`)
      await store.put(family.kind, call.account, { ...row, attached: [...row.attached, input.PolicyArn] })
      return {}
    },
  }
}

function detach<Row extends HolderRow, Name>(
  family: Family<Row, Name>,
  action: string,
): WriteRow<Name & PolicyArn, Nothing> {
  return {
    access: 'write',
    ask: askOnAttachment(family, action),
    handle: async (input, call, store) => {
      requirePolicyArn(input.PolicyArn)
      const row = await modifiable(family, store, call.account, family.nameOf(input))
      if (!row.attached.includes(input.PolicyArn)) throw noSuchEntity(notFound(input.PolicyArn))
      const attached = row.attached.filter((arn) => arn !== input.PolicyArn)
      await store.put(family.kind, call.account, { ...row, attached })
      return {}
    },
  }
}

interface AttachedList {
  readonly AttachedPolicies: readonly Iam.AttachedPolicy[]
  readonly IsTruncated: boolean
  readonly Marker?: string
}

function list<Row extends HolderRow, Name>(
  family: Family<Row, Name>,
  action: string,
): ReadRow<Name & PageInput & { readonly PathPrefix?: string | undefined }, AttachedList> {
  return {
    access: 'read',
    ask: askOn(family, action),
    handle: async (input, call, store) => {
      const { PathPrefix = '/' } = input
      const row = await existing(family, store, call.account, family.nameOf(input))
      const kept = row.attached.filter((arn) => attachedName(arn).path.startsWith(PathPrefix))
      const page = pageOf(kept, (arn) => arn, input, [action, call.account, row.id, PathPrefix])
      return { AttachedPolicies: page.items.map(attachedView), ...page.more }
    },
  }
}

/** Policies of service-linked roles and of AssumeRoot's tasks are not for customers' principals. */
const isReserved = (path: string): boolean => path.startsWith('/aws-service-role/') || path.startsWith('/root-task/')

function askOnAttachment<Row extends HolderRow, Name>(family: Family<Row, Name>, action: string) {
  return askOn<Row, Name & PolicyArn>(family, action, (input, row) => ({
    'iam:PolicyARN': input.PolicyArn,
    'iam:PermissionsBoundary': row?.boundary,
  }))
}

function attachedName(arn: string): { readonly path: string; readonly name: string } {
  const resource = splitIamResource(parseArn(arn)?.resource ?? '')
  if (resource === undefined) throw new Error(`an attached policy has no ARN: ${arn}`)
  return resource
}

export const attachedView = (arn: string): Iam.AttachedPolicy => ({
  PolicyName: attachedName(arn).name,
  PolicyArn: arn,
})
