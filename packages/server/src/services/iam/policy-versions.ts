/** Versions of managed policies. At most five; a number is never used again. */
import type { Iam, IamOperations } from '@understudy/wire'
import { dateOf } from '../../domain/brands.ts'
import { managedPolicies } from '../../entities/iam.ts'
import type { PolicyVersion } from '../../entities/iam.ts'
import { deleteConflict, limitExceeded, noSuchEntity } from '../../errors/catalogue.ts'
import type { Operations } from '../operation.ts'
import { checkManagedPolicy, encodeDocument } from './documents.ts'
import { creationTime } from './names.ts'
import { pageOf } from './paging.ts'
import { askOnPolicy, findPolicy, notAttachable, ownPolicy, requirePolicyArn } from './policy-reference.ts'
import type { FoundPolicy } from './policy-reference.ts'

const VERSIONS_MAX = 5

export const policyVersionOperations = {
  CreatePolicyVersion: {
    access: 'write',
    ask: askOnPolicy('iam:CreatePolicyVersion'),
    handle: async (input, call, store) => {
      const texts = { deed: 'update policies', missing: notAttachable(input.PolicyArn) }
      const policy = await ownPolicy(input.PolicyArn, call, store, texts)
      checkManagedPolicy(input.PolicyDocument)
      if (policy.versions.length >= VERSIONS_MAX)
        throw limitExceeded(
          `A managed policy can have up to ${VERSIONS_MAX} versions. Before you create a new version, you must ` +
            'delete an existing version.',
        )
      const now = creationTime(call)
      const version = { id: `v${policy.nextVersion}`, text: input.PolicyDocument, createdAt: now }
      await store.put(managedPolicies, call.account, {
        ...policy,
        versions: [...policy.versions, version],
        defaultVersion: input.SetAsDefault === true ? version.id : policy.defaultVersion,
        nextVersion: policy.nextVersion + 1,
        updatedAt: now,
      })
      return { PolicyVersion: versionView(version, input.SetAsDefault === true) }
    },
  },
  GetPolicyVersion: {
    access: 'read',
    ask: askOnPolicy('iam:GetPolicyVersion'),
    handle: async (input, call, store) => {
      requirePolicyArn(input.PolicyArn)
      const found = await findPolicy(input.PolicyArn, call, store)
      const version = found && versionsOf(found).find((item) => item.id === input.VersionId)
      if (!version) throw noSuchEntity(noVersion(input))
      return {
        PolicyVersion: {
          Document: encodeDocument(version.text),
          ...versionView(version, version.id === defaultOf(found)),
        },
      }
    },
  },
  ListPolicyVersions: {
    access: 'read',
    ask: askOnPolicy('iam:ListPolicyVersions'),
    handle: async (input, call, store) => {
      requirePolicyArn(input.PolicyArn)
      const found = await findPolicy(input.PolicyArn, call, store)
      if (found === undefined) throw noSuchEntity(notAttachable(input.PolicyArn))
      const scope = ['ListPolicyVersions', call.account, input.PolicyArn]
      const page = pageOf(versionsOf(found), newestFirst, input, scope)
      return { Versions: page.items.map((item) => versionView(item, item.id === defaultOf(found))), ...page.more }
    },
  },
  SetDefaultPolicyVersion: {
    access: 'write',
    ask: askOnPolicy('iam:SetDefaultPolicyVersion'),
    handle: async (input, call, store) => {
      const texts = { deed: 'update policies', missing: noVersion(input) }
      const policy = await ownPolicy(input.PolicyArn, call, store, texts)
      if (!policy.versions.some((item) => item.id === input.VersionId)) throw noSuchEntity(noVersion(input))
      await store.put(managedPolicies, call.account, { ...policy, defaultVersion: input.VersionId })
      return {}
    },
  },
  DeletePolicyVersion: {
    access: 'write',
    ask: askOnPolicy('iam:DeletePolicyVersion'),
    handle: async (input, call, store) => {
      const texts = { deed: 'delete policy versions for policies', missing: noVersion(input) }
      const policy = await ownPolicy(input.PolicyArn, call, store, texts)
      if (!policy.versions.some((item) => item.id === input.VersionId)) throw noSuchEntity(noVersion(input))
      if (input.VersionId === policy.defaultVersion)
        throw deleteConflict('Cannot delete the default version of a policy.')
      const versions = policy.versions.filter((item) => item.id !== input.VersionId)
      await store.put(managedPolicies, call.account, { ...policy, versions })
      return {}
    },
  },
} satisfies Operations<
  IamOperations,
  'CreatePolicyVersion' | 'GetPolicyVersion' | 'ListPolicyVersions' | 'SetDefaultPolicyVersion' | 'DeletePolicyVersion'
>

const noVersion = (input: { readonly PolicyArn: string; readonly VersionId: string }): string =>
  `Policy ${input.PolicyArn} version ${input.VersionId} does not exist or is not attachable.`

/** Of AWS's policies the catalogue holds the latest version only. */
export const versionsOf = (found: FoundPolicy): readonly PolicyVersion[] =>
  found.kind === 'local'
    ? found.row.versions
    : [{ id: found.policy.defaultVersion, text: found.policy.text, createdAt: found.policy.updatedAt }]

export const defaultOf = (found: FoundPolicy): string =>
  found.kind === 'local' ? found.row.defaultVersion : found.policy.defaultVersion

const VERSION_NUMBER_MAX = 1e9

/** A key that sorts the newest version first. */
export const newestFirst = (version: PolicyVersion): string =>
  String(VERSION_NUMBER_MAX - Number(version.id.slice(1))).padStart(10, '0')

export const versionView = (version: PolicyVersion, isDefault: boolean): Iam.PolicyVersion => ({
  VersionId: version.id,
  IsDefaultVersion: isDefault,
  CreateDate: dateOf(version.createdAt),
})
