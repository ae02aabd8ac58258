/** AssumeRoleWithWebIdentity: who holds a token of an identity provider becomes a role. The call is not signed; the token is the proof. */
import type { Sts, StsOperations } from '@understudy/wire'
import type { Ask, Asks } from '../../authorization/question.ts'
import { trustPolicyOf } from '../../authorization/trust-policy.ts'
import type { Caller, SessionFacts } from '../../credentials/caller.ts'
import { assumedRoleArn, parseIamArn } from '../../domain/arn.ts'
import { accountId, instant } from '../../domain/brands.ts'
import { monotonic } from '../../domain/clock.ts'
import type { AccountId } from '../../domain/brands.ts'
import type { Role } from '../../entities/iam.ts'
import { findTarget, nearRoles } from '../../entities/target-role.ts'
import { AwsError } from '../../errors/aws-error.ts'
import { accessDenied, validationError } from '../../errors/catalogue.ts'
import { sessionKeys, trustKeys } from '../../federation/oidc/condition-keys.ts'
import { diagnoseTrust } from '../../federation/oidc/diagnose.ts'
import { authorizedByIdp, sessionClaims } from '../../federation/oidc/session-claims.ts'
import type { SessionClaims } from '../../federation/oidc/session-claims.ts'
import type { ProvedIdentity } from '../../federation/oidc/web-identity.ts'
import { PictureMoved } from '../../store/errors.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { durationAboveRoleMaximum } from './errors.ts'
import {
  checkedTags,
  credentialsAnswer,
  packedSize,
  passedPolicies,
  sizeOptions,
  tokenSizeAnswer,
} from './session-input.ts'
import type { PassedPolicies } from './session-input.ts'
import { identityShare } from './web-identity-size.ts'

const DEFAULT_SECONDS = 3600
const ACTION = 'sts:AssumeRoleWithWebIdentity'

export const webIdentityOperations = {
  AssumeRoleWithWebIdentity: {
    access: 'read',
    ask: async (input, call, store) => {
      const plan = await planFor(input, call, store)
      plans.set(call, plan)
      return questions(plan, await nearRoles(plan.account, input.RoleArn, plan.role, store))
    },
    handle: async (input, call) => {
      const plan = plans.get(call)
      if (!plan?.role) throw accessDenied(`Not authorized to perform ${ACTION}`)
      const { role, identity } = plan
      const seconds = input.DurationSeconds ?? DEFAULT_SECONDS
      if (seconds > role.maxSessionSeconds) throw durationAboveRoleMaximum(seconds, role.maxSessionSeconds)
      const size = shownSize(plan)
      const minimum = input.MinimumSessionTokenSize
      const credentials = await call.platform.issuer.issue(
        sessionFacts(plan, role, call, seconds),
        sizeOptions(minimum),
      )
      return {
        ...credentialsAnswer(credentials),
        SubjectFromWebIdentityToken: identity.standard.subject,
        AssumedRoleUser: {
          AssumedRoleId: `${role.id}:${input.RoleSessionName}`,
          Arn: assumedRoleArn(plan.account, role.name, input.RoleSessionName),
        },
        PackedPolicySize: size,
        Provider: identity.providerArn,
        Audience: identity.standard.audience,
        ...(plan.claims.sourceIdentity === undefined ? {} : { SourceIdentity: plan.claims.sourceIdentity }),
        ...(minimum === undefined ? {} : tokenSizeAnswer(credentials.sessionToken)),
      }
    },
  },
} satisfies Operations<StsOperations, 'AssumeRoleWithWebIdentity'>

/** What the question found out, for the handler of the same call: the signature is verified once. */
const plans = new WeakMap<Call, Plan>()

interface Plan {
  readonly input: Sts.AssumeRoleWithWebIdentityRequest
  readonly account: AccountId
  readonly identity: ProvedIdentity
  readonly claims: SessionClaims
  readonly authorizedByIdp: boolean
  readonly policies: PassedPolicies
  /** Absent when there is no such role; the caller is told no more than that it does not trust him. */
  readonly role: Role | undefined
}

/** @throws AwsError for parameters and tokens that do not do, before any policy is asked */
async function planFor(input: Sts.AssumeRoleWithWebIdentityRequest, call: Call, store: Reader): Promise<Plan> {
  const arn = parseIamArn(input.RoleArn)
  const account = arn && accountId(arn.account)
  if (account === undefined || !arn?.resource.startsWith('role/')) throw validationError('Request ARN is invalid')
  if (input.ProviderId !== undefined) throw accessTokenRefused(input.ProviderId)
  const policies = passedPolicies(input, account)
  const identity = await proved(input.WebIdentityToken, { account, call, store })
  const isAuthorized = authorizedByIdp(identity.claims, input.RoleArn)
  const claims = sessionClaims(identity.claims)
  checkedTags(
    claims.tags.map(({ key, value }) => ({ Key: key, Value: value })),
    claims.transitiveKeys,
    [],
  )
  checkSourceIdentity(claims.sourceIdentity)
  const role = await findTarget(account, input.RoleArn, store)
  return { input, account, identity, claims, authorizedByIdp: isAuthorized, policies, role }
}

/** How long a proof may take until what the store showed at its beginning is looked at again. */
const WAIT_MILLISECONDS = 200
/** Calls that were started again for that. */
const restarted = new WeakSet<Call>()

/**
 * Proves the token. Fetching keys takes seconds at worst, in which a trust policy may be changed or a provider deleted: the
 * question is then asked from a new picture, with the keys at hand.
 * @throws AwsError for a token that proves nothing, PictureMoved once after a long wait
 */
async function proved(
  token: string,
  { account, call, store }: { readonly account: AccountId; readonly call: Call; readonly store: Reader },
): Promise<ProvedIdentity> {
  const began = monotonic()
  const identity = await call.platform.webIdentities.prove(token, account, store)
  if (monotonic() - began < WAIT_MILLISECONDS || restarted.has(call)) return identity
  restarted.add(call)
  throw new PictureMoved()
}

/** OAuth access tokens of Amazon and Facebook cannot be checked without asking them; a JWT beside ProviderId is refused as AWS does. */
function accessTokenRefused(provider: string): AwsError {
  const reason = {
    diagnosis: 'OIDC.PROVIDER_ID',
    explanation:
      'ProviderId is for OAuth access tokens of www.amazon.com and graph.facebook.com: leave it out with a JWT.',
  }
  if (provider === 'www.amazon.com')
    return new AwsError('InvalidIdentityToken', 400, 'Provided Token is not a Login With Amazon token', reason)
  if (provider === 'graph.facebook.com')
    return new AwsError(
      'IDPRejectedClaim',
      403,
      'graph.facebook.com rejected OAuth token with response "Bad signature" and code 190',
      reason,
    )
  return accessDenied(
    'Unrecognized OAuth provider. Do not include a provider parameter when submitting OpenIDConnect ID tokens',
    reason,
  )
}

/** AWS's text for such a claim is not recorded; this is the one for the parameter of AssumeRole. */
function checkSourceIdentity(value: string | undefined): void {
  if (value === undefined || /^[\w+=,.@-]{2,64}$/.test(value)) return
  throw validationError(
    `1 validation error detected: Value '${value}' at 'sourceIdentity' failed to satisfy constraint: ` +
      'Member must satisfy regular expression pattern: [\\w+=,.@-]*',
  )
}

function questions(plan: Plan, near: string | undefined): Asks {
  const { input, role, identity, claims } = plan
  const base = {
    caller: callerOf(plan),
    resource: input.RoleArn,
    resourceAccount: plan.account,
    context: context(plan),
    resourcePolicy: trustPolicyOf(plan.role, plan.account, plan.input.RoleArn),
    ...(role
      ? { whenDenied: (judged) => diagnoseTrust(judged, identity) }
      : {
          diagnosis: 'ASSUME.NO_SUCH_ROLE',
          note: `There is no role \`${input.RoleArn}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
        }),
  } satisfies Omit<Ask, 'action'>
  const asks: [Ask, ...Ask[]] = [{ ...base, action: ACTION }]
  if (claims.tags.length > 0) asks.push({ ...base, action: 'sts:TagSession' })
  if (claims.sourceIdentity !== undefined) asks.push({ ...base, action: 'sts:SetSourceIdentity' })
  return asks
}

const callerOf = ({ identity, account }: Plan): Caller => ({
  kind: 'federated',
  principal: {
    kind: 'web-identity',
    provider: identity.provider,
    ...(identity.builtIn ? {} : { providerArn: identity.providerArn }),
  },
  providerArn: identity.providerArn,
  providerAccount: account,
})

function context({ input, identity, claims, role, authorizedByIdp: isAuthorized }: Plan): NonNullable<Ask['context']> {
  const { tags, transitiveKeys } = claims
  return {
    ...trustKeys(identity.provider, identity.standard, identity.claims),
    'sts:RoleSessionName': input.RoleSessionName,
    'sts:RoleAuthorizedByIdp': String(isAuthorized),
    'sts:SourceIdentity': claims.sourceIdentity,
    'sts:TransitiveTagKeys': transitiveKeys.length > 0 ? transitiveKeys : undefined,
    'aws:TagKeys': tags.length > 0 ? tags.map((tag) => tag.key) : undefined,
    ...Object.fromEntries(tags.map((tag) => [`aws:RequestTag/${tag.key}`, tag.value])),
    ...Object.fromEntries(
      (role?.tags ?? []).flatMap((tag) => [
        [`aws:ResourceTag/${tag.key}`, tag.value],
        [`iam:ResourceTag/${tag.key}`, tag.value],
      ]),
    ),
  }
}

/** @throws AwsError PackedPolicyTooLarge */
function shownSize({ policies, claims, identity }: Plan): number {
  const passed = packedSize(policies, claims.tags) ?? 0
  const bare = identityShare(identity.standard.subject, claims.sourceIdentity)
  const hasPolicies = policies.inline.length + policies.managed.length > 0
  return Math.min(100, hasPolicies ? bare + passed : Math.max(bare, passed))
}

function sessionFacts(
  plan: Plan,
  role: Role,
  call: Call,
  seconds: number,
): Omit<SessionFacts, 'accessKeyId' | 'issuedAt'> {
  const { identity, claims } = plan
  return {
    account: plan.account,
    expiresAt: instant((Math.floor(call.now / 1000) + seconds) * 1000),
    holder: { kind: 'role', name: role.name, path: role.path, id: role.id },
    sessionName: plan.input.RoleSessionName,
    sessionPolicies: plan.policies.inline,
    sessionPolicyArns: plan.policies.managed,
    tags: claims.tags,
    transitiveKeys: claims.transitiveKeys,
    ...(claims.sourceIdentity === undefined ? {} : { sourceIdentity: claims.sourceIdentity }),
    proof: {
      kind: 'web-identity',
      provider: identity.providerArn,
      claims: sessionKeys(identity.provider, identity.standard),
    },
    chain: { length: 0 },
  }
}
