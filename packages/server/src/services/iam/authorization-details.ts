/** GetAccountAuthorizationDetails: everything that decides who may do what in an account, page by page. */
import type { Iam, IamOperations } from '@understudy/wire'
import { roleArn, userArn, groupArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import { folded, groups, instanceProfiles, managedPolicies, roles, users } from '../../entities/iam.ts'
import type { Group, InlinePolicy, Role, User } from '../../entities/iam.ts'
import { validationError } from '../../errors/catalogue.ts'
import type { Kind, Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { attachedView } from './attachments.ts'
import { boundaryView } from './boundaries.ts'
import { encodeDocument, trustView } from './documents.ts'
import { profileView } from './instance-profiles.ts'
import { compareBytes, cut, positionOf } from './paging.ts'
import { listedPolicy } from './policies.ts'
import type { FoundPolicy } from './policy-reference.ts'
import { UNUSED, usages } from './policy-usage.ts'
import type { Usage } from './policy-usage.ts'
import { defaultOf, newestFirst, versionsOf, versionView } from './policy-versions.ts'
import { wireTags } from './tag-rules.ts'

type Filter = NonNullable<Iam.GetAccountAuthorizationDetailsRequest['Filter']>[number]

/** The order in which AWS goes through them. */
const ORDER: readonly Filter[] = ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy']

export const authorizationDetailsOperations = {
  GetAccountAuthorizationDetails: {
    access: 'read',
    ask: () => [{ action: 'iam:GetAccountAuthorizationDetails', resource: '*' }],
    handle: async (input, call, store) => {
      // Neither order nor repetition matters, and no filter is all five.
      const wanted = ORDER.filter((kind) => !input.Filter?.length || input.Filter.includes(kind))
      const scope = ['GetAccountAuthorizationDetails', call.account, ...wanted]
      const after = positionOf(input, scope, () =>
        validationError(wanted.length === 1 ? 'Marker and Filter do not match' : 'Invalid Marker.'),
      )
      const all = (await Promise.all(wanted.map((kind) => entriesOf(kind, call, store)))).flat()
      const rest = after === undefined ? all : all.filter((entry) => compareBytes(entry.key, after) > 0)
      const page = cut(rest, (entry) => entry.key, input, scope)
      const used = wanted.some((kind) => kind.endsWith('Policy')) ? await usages(call.account, store) : new Map()
      return { ...(await details(page.items, { call, store, used })), ...page.more }
    },
  },
} satisfies Operations<IamOperations, 'GetAccountAuthorizationDetails'>

type Entry = { readonly key: string } & (
  | { readonly kind: 'User'; readonly row: User }
  | { readonly kind: 'Role'; readonly row: Role }
  | { readonly kind: 'Group'; readonly row: Group }
  | { readonly kind: 'Policy'; readonly found: FoundPolicy }
)

/** Entries of one kind, in order; keys begin with the place of the kind. */
async function entriesOf(filter: Filter, call: Call, store: Reader): Promise<readonly Entry[]> {
  const place = `${ORDER.indexOf(filter)}:`
  const rows = async <T>(kind: Kind<T>) =>
    (await store.list(kind, call.account)).map((row) => ({ key: place + kind.key(row), row }))
  switch (filter) {
    case 'User':
      return (await rows(users)).map((entry) => ({ kind: 'User', ...entry }))
    case 'Role':
      return (await rows(roles)).map((entry) => ({ kind: 'Role', ...entry }))
    case 'Group':
      return (await rows(groups)).map((entry) => ({ kind: 'Group', ...entry }))
    case 'LocalManagedPolicy':
      return (await rows(managedPolicies)).map(({ key, row }) => ({
        kind: 'Policy',
        key,
        found: { kind: 'local', row },
      }))
    case 'AWSManagedPolicy':
      return [...(await usages(call.account, store)).keys()].sort(compareBytes).flatMap((arn): readonly Entry[] => {
        const policy = call.platform.catalogue.get(arn)
        return policy ? [{ kind: 'Policy', key: place + arn, found: { kind: 'aws', policy } }] : []
      })
  }
}

interface Surroundings {
  readonly call: Call
  readonly store: Reader
  readonly used: ReadonlyMap<string, Usage>
}

async function details(entries: readonly Entry[], around: Surroundings) {
  const of = <Name extends Entry['kind']>(kind: Name) =>
    entries.filter((entry): entry is Extract<Entry, { kind: Name }> => entry.kind === kind)
  return {
    UserDetailList: of('User').map((entry) => userDetail(entry.row, around)),
    GroupDetailList: of('Group').map((entry) => groupDetail(entry.row, around)),
    RoleDetailList: await Promise.all(of('Role').map((entry) => roleDetail(entry.row, around))),
    Policies: of('Policy').map((entry) => policyDetail(entry.found, around)),
  }
}

const inlineView = (policies: readonly InlinePolicy[]): readonly Iam.PolicyDetail[] =>
  policies.map((policy) => ({ PolicyName: policy.name, PolicyDocument: encodeDocument(policy.text) }))

const userDetail = (user: User, { call }: Surroundings): Iam.UserDetail => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: userArn(call.account, user.path, user.name),
  CreateDate: dateOf(user.createdAt),
  // The only list that is left out when it is empty.
  ...(user.inline.length === 0 ? {} : { UserPolicyList: inlineView(user.inline) }),
  GroupList: user.groups,
  AttachedManagedPolicies: user.attached.map(attachedView),
  ...boundaryView(user.boundary),
  Tags: wireTags(user.tags),
})

const groupDetail = (group: Group, { call }: Surroundings): Iam.GroupDetail => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: groupArn(call.account, group.path, group.name),
  CreateDate: dateOf(group.createdAt),
  GroupPolicyList: inlineView(group.inline),
  AttachedManagedPolicies: group.attached.map(attachedView),
})

async function roleDetail(role: Role, { call, store }: Surroundings): Promise<Iam.RoleDetail> {
  const profiles = await store.find(instanceProfiles, call.account, 'role', folded(role.name))
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(call.account, role.path, role.name),
    CreateDate: dateOf(role.createdAt),
    AssumeRolePolicyDocument: await trustView(role, store),
    InstanceProfileList: await Promise.all(profiles.map((profile) => profileView(call.account, profile, store))),
    RolePolicyList: inlineView(role.inline),
    AttachedManagedPolicies: role.attached.map(attachedView),
    ...boundaryView(role.boundary),
    Tags: wireTags(role.tags),
    RoleLastUsed: {},
  }
}

function policyDetail(found: FoundPolicy, { call, used }: Surroundings): Iam.ManagedPolicyDetail {
  const view = listedPolicy(call.account, found, UNUSED)
  const usage = used.get(view.Arn ?? '') ?? UNUSED
  const versions = [...versionsOf(found)].sort((left, right) => compareBytes(newestFirst(left), newestFirst(right)))
  return {
    ...view,
    AttachmentCount: usage.attached,
    PermissionsBoundaryUsageCount: usage.bounding,
    PolicyVersionList: versions.map((version) => ({
      Document: encodeDocument(version.text),
      ...versionView(version, version.id === defaultOf(found)),
    })),
  }
}
