/** The rules of the assume-role calls that need no store, in the order in which STS tells its refusals. */
import { durationOf, type CallerCredentials, type StsCall } from './durations.ts'
import { checkExternalId, checkRoleArn, checkSessionName, checkSourceIdentity } from './names.ts'
import { checkPackedSize } from './packed-size.ts'
import { checkSessionPolicies } from './policies.ts'
import type { StsProblem } from './problem.ts'
import { checkTags, type SessionTag } from './tags.ts'

export interface AssumeRoleCall {
  readonly call: StsCall
  readonly caller: CallerCredentials
  readonly roleArn: string
  readonly roleSessionName: string
  readonly durationSeconds?: number
  readonly externalId?: string
  readonly sourceIdentity?: string
  readonly policy?: string
  readonly policyArns: readonly string[]
  readonly tags: readonly SessionTag[]
  readonly transitiveTagKeys: readonly string[]
  /** What the calling session hands on. */
  readonly inherited: { readonly tags: readonly SessionTag[]; readonly sourceIdentity?: string }
}

/** Faults of the parameters by themselves: known before anybody is authorized. */
export function checkAssumeParameters(call: AssumeRoleCall): StsProblem | undefined {
  const { tags, transitiveTagKeys, inherited } = call
  return (
    checkRoleArn(call.roleArn) ??
    checkSessionName(call.roleSessionName) ??
    (call.externalId === undefined ? undefined : checkExternalId(call.externalId)) ??
    (call.sourceIdentity === undefined
      ? undefined
      : checkSourceIdentity(call.sourceIdentity, inherited.sourceIdentity)) ??
    checkTags({ tags, transitiveTagKeys, inherited: inherited.tags }) ??
    checkSessionPolicies(call.policy, call.policyArns) ??
    checkPackedSize({ tags, policies: call.policy === undefined ? [] : [call.policy], policyArns: call.policyArns })
  )
}

/** Faults against the role that is to be assumed. `roleMaxSessionDuration` in seconds. */
export function checkAssumeDuration(call: AssumeRoleCall, roleMaxSessionDuration: number): StsProblem | undefined {
  const duration = durationOf(call.call, call.caller, call.durationSeconds, roleMaxSessionDuration)
  return duration.ok ? undefined : duration.problem
}
