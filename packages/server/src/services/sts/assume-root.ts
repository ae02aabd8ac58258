/**
 * AssumeRoot: the management account, or IAM's delegated administrator, becomes the root user of a member account for one task.
 * The task's policy only denies; what it leaves is what root may do anyway. Texts recorded in September 2026 (native/root).
 */
import { durationOf } from '@understudy/policy'
import type { Sts, StsOperations } from '@understudy/wire'
import type { SessionFacts, SignedCaller } from '../../credentials/caller.ts'
import { parseIamArn, rootArn } from '../../domain/arn.ts'
import { accountId, instant } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { EVERYWHERE, accounts } from '../../entities/iam.ts'
import type { AwsManagedPolicy } from '../../entities/managed-policy-catalogue.ts'
import { hasTrustedAccess, isMember, managesRoots, organizations } from '../../entities/organization.ts'
import type { Organization, OrganizationFeature } from '../../entities/organization.ts'
import { accessDenied, validationError } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { identityOf } from './caller-identity.ts'
import { refuseOnGlobalEndpoint } from './global-endpoint.ts'
import { credentialsAnswer, sizeOptions, tokenSizeAnswer } from './session-input.ts'

const ACTION = 'sts:AssumeRoot'

export const assumeRootOperations = {
  AssumeRoot: {
    access: 'read',
    ask: (input, call) => {
      const plan = planFor(input, call)
      const context = { 'sts:TaskPolicyArn': plan.task.arn, 'aws:ResourceAccount': plan.target }
      // The member account has no policy of its own on this: being a member is its consent.
      return [{ action: ACTION, resource: rootArn(plan.target), context, message: 'plain' }]
    },
    handle: async (input, call, store) => {
      const plan = planFor(input, call)
      checkFeature(plan, await organizationOf(plan, call, store))
      const minimum = input.MinimumSessionTokenSize
      const credentials = await call.platform.issuer.issue(sessionFacts(plan, call), sizeOptions(minimum))
      const sourceIdentity = plan.caller.session?.sourceIdentity
      return {
        ...credentialsAnswer(credentials),
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
        ...(minimum === undefined ? {} : tokenSizeAnswer(credentials.sessionToken)),
      }
    },
  },
} satisfies Operations<StsOperations, 'AssumeRoot'>

interface Plan {
  readonly caller: SignedCaller
  readonly target: AccountId
  readonly task: AwsManagedPolicy
  readonly seconds: number
}

/** @throws AwsError for parameters that break a rule, before any policy is asked */
function planFor(input: Sts.AssumeRootRequest, call: Call): Plan {
  refuseOnGlobalEndpoint(call)
  const { caller, platform } = call
  if (!('accessKeyId' in caller)) throw accessDenied('Access Denied')
  const target = targetOf(input.TargetPrincipal)
  if (target === undefined) throw validationError('Request must contain a valid target principal')
  const { arn } = input.TaskPolicyArn
  if (arn === undefined)
    throw validationError(
      "1 validation error detected: Value null at 'taskPolicyArn' failed to satisfy constraint: Member must not be null",
    )
  const task = platform.catalogue.get(arn)
  if (task?.path !== TASK_PATH) throw validationError('Request must contain valid AWS managed task policy ARN')
  const duration = durationOf('AssumeRoot', caller.session ? 'temporary' : 'user', input.DurationSeconds)
  if (!duration.ok) throw validationError(duration.problem.message)
  return { caller, target, task, seconds: duration.durationSeconds }
}

const TASK_PATH = '/root-task/'

/** An account id, or the ARN of the root user. */
function targetOf(principal: string): AccountId | undefined {
  const arn = parseIamArn(principal)
  if (arn?.resource === 'root') return accountId(arn.account)
  return accountId(principal)
}

/** The organization of caller and target, if the one may look after the other. @throws AwsError AccessDenied, without a reason */
async function organizationOf(plan: Plan, call: Call, store: Reader): Promise<Organization> {
  const { target } = plan
  const [row] = await store.find(organizations, EVERYWHERE, 'account', call.account)
  if (row === undefined) throw refused(plan, 'MANAGER', `Account ${call.account} is in no organization.`)
  if (!hasTrustedAccess(row)) throw refused(plan, 'MANAGER', `IAM has no trusted access in organization ${row.id}.`)
  if (!managesRoots(row, call.account))
    throw refused(
      plan,
      'MANAGER',
      `Account ${call.account} is neither the management account of ${row.id} nor IAM's delegated administrator.`,
    )
  if (!isMember(row, target) || (await store.get(accounts, EVERYWHERE, target)) === undefined)
    throw refused(plan, 'TARGET', `Account ${target} is no member account of organization ${row.id}.`)
  return row
}

const CODES = { MANAGER: 'ASSUME.ROOT_MANAGER', TARGET: 'ASSUME.ROOT_TARGET' } as const

const refused = ({ caller, target }: Plan, code: keyof typeof CODES, explanation: string) =>
  accessDenied(
    `User: ${identityOf(caller).arn} is not authorized to perform: ${ACTION} on resource: ${rootArn(target)}`,
    { diagnosis: CODES[code], explanation },
  )

/** The tasks on services hang on one feature, those on root's credentials on the other; neither implies the other. */
function checkFeature({ task }: Plan, row: Organization): void {
  const feature: OrganizationFeature = task.name.startsWith('IAM') ? 'RootCredentialsManagement' : 'RootSessions'
  if (row.features?.includes(feature)) return
  const words = feature === 'RootSessions' ? 'Root sessions' : 'Root credentials management'
  throw accessDenied(`${words} feature is not enabled for your AWS Organization.`, {
    diagnosis: 'ASSUME.ROOT_FEATURE',
    explanation: `${task.name} needs the feature ${feature}: the management account calls EnableOrganizations${feature}.`,
  })
}

function sessionFacts(plan: Plan, call: Call): Omit<SessionFacts, 'accessKeyId' | 'issuedAt'> {
  const { caller } = plan
  const hop = { arn: identityOf(caller).arn, accessKeyId: caller.accessKeyId }
  const before = caller.session?.chain ?? { length: 0 }
  const sourceIdentity = caller.session?.sourceIdentity
  return {
    account: plan.target,
    expiresAt: instant((Math.floor(call.now / 1000) + plan.seconds) * 1000),
    holder: { kind: 'root' },
    sessionPolicies: [],
    sessionPolicyArns: [plan.task.arn],
    tags: [],
    transitiveKeys: [],
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    proof: { kind: 'assume-root' },
    chain: { first: before.first ?? hop, last: hop, length: before.length + 1 },
  }
}
