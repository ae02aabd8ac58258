/** What users, groups and roles share: attached and inline policies, boundary, tags. Adds and changes, removes nothing. */
import type { InlinePolicy, PolicyHolder } from '../entities/iam.ts'
import { folded } from '../entities/iam.ts'
import { policyArnOf, policyArnsOf } from './references.ts'
import { sameDocument } from './same.ts'
import type { Reference, SeedDocument } from './types.ts'
import { united } from './work.ts'
import type { Work } from './work.ts'

/** The new policies of a holder, and how they differ. */
export interface HeldPolicies extends PolicyHolder {
  readonly changes: readonly string[]
}

export async function heldPolicies(
  work: Work,
  before: PolicyHolder | undefined,
  wanted: {
    readonly attachedPolicies?: readonly Reference[]
    readonly inlinePolicies?: Readonly<Record<string, SeedDocument>>
  },
  path: string,
): Promise<HeldPolicies> {
  const had = before?.attached ?? []
  const attached = united(had, await policyArnsOf(work, wanted.attachedPolicies, path))
  const inline = withInline(before?.inline ?? [], wanted.inlinePolicies ?? {})
  return {
    attached,
    inline: inline.policies,
    changes: [...attached.filter((arn) => !had.includes(arn)).map((arn) => `attach ${arn}`), ...inline.changes],
  }
}

function withInline(
  current: readonly InlinePolicy[],
  wanted: Readonly<Record<string, SeedDocument>>,
): { readonly policies: readonly InlinePolicy[]; readonly changes: readonly string[] } {
  const policies = [...current]
  const changes: string[] = []
  for (const [name, document] of Object.entries(wanted)) {
    const index = policies.findIndex((policy) => folded(policy.name) === folded(name))
    const present = policies[index]
    if (present === undefined) policies.push({ name, text: document.value })
    else if (!sameDocument(present.text, document.value)) policies[index] = { name: present.name, text: document.value }
    else continue
    changes.push(`inline policy ${name}`)
  }
  return { policies, changes }
}

/** The boundary's ARN, the one from before when the seed says none. */
export async function boundaryOf(
  work: Work,
  before: string | undefined,
  wanted: Reference | undefined,
  path: string,
): Promise<{ readonly boundary: string | undefined; readonly changes: readonly string[] }> {
  if (wanted === undefined) return { boundary: before, changes: [] }
  const boundary = await policyArnOf(work, wanted, path)
  return { boundary, changes: boundary === before ? [] : [`permissions boundary ${boundary}`] }
}
