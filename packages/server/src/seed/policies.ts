/** Customer managed policies of a seed: a document that differs becomes a new default version, as CreatePolicyVersion makes it. */
import { folded, managedPolicies } from '../entities/iam.ts'
import type { ManagedPolicy, PolicyVersion } from '../entities/iam.ts'
import { sameDocument } from './same.ts'
import type { PolicySeed } from './types.ts'
import { newId, refuse, tagChanges, withTags } from './work.ts'
import type { Work } from './work.ts'

/** AWS keeps five versions of a policy. */
const VERSIONS_MAX = 5

export async function ensurePolicy(work: Work, wanted: PolicySeed): Promise<void> {
  const before = await work.store.get(managedPolicies, work.account, folded(wanted.policyName))
  if (before === undefined) {
    await work.store.insert(managedPolicies, work.account, newPolicy(work, wanted))
    work.record({ action: 'create', kind: 'policy', name: wanted.policyName, changes: [] })
    return
  }
  if (wanted.path !== undefined && wanted.path !== before.path)
    refuse(wanted.line, wanted.policyName, `the policy has the path ${before.path}; a policy's path cannot be changed`)
  const current = before.versions.find((version) => version.id === before.defaultVersion)
  const isOther = current === undefined || !sameDocument(current.text, wanted.document.value)
  const tags = withTags(before.tags, wanted.tags, false)
  const changes = [
    ...(isOther ? [`document, as version v${before.nextVersion}`] : []),
    ...tagChanges(before.tags, tags),
  ]
  if (changes.length === 0) return
  const next = isOther ? withVersion(before, wanted.document.value, work) : before
  await work.store.put(managedPolicies, work.account, { ...next, tags })
  const dropped = before.versions.filter((version) => !next.versions.includes(version)).map((version) => version.id)
  work.record({
    action: 'change',
    kind: 'policy',
    name: before.name,
    changes: [...changes, ...dropped.map((id) => `drop its oldest version ${id}: AWS keeps ${VERSIONS_MAX}`)],
  })
}

function newPolicy(work: Work, wanted: PolicySeed): ManagedPolicy {
  return {
    name: wanted.policyName,
    path: wanted.path ?? '/',
    id: newId(work, 'ANPA'),
    createdAt: work.now,
    updatedAt: work.now,
    ...(wanted.description === undefined ? {} : { description: wanted.description }),
    versions: [{ id: 'v1', text: wanted.document.value, createdAt: work.now }],
    defaultVersion: 'v1',
    nextVersion: 2,
    tags: withTags([], wanted.tags, false),
  }
}

function withVersion(policy: ManagedPolicy, text: string, work: Work): ManagedPolicy {
  const version: PolicyVersion = { id: `v${policy.nextVersion}`, text, createdAt: work.now }
  const oldest = policy.versions.find((candidate) => candidate.id !== policy.defaultVersion)
  const kept =
    policy.versions.length < VERSIONS_MAX
      ? policy.versions
      : policy.versions.filter((candidate) => candidate !== oldest)
  return {
    ...policy,
    versions: [...kept, version],
    defaultVersion: version.id,
    nextVersion: policy.nextVersion + 1,
    updatedAt: work.now,
  }
}
