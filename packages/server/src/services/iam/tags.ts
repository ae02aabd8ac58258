/** Tagging, untagging and listing the tags of users, roles, instance profiles and managed policies. */
import type { Iam, IamOperations } from '@understudy/wire'
import { managedPolicies } from '../../entities/iam.ts'
import type { Tag } from '../../entities/iam.ts'
import { noSuchEntity } from '../../errors/catalogue.ts'
import type { Operations, ReadRow, WriteRow } from '../operation.ts'
import { askOn, existing, profileFamily, roleFamily, userFamily } from './names.ts'
import type { Family, NamedRow } from './names.ts'
import { pageOf } from './paging.ts'
import type { PageInput } from './paging.ts'
import { askOnPolicy, findPolicy, notFound, ownPolicy, requirePolicyArn } from './policy-reference.ts'
import { requestTagKeys, tagKeys, wireTags, withoutTags, withTags } from './tag-rules.ts'
import type { TagCase, WireTag } from './tag-rules.ts'

type Nothing = Readonly<Record<string, never>>
interface TagList {
  readonly Tags: readonly Iam.Tag[]
  readonly IsTruncated: boolean
  readonly Marker?: string
}
interface Tagged extends NamedRow {
  readonly tags: readonly Tag[]
}

const updating = (arn: string) => ({ deed: 'update policies', missing: notFound(arn) })

export const tagOperations = {
  TagUser: tag(userFamily, 'iam:TagUser'),
  UntagUser: untag(userFamily, 'iam:UntagUser'),
  ListUserTags: listTags(userFamily, 'iam:ListUserTags'),
  TagRole: tag(roleFamily, 'iam:TagRole'),
  UntagRole: untag(roleFamily, 'iam:UntagRole'),
  ListRoleTags: listTags(roleFamily, 'iam:ListRoleTags'),
  TagInstanceProfile: tag(profileFamily, 'iam:TagInstanceProfile'),
  UntagInstanceProfile: untag(profileFamily, 'iam:UntagInstanceProfile'),
  ListInstanceProfileTags: listTags(profileFamily, 'iam:ListInstanceProfileTags'),
  TagPolicy: {
    access: 'write',
    ask: (input, call, store) => askOnPolicy('iam:TagPolicy', () => requestTagKeys(input.Tags))(input, call, store),
    handle: async (input, call, store) => {
      const row = await ownPolicy(input.PolicyArn, call, store, updating(input.PolicyArn))
      await store.put(managedPolicies, call.account, { ...row, tags: withTags(row.tags, input.Tags, 'exact') })
      return {}
    },
  },
  UntagPolicy: {
    access: 'write',
    ask: (input, call, store) => askOnPolicy('iam:UntagPolicy', () => tagKeys(input.TagKeys))(input, call, store),
    handle: async (input, call, store) => {
      const row = await ownPolicy(input.PolicyArn, call, store, updating(input.PolicyArn))
      await store.put(managedPolicies, call.account, { ...row, tags: withoutTags(row.tags, input.TagKeys, 'exact') })
      return {}
    },
  },
  ListPolicyTags: {
    access: 'read',
    ask: askOnPolicy('iam:ListPolicyTags'),
    handle: async (input, call, store) => {
      requirePolicyArn(input.PolicyArn)
      const found = await findPolicy(input.PolicyArn, call, store)
      if (found === undefined) throw noSuchEntity(notFound(input.PolicyArn))
      const tags = found.kind === 'local' ? found.row.tags : []
      return tagPage(tags, input, ['ListPolicyTags', call.account, input.PolicyArn])
    },
  },
} satisfies Operations<
  IamOperations,
  | 'TagUser'
  | 'UntagUser'
  | 'ListUserTags'
  | 'TagRole'
  | 'UntagRole'
  | 'ListRoleTags'
  | 'TagInstanceProfile'
  | 'UntagInstanceProfile'
  | 'ListInstanceProfileTags'
  | 'TagPolicy'
  | 'UntagPolicy'
  | 'ListPolicyTags'
>

const caseOf = (family: { readonly identity: boolean }): TagCase => (family.identity ? 'folded' : 'exact')

function tag<Row extends Tagged, Name>(
  family: Family<Row, Name>,
  action: string,
): WriteRow<Name & { readonly Tags: readonly WireTag[] }, Nothing> {
  return {
    access: 'write',
    ask: (input, call, store) => askOn(family, action, () => requestTagKeys(input.Tags))(input, call, store),
    handle: async (input, call, store) => {
      const row = await existing(family, store, call.account, family.nameOf(input))
      await store.put(family.kind, call.account, { ...row, tags: withTags(row.tags, input.Tags, caseOf(family)) })
      return {}
    },
  }
}

function untag<Row extends Tagged, Name>(
  family: Family<Row, Name>,
  action: string,
): WriteRow<Name & { readonly TagKeys: readonly string[] }, Nothing> {
  return {
    access: 'write',
    ask: (input, call, store) => askOn(family, action, () => tagKeys(input.TagKeys))(input, call, store),
    handle: async (input, call, store) => {
      const row = await existing(family, store, call.account, family.nameOf(input))
      await store.put(family.kind, call.account, { ...row, tags: withoutTags(row.tags, input.TagKeys, caseOf(family)) })
      return {}
    },
  }
}

function listTags<Row extends Tagged, Name>(
  family: Family<Row, Name>,
  action: string,
): ReadRow<Name & PageInput, TagList> {
  return {
    access: 'read',
    ask: askOn(family, action),
    handle: async (input, call, store) => {
      const row = await existing(family, store, call.account, family.nameOf(input))
      return tagPage(row.tags, input, [action, call.account, row.id])
    },
  }
}

function tagPage(tags: readonly Tag[], input: PageInput, scope: readonly string[]): TagList {
  const page = pageOf(tags, (item) => item.key, input, scope)
  return { Tags: wireTags(page.items), ...page.more }
}
