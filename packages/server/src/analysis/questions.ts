/** Questions by action and resource: whose the resource is, which policy hangs on it, which of its keys are known. */
import type { ContextValue } from '@understudy/policy'
import type { Ask } from '../authorization/question.ts'
import { parseArn, roleArn, splitIamResource, userArn } from '../domain/arn.ts'
import { accountId, knownAccountId } from '../domain/brands.ts'
import { folded, roles, users } from '../entities/iam.ts'
import type { Role, Tag } from '../entities/iam.ts'
import { buckets } from '../entities/s3.ts'
import { bucketPolicy } from '../services/s3/questions.ts'
import type { Reader } from '../store/port.ts'

/** A question, and whether the resource itself was found, so that its keys are all known. */
export interface FoundQuestion {
  readonly ask: Ask
  readonly found: boolean
}

/** Actions that a role's trust policy is asked about. */
const TRUST_ACTION = /^sts:(?:AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|TagSession|SetSourceIdentity)$/i

/** @param context condition keys that are given, in any case */
export async function questionFor(
  action: string,
  resource: string,
  context: Readonly<Record<string, ContextValue>>,
  reader: Reader,
): Promise<FoundQuestion> {
  const parts = parseArn(resource)
  if (parts?.service === 's3')
    return onBucket({ action, resource, context }, parts.resource.split('/', 1)[0] ?? '', reader)
  const owner = parts && accountId(parts.account)
  const base = { action, resource, ...(owner === undefined ? {} : { resourceAccount: owner }) }
  const named = parts?.service === 'iam' ? splitIamResource(parts.resource) : undefined
  if (owner === undefined || !named) return { ask: { ...base, context }, found: false }
  if (named.kind === 'user') {
    const user = await reader.get(users, owner, folded(named.name))
    const found = user !== undefined && userArn(owner, user.path, user.name) === resource
    return { ask: { ...base, context: { ...tagKeys(found ? user.tags : []), ...context } }, found }
  }
  const stored = named.kind === 'role' ? await reader.get(roles, owner, folded(named.name)) : undefined
  const role = stored && roleArn(owner, stored.path, stored.name) === resource ? stored : undefined
  const ask: Ask = { ...base, context: { ...tagKeys(role?.tags ?? []), ...context } }
  if (!TRUST_ACTION.test(action)) return { ask, found: role !== undefined }
  return { ask: { ...ask, resourcePolicy: trustPolicy(role, resource, owner) }, found: role !== undefined }
}

/** A role that is not there trusts nobody. */
function trustPolicy(role: Role | undefined, resource: string, owner: string): NonNullable<Ask['resourcePolicy']> {
  const name = `trust policy of ${role ? `role ${role.name}` : resource}`
  const text = role?.trust ?? '{"Version":"2012-10-17","Statement":[]}'
  return { layer: 'trust', name, text, owner: knownAccountId(owner), ...(role ? { bindings: role.trustBindings } : {}) }
}

const tagKeys = (tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(
    tags.flatMap((tag) => [
      [`aws:ResourceTag/${tag.key}`, tag.value],
      [`iam:ResourceTag/${tag.key}`, tag.value],
    ]),
  )

async function onBucket(base: Ask, name: string, reader: Reader): Promise<FoundQuestion> {
  const stored = await reader.findUnique(buckets, 'name', name)
  if (!stored) return { ask: base, found: false }
  const owner = knownAccountId(stored.account)
  const resourcePolicy = bucketPolicy({ owner, bucket: stored.row })
  const context = { 's3:ResourceAccount': owner, ...base.context }
  return { ask: { ...base, resourceAccount: owner, context, ...(resourcePolicy && { resourcePolicy }) }, found: true }
}
