/** PolicyExclusionList: which policies of the principal a simulation leaves out. */
import { matchesArn } from '@understudy/policy'
import type { Iam } from '@understudy/wire'
import { parseArn } from '../../domain/arn.ts'
import { invalidInput } from '../../errors/catalogue.ts'
import type { PolicySource, SourcePolicy } from './policy-source.ts'

export type Exclusions = readonly Iam.PolicyIdentifier[]

/** @throws AwsError InvalidInput for a malformed identifier; one that matches nothing is no fault */
export function checkExclusions(exclusions: Exclusions): void {
  for (const { PolicyArn: arn, InlinePolicyIdentifier: inline } of exclusions) {
    if (arn !== undefined && !parseArn(arn)) throw invalidInput(`ARN ${arn} is not valid.`)
    if (inline && !isInlineIdentifier(inline))
      throw invalidInput('Invalid inline policy exclusion: policyName, attachmentType, and attachmentName are required')
  }
}

/** The name of the policy is taken literally; only the name of what holds it may be a pattern, with one star at most. */
function isInlineIdentifier(inline: Iam.InlinePolicyIdentifierType): boolean {
  const { PolicyName, AttachmentType, AttachmentName } = inline
  return (
    /^[^*?]+$/.test(PolicyName) &&
    ['user', 'group', 'role'].includes(AttachmentType) &&
    /^[^*]*\*?[^*]*$/.test(AttachmentName) &&
    AttachmentName !== ''
  )
}

/** What is left of the principal's own policies. */
export function withoutExcluded({ policies, boundary }: PolicySource, exclusions: Exclusions): PolicySource {
  return {
    policies: policies.filter((policy) => !isExcluded(policy, typeOf(policy), exclusions)),
    ...(boundary === undefined || isExcluded(boundary, 'permission-boundary', exclusions) ? {} : { boundary }),
  }
}

const typeOf = ({ arn }: SourcePolicy): string =>
  arn === undefined ? 'inline' : parseArn(arn)?.account === 'aws' ? 'aws-managed' : 'user-managed'

/** Is a service control policy left out? */
export const isScpExcluded = (arn: string | undefined, exclusions: Exclusions): boolean =>
  exclusions.some(
    ({ PolicyType, PolicyArn }) =>
      PolicyType === 'scp' || (arn !== undefined && PolicyArn !== undefined && matchesArn(PolicyArn, arn)),
  )

const isExcluded = (policy: SourcePolicy, type: string, exclusions: Exclusions): boolean =>
  exclusions.some(({ PolicyType, PolicyArn, InlinePolicyIdentifier: inline }) => {
    if (PolicyType !== undefined) return PolicyType === type
    if (PolicyArn !== undefined) return policy.arn !== undefined && matchesArn(PolicyArn, policy.arn)
    const { holder } = policy
    if (!inline || !holder || inline.PolicyName !== policy.name || inline.AttachmentType !== holder.type) return false
    return isNamed(inline.AttachmentName, holder.name)
  })

/** `*` is any run, `?` one character. */
function isNamed(pattern: string, name: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(name)
}
