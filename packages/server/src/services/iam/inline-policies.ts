/** Inline policies of users, groups and roles: one factory, three holders. Their names are one without regard to case. */
import type { IamOperations } from '@understudy/wire'
import { folded } from '../../entities/iam.ts'
import type { InlinePolicy, PolicyHolder } from '../../entities/iam.ts'
import { noSuchEntity } from '../../errors/catalogue.ts'
import type { Operations, ReadRow, WriteRow } from '../operation.ts'
import { checkInlinePolicy, checkInlineSizes, encodeDocument } from './documents.ts'
import { askOn, existing, groupFamily, modifiable, roleFamily, userFamily } from './names.ts'
import type { Family, NamedRow } from './names.ts'
import { pageOf } from './paging.ts'
import type { PageInput } from './paging.ts'

type Nothing = Readonly<Record<string, never>>
type HolderRow = NamedRow & PolicyHolder
interface PolicyName {
  readonly PolicyName: string
}
interface PolicyDocument {
  readonly PolicyDocument: string
}

export const inlinePolicyOperations = {
  PutUserPolicy: put(userFamily, 'iam:PutUserPolicy', 'user'),
  GetUserPolicy: get(userFamily, 'iam:GetUserPolicy', (input) => ({ UserName: input.UserName })),
  ListUserPolicies: list(userFamily, 'iam:ListUserPolicies'),
  DeleteUserPolicy: remove(userFamily, 'iam:DeleteUserPolicy'),
  PutGroupPolicy: put(groupFamily, 'iam:PutGroupPolicy', 'group'),
  GetGroupPolicy: get(groupFamily, 'iam:GetGroupPolicy', (input) => ({ GroupName: input.GroupName })),
  ListGroupPolicies: list(groupFamily, 'iam:ListGroupPolicies'),
  DeleteGroupPolicy: remove(groupFamily, 'iam:DeleteGroupPolicy'),
  PutRolePolicy: put(roleFamily, 'iam:PutRolePolicy', 'role'),
  GetRolePolicy: get(roleFamily, 'iam:GetRolePolicy', (input) => ({ RoleName: input.RoleName })),
  ListRolePolicies: list(roleFamily, 'iam:ListRolePolicies'),
  DeleteRolePolicy: remove(roleFamily, 'iam:DeleteRolePolicy'),
} satisfies Operations<
  IamOperations,
  | 'PutUserPolicy'
  | 'GetUserPolicy'
  | 'ListUserPolicies'
  | 'DeleteUserPolicy'
  | 'PutGroupPolicy'
  | 'GetGroupPolicy'
  | 'ListGroupPolicies'
  | 'DeleteGroupPolicy'
  | 'PutRolePolicy'
  | 'GetRolePolicy'
  | 'ListRolePolicies'
  | 'DeleteRolePolicy'
>

function put<Row extends HolderRow, Name>(
  family: Family<Row, Name>,
  action: string,
  kind: 'user' | 'group' | 'role',
): WriteRow<Name & PolicyName & PolicyDocument, Nothing> {
  return {
    access: 'write',
    ask: askOnHolder(family, action),
    handle: async (input, call, store) => {
      const row = await modifiable(family, store, call.account, family.nameOf(input))
      checkInlinePolicy(input.PolicyDocument)
      const inline = withPolicy(row.inline, { name: input.PolicyName, text: input.PolicyDocument })
      checkInlineSizes({ kind, name: row.name }, inline)
      await store.put(family.kind, call.account, { ...row, inline })
      return {}
    },
  }
}

/** @param holder the member that names the holder in the answer, as it was asked for */
function get<Row extends HolderRow, Name, Holder>(
  family: Family<Row, Name>,
  action: string,
  holder: (input: Name) => Holder,
): ReadRow<Name & PolicyName, Holder & PolicyName & PolicyDocument> {
  return {
    access: 'read',
    ask: askOn(family, action),
    handle: async (input, call, store) => {
      const row = await existing(family, store, call.account, family.nameOf(input))
      const policy = row.inline.find(named(input.PolicyName))
      if (policy === undefined) throw missing(family.word, input.PolicyName)
      return {
        ...holder(input),
        PolicyName: input.PolicyName,
        PolicyDocument: encodeDocument(policy.text),
      }
    },
  }
}

interface NameList {
  readonly PolicyNames: readonly string[]
  readonly IsTruncated: boolean
  readonly Marker?: string
}

function list<Row extends HolderRow, Name>(
  family: Family<Row, Name>,
  action: string,
): ReadRow<Name & PageInput, NameList> {
  return {
    access: 'read',
    ask: askOn(family, action),
    handle: async (input, call, store) => {
      const row = await existing(family, store, call.account, family.nameOf(input))
      const page = pageOf(row.inline, (policy) => folded(policy.name), input, [action, call.account, row.id])
      return { PolicyNames: page.items.map((policy) => policy.name), ...page.more }
    },
  }
}

function remove<Row extends HolderRow, Name>(
  family: Family<Row, Name>,
  action: string,
): WriteRow<Name & PolicyName, Nothing> {
  return {
    access: 'write',
    ask: askOnHolder(family, action),
    handle: async (input, call, store) => {
      const row = await modifiable(family, store, call.account, family.nameOf(input))
      const gone = named(input.PolicyName)
      if (!row.inline.some(gone)) throw missing(family.word, input.PolicyName)
      await store.put(family.kind, call.account, { ...row, inline: row.inline.filter((policy) => !gone(policy)) })
      return {}
    },
  }
}

/** Calls that change what a bounded principal may do have its boundary as a condition key. */
function askOnHolder<Row extends HolderRow, Name>(family: Family<Row, Name>, action: string) {
  return askOn(family, action, (_input, row) => ({ 'iam:PermissionsBoundary': row?.boundary }))
}

const named = (name: string) => (policy: InlinePolicy) => folded(policy.name) === folded(name)

const missing = (word: string, name: string) => noSuchEntity(`The ${word} policy with name ${name} cannot be found.`)

/** A policy that is replaced keeps the spelling of its name. */
function withPolicy(policies: readonly InlinePolicy[], policy: InlinePolicy): readonly InlinePolicy[] {
  const same = named(policy.name)
  if (!policies.some(same)) return [...policies, policy]
  return policies.map((item) => (same(item) ? { name: item.name, text: policy.text } : item))
}
