/** AssumeRole: one identity becomes another, if the role trusts it and its own policies let it. */
import { assumeQuestions, durationOf } from '@understudy/policy'
import type { Sts, StsOperations } from '@understudy/wire'
import type { Ask, Asks } from '../../authorization/question.ts'
import { trustPolicyOf } from '../../authorization/trust-policy.ts'
import type { SessionFacts, SessionTag, SignedCaller } from '../../credentials/caller.ts'
import { assumedRoleArn, parseArn, splitIamResource } from '../../domain/arn.ts'
import { accountId, instant } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import { folded } from '../../entities/iam.ts'
import type { Role } from '../../entities/iam.ts'
import { findTarget, nearRoles } from '../../entities/target-role.ts'
import type { AwsError } from '../../errors/aws-error.ts'
import { accessDenied } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { identityOf } from './caller-identity.ts'
import {
  arnInvalid,
  chainLimit,
  contextsNotBuilt,
  durationAboveRoleMaximum,
  rootMayNotAssume,
  sourceIdentitySet,
} from './errors.ts'
import { mfaKeys, proveMfa } from './mfa.ts'
import { findTrustFault } from './trust-findings.ts'
import type { TrustScene } from './trust-findings.ts'
import {
  checkedTags,
  credentialsAnswer,
  packedSize,
  passedPolicies,
  sizeOptions,
  tokenSizeAnswer,
} from './session-input.ts'

const ACTION = 'sts:AssumeRole'

export const assumeRoleOperations = {
  AssumeRole: {
    access: 'read',
    prove: (input, call, store) => {
      planFor(input, call)
      return proveMfa(input, call, store)
    },
    ask: async (input, call, store) => {
      const plan = planFor(input, call)
      const target = await findTarget(plan.account, input.RoleArn, store)
      return questions(
        plan,
        call,
        target,
        target ? undefined : await nearRoles(plan.account, input.RoleArn, target, store),
      )
    },
    handle: async (input, call, store) => {
      const plan = planFor(input, call)
      const role = await findTarget(plan.account, input.RoleArn, store)
      // What is no role has no trust policy, so the question was answered by the caller's own policies alone.
      if (!role) throw await noRole(plan, call, store)
      const seconds = sessionSeconds(input, plan, role)
      const packed = packedSize(plan.policies, plan.tags)
      const facts = sessionFacts(plan, role, call, seconds)
      const credentials = await call.platform.issuer.issue(facts, sizeOptions(input.MinimumSessionTokenSize))
      return {
        AssumedRoleUser: {
          AssumedRoleId: `${role.id}:${input.RoleSessionName}`,
          Arn: assumedRoleArn(plan.account, role.name, input.RoleSessionName),
        },
        ...credentialsAnswer(credentials),
        ...(packed === undefined ? {} : { PackedPolicySize: packed }),
        ...(input.MinimumSessionTokenSize === undefined ? {} : tokenSizeAnswer(credentials.sessionToken)),
        ...(plan.sourceIdentity === undefined ? {} : { SourceIdentity: plan.sourceIdentity }),
      }
    },
  },
} satisfies Operations<StsOperations, 'AssumeRole'>

/** The call's parameters after the checks that need no role. */
interface Plan {
  readonly input: Sts.AssumeRoleRequest
  readonly caller: SignedCaller
  readonly account: AccountId
  readonly policies: ReturnType<typeof passedPolicies>
  readonly tags: readonly SessionTag[]
  readonly transitiveKeys: readonly string[]
  readonly sourceIdentity?: string
  readonly chained: boolean
}

/** @throws AwsError for parameters that break a rule, before any policy is asked */
function planFor(input: Sts.AssumeRoleRequest, call: Call): Plan {
  const known = plans.get(input)
  if (known) return known
  const plan = newPlan(input, call)
  plans.set(input, plan)
  return plan
}

/** An input is decoded once for each call: its plan serves proof, question and handler. */
const plans = new WeakMap<Sts.AssumeRoleRequest, Plan>()

function newPlan(input: Sts.AssumeRoleRequest, call: Call): Plan {
  const { caller } = call
  if (!('accessKeyId' in caller)) throw accessDenied('Access Denied')
  if (caller.kind === 'root') throw rootMayNotAssume()
  const arn = parseArn(input.RoleArn)
  const account = arn && accountId(arn.account)
  if (!arn || arn.resource === '' || account === undefined) throw arnInvalid(input.RoleArn)
  if (input.ProvidedContexts !== undefined) throw contextsNotBuilt()
  const session = caller.session
  const inherited = inheritedTags(session)
  checkedTags(
    input.Tags ?? [],
    input.TransitiveTagKeys ?? [],
    inherited.map((tag) => tag.key),
  )
  const sourceIdentity = input.SourceIdentity ?? session?.sourceIdentity
  if (session?.sourceIdentity !== undefined && sourceIdentity !== session.sourceIdentity)
    throw sourceIdentitySet(session.sourceIdentity)
  return {
    input,
    caller,
    account,
    policies: passedPolicies(input, account),
    tags: [...inherited, ...(input.Tags ?? []).map((tag) => ({ key: tag.Key, value: tag.Value }))],
    transitiveKeys: [...inherited.map((tag) => tag.key), ...(input.TransitiveTagKeys ?? [])],
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    chained: session !== undefined,
  }
}

/** Transitive tags flow into every later session of the chain; ordinary ones end here. */
function inheritedTags(session: SessionFacts | undefined): readonly SessionTag[] {
  const transitive = new Set(session?.transitiveKeys.map(folded))
  return session?.tags.filter((tag) => transitive.has(folded(tag.key))) ?? []
}

function questions(plan: Plan, call: Call, role: Role | undefined, near: string | undefined): Asks {
  const base = {
    resource: plan.input.RoleArn,
    resourceAccount: plan.account,
    message: 'plain',
    context: { ...context(plan, role), ...mfaKeys(call) },
    resourcePolicy: trustPolicyOf(role, plan.account, plan.input.RoleArn),
    ...(role ? { whenDenied: (judged) => findTrustFault(judged, sceneOf(plan, role)) } : missing(plan, near)),
  } satisfies Omit<Ask, 'action'>
  // What is inherited counts as well as what is passed. IAM User Guide, "Pass session tags in AWS STS".
  const [action = ACTION, ...more] = assumeQuestions({
    action: ACTION,
    hasTags: plan.tags.length > 0,
    hasSourceIdentity: plan.sourceIdentity !== undefined,
  })
  return [{ ...base, action }, ...more.map((other) => ({ ...base, action: other }))]
}

const sceneOf = ({ caller, input, tags }: Plan, role: Role): TrustScene => ({
  caller,
  role,
  passed: (input.Tags ?? []).map((tag) => ({ key: tag.Key, value: tag.Value })),
  inherited: tags.slice(0, tags.length - (input.Tags?.length ?? 0)),
  chain: chainText(caller),
})

async function noRole(plan: Plan, call: Call, store: Reader): Promise<AwsError> {
  const { RoleArn: arn } = plan.input
  const { diagnosis, note } = missing(plan, await nearRoles(plan.account, arn, undefined, store))
  const text = `User: ${identityOf(call.caller).arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`
  return accessDenied(text, { diagnosis, explanation: note })
}

function missing(plan: Plan, near: string | undefined): { readonly diagnosis: string; readonly note: string } {
  const kind = splitIamResource(parseArn(plan.input.RoleArn)?.resource ?? '')?.kind
  const advice = near === undefined ? '' : ` Did you mean \`${near}\`?`
  if (kind !== undefined && kind !== 'role')
    return {
      diagnosis: 'ASSUME.TARGET_NOT_A_ROLE',
      note: `\`${plan.input.RoleArn}\` names a ${kind}, not a role.${advice}`,
    }
  return { diagnosis: 'ASSUME.NO_SUCH_ROLE', note: `There is no role \`${plan.input.RoleArn}\`.${advice}` }
}

function context(plan: Plan, role: Role | undefined): NonNullable<Ask['context']> {
  const { input } = plan
  const own = input.Tags ?? []
  return {
    'sts:RoleSessionName': input.RoleSessionName,
    'sts:ExternalId': input.ExternalId,
    'sts:SourceIdentity': plan.sourceIdentity,
    'sts:TransitiveTagKeys':
      input.TransitiveTagKeys && input.TransitiveTagKeys.length > 0 ? input.TransitiveTagKeys : undefined,
    'aws:TagKeys': own.length > 0 ? own.map((tag) => tag.Key) : undefined,
    ...Object.fromEntries(own.map((tag) => [`aws:RequestTag/${tag.Key}`, tag.Value])),
    ...Object.fromEntries(
      (role?.tags ?? []).flatMap((tag) => [
        [`aws:ResourceTag/${tag.key}`, tag.value],
        [`iam:ResourceTag/${tag.key}`, tag.value],
      ]),
    ),
  }
}

/** @throws AwsError ValidationError above the role's maximum, or above an hour when the caller is a session itself */
function sessionSeconds(input: Sts.AssumeRoleRequest, plan: Plan, role: Role): number {
  const caller = plan.chained ? 'temporary' : 'user'
  const duration = durationOf('AssumeRole', caller, input.DurationSeconds, role.maxSessionSeconds)
  if (duration.ok) return duration.durationSeconds
  throw plan.chained
    ? chainLimit(chainText(plan.caller))
    : durationAboveRoleMaximum(input.DurationSeconds ?? 0, role.maxSessionSeconds)
}

function chainText(caller: SignedCaller): string {
  const chain = caller.session?.chain
  const middle = chain && chain.length > 2 ? ` → … ${chain.length - 2} more` : ''
  const last = chain?.last && chain.length > 1 ? ` → ${chain.last.arn}` : ''
  return `${chain?.first ? `${chain.first.arn}${middle}${last} → ` : ''}${identityOf(caller).arn}`
}

function sessionFacts(
  plan: Plan,
  role: Role,
  call: Call,
  seconds: number,
): Omit<SessionFacts, 'accessKeyId' | 'issuedAt'> {
  const hop = { arn: identityOf(plan.caller).arn, accessKeyId: plan.caller.accessKeyId }
  const before = plan.caller.session?.chain ?? { length: 0 }
  return {
    account: plan.account,
    expiresAt: instant((Math.floor(call.now / 1000) + seconds) * 1000),
    holder: { kind: 'role', name: role.name, path: role.path, id: role.id },
    sessionName: plan.input.RoleSessionName,
    sessionPolicies: plan.policies.inline,
    sessionPolicyArns: plan.policies.managed,
    tags: plan.tags,
    transitiveKeys: plan.transitiveKeys,
    ...(plan.sourceIdentity === undefined ? {} : { sourceIdentity: plan.sourceIdentity }),
    ...mfaOf(plan, call),
    proof: { kind: 'assume-role' },
    chain: { first: before.first ?? hop, last: hop, length: before.length + 1 },
  }
}

/** Kept for the lineage alone: no condition key of a role session tells of it. */
function mfaOf({ caller }: Plan, { proof }: Call): Pick<SessionFacts, 'mfaAt'> {
  const mfaAt = proof?.mfaAt ?? (caller.kind === 'role-session' ? undefined : caller.session?.mfaAt)
  return mfaAt === undefined ? {} : { mfaAt }
}
