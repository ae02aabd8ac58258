/** Policies compiled once per row: rows are immutable and keep their identity, so the compiled form hangs on them. */
import { compilePolicy } from '@understudy/policy'
import type { AttachedPolicy } from '@understudy/policy'
import type { PartnerBoundary } from '../entities/delegation.ts'
import type { InlinePolicy, ManagedPolicy } from '../entities/iam.ts'
import type { AwsManagedPolicy } from '../entities/managed-policy-catalogue.ts'
import type { ControlPolicy } from '../entities/organization.ts'

const compiled = new WeakMap<object, AttachedPolicy>()

/** The compiled policy of an object that never changes; made at first use. */
function once(holder: object, make: () => AttachedPolicy): AttachedPolicy {
  const known = compiled.get(holder)
  if (known !== undefined) return known
  const policy = make()
  compiled.set(holder, policy)
  return policy
}

/** @param owner account that can change it; @param holder `role Reader` */
export const inlinePolicy = (inline: InlinePolicy, owner: string, holder: string): AttachedPolicy =>
  once(inline, () => ({ name: `inline policy ${inline.name} of ${holder}`, owner, policy: compilePolicy(inline.text) }))

export const customerPolicy = (row: ManagedPolicy, arn: string, owner: string): AttachedPolicy =>
  once(row, () => {
    const version = row.versions.find((candidate) => candidate.id === row.defaultVersion)
    if (version === undefined) throw new Error(`the policy ${arn} has no version ${row.defaultVersion}`)
    return { name: arn, arn, owner, policy: compilePolicy(version.text) }
  })

export const awsPolicy = (entry: AwsManagedPolicy): AttachedPolicy =>
  once(entry, () => ({ name: entry.arn, arn: entry.arn, policy: compilePolicy(entry.text) }))

/** A boundary that a partner has registered: nobody in the account can change it. */
export const partnerPolicy = (row: PartnerBoundary): AttachedPolicy =>
  once(row, () => ({ name: row.arn, arn: row.arn, policy: compilePolicy(row.text) }))

export const controlPolicy = (row: ControlPolicy, owner: string): AttachedPolicy =>
  once(row, () => ({ name: row.name, arn: row.arn, owner, policy: compilePolicy(row.text) }))

const TEXTS_MAX = 2048
/** Of all texts together: compiled they take some six times as many bytes. */
const CHARACTERS_MAX = 4 * 1024 * 1024
const byText = new Map<string, AttachedPolicy>()
let characters = 0

/** A policy that has no row of its own: session policies, trust and bucket policies with principals rendered. */
export function policyFromText(text: string, name: string, owner: string): AttachedPolicy {
  const key = `${owner}\n${name}\n${text}`
  const known = byText.get(key)
  if (known !== undefined) return known
  const policy: AttachedPolicy = { name, owner, policy: compilePolicy(text) }
  byText.set(key, policy)
  characters += key.length
  for (const oldest of byText.keys()) {
    if (byText.size <= TEXTS_MAX && characters <= CHARACTERS_MAX) break
    byText.delete(oldest)
    characters -= oldest.length
  }
  return policy
}
