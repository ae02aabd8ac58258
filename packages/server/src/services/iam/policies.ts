/** Customer managed policies: creating, reading and deleting, and reading AWS's own. */
import type { Iam, IamOperations } from '@understudy/wire'
import { policyArn } from '../../domain/arn.ts'
import { dateOf } from '../../domain/brands.ts'
import type { AccountId, Instant } from '../../domain/brands.ts'
import { newUniqueId } from '../../domain/identifiers.ts'
import { managedPolicies } from '../../entities/iam.ts'
import type { ManagedPolicy } from '../../entities/iam.ts'
import { deleteConflict, entityAlreadyExists, noSuchEntity } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { checkManagedPolicy } from './documents.ts'
import { creationTime } from './names.ts'
import { pageOf } from './paging.ts'
import { askOnPolicy, findPolicy, notAttachable, notFound, ownPolicy, requirePolicyArn } from './policy-reference.ts'
import type { FoundPolicy } from './policy-reference.ts'
import { UNUSED, usageOf, usages } from './policy-usage.ts'
import type { Usage } from './policy-usage.ts'
import { newTags, requestTagKeys, wireTags } from './tag-rules.ts'

export const policyOperations = {
  CreatePolicy: {
    access: 'write',
    ask: (input, call) => {
      const resource = policyArn(call.account, input.Path ?? '/', input.PolicyName)
      const about = { resource, shownAs: `policy ${input.PolicyName}`, context: requestTagKeys(input.Tags) }
      const create = { action: 'iam:CreatePolicy', ...about }
      return input.Tags?.length ? [create, { action: 'iam:TagPolicy', ...about }] : [create]
    },
    handle: async (input, call, store) => {
      checkManagedPolicy(input.PolicyDocument)
      const now = creationTime(call)
      const policy: ManagedPolicy = {
        name: input.PolicyName,
        path: input.Path ?? '/',
        id: newUniqueId('ANPA', call.account, call.platform.chance),
        createdAt: now,
        updatedAt: now,
        // An empty description is none here: GetPolicy leaves it out.
        ...(input.Description ? { description: input.Description } : {}),
        versions: [{ id: 'v1', text: input.PolicyDocument, createdAt: now }],
        defaultVersion: 'v1',
        nextVersion: 2,
        tags: newTags(input.Tags, 'exact'),
      }
      if ((await store.insert(managedPolicies, call.account, policy)) === 'exists')
        throw entityAlreadyExists(
          `A policy called ${input.PolicyName} already exists. Duplicate names are not allowed.`,
        )
      const tags = policy.tags.length === 0 ? {} : { Tags: wireTags(policy.tags) }
      return { Policy: { ...listedPolicy(call.account, { kind: 'local', row: policy }, UNUSED), ...tags } }
    },
  },
  GetPolicy: {
    access: 'read',
    ask: askOnPolicy('iam:GetPolicy'),
    handle: async (input, call, store) => {
      requirePolicyArn(input.PolicyArn)
      const found = await findPolicy(input.PolicyArn, call, store)
      if (found === undefined) throw noSuchEntity(notAttachable(input.PolicyArn))
      const { description } = found.kind === 'local' ? found.row : found.policy
      return {
        Policy: {
          ...listedPolicy(call.account, found, await usageOf(input.PolicyArn, call.account, store)),
          ...(description === undefined ? {} : { Description: description }),
          Tags: found.kind === 'local' ? wireTags(found.row.tags) : [],
        },
      }
    },
  },
  ListPolicies: {
    access: 'read',
    ask: (input, call) => {
      const path = input.PathPrefix ?? '/'
      return [
        { action: 'iam:ListPolicies', resource: policyArn(call.account, path, ''), shownAs: `policy path ${path}` },
      ]
    },
    handle: async (input, call, store) => {
      const used = input.OnlyAttached === true ? await usages(call.account, store) : undefined
      const found = (await candidates(input, call, store)).filter((policy) =>
        used === undefined ? true : counts(used.get(arnOf(call.account, policy)), input.PolicyUsageFilter),
      )
      const filters = [input.Scope, String(input.OnlyAttached === true), input.PathPrefix, input.PolicyUsageFilter]
      const page = pageOf(found, sortKey, input, ['ListPolicies', call.account, ...filters])
      const views = page.items.map(async (policy) => {
        const arn = arnOf(call.account, policy)
        const usage = used?.get(arn) ?? (await usageOf(arn, call.account, store))
        return listedPolicy(call.account, policy, usage)
      })
      return { Policies: await Promise.all(views), ...page.more }
    },
  },
  DeletePolicy: {
    access: 'write',
    ask: askOnPolicy('iam:DeletePolicy'),
    handle: async (input, call, store) => {
      const texts = { deed: 'delete policies', missing: notFound(input.PolicyArn) }
      const policy = await ownPolicy(input.PolicyArn, call, store, texts)
      const usage = await usageOf(input.PolicyArn, call.account, store)
      if (usage.attached + usage.bounding > 0) throw deleteConflict('Cannot delete a policy attached to entities.')
      if (policy.versions.length > 1)
        throw deleteConflict(
          'This policy has more than one version. Before you delete a policy, you must delete the ' +
            "policy's versions. The default version is deleted with the policy.",
        )
      await store.remove(managedPolicies, call.account, managedPolicies.key(policy))
      return {}
    },
  },
} satisfies Operations<IamOperations, 'CreatePolicy' | 'GetPolicy' | 'ListPolicies' | 'DeletePolicy'>

/** The account's policies before AWS's, each in order of name. */
const sortKey = (found: FoundPolicy): string =>
  found.kind === 'local' ? `0${managedPolicies.key(found.row)}` : `1${found.policy.arn}`

async function candidates(input: Iam.ListPoliciesRequest, call: Call, store: Reader): Promise<readonly FoundPolicy[]> {
  const { Scope = 'All', PathPrefix = '/' } = input
  const local = Scope === 'AWS' ? [] : await store.list(managedPolicies, call.account)
  const aws = Scope === 'Local' ? [] : call.platform.catalogue.all()
  return [
    ...local.filter((row) => row.path.startsWith(PathPrefix)).map((row) => ({ kind: 'local', row }) as const),
    ...aws.filter((policy) => policy.path.startsWith(PathPrefix)).map((policy) => ({ kind: 'aws', policy }) as const),
  ]
}

/** Whether a policy is in use in the way asked for; without a filter either way counts. */
function counts(usage: Usage | undefined, filter: Iam.ListPoliciesRequest['PolicyUsageFilter']): boolean {
  if (usage === undefined) return false
  if (filter === 'PermissionsPolicy') return usage.attached > 0
  if (filter === 'PermissionsBoundary') return usage.bounding > 0
  return true
}

const arnOf = (account: AccountId, found: FoundPolicy): string =>
  found.kind === 'local' ? policyArn(account, found.row.path, found.row.name) : found.policy.arn

/** A policy in lists: without description and tags. */
export function listedPolicy(account: AccountId, found: FoundPolicy, usage: Usage): Iam.Policy {
  const policy = found.kind === 'local' ? found.row : found.policy
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: arnOf(account, found),
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: usage.attached,
    PermissionsBoundaryUsageCount: usage.bounding,
    IsAttachable: true,
    CreateDate: dateOf(policy.createdAt),
    UpdateDate: dateOf(updatedAt(found)),
  }
}

/** The date of the newest version. */
const updatedAt = (found: FoundPolicy): Instant =>
  found.kind === 'local' ? found.row.updatedAt : found.policy.updatedAt
