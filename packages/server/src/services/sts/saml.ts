/** AssumeRoleWithSAML: whom an identity provider vouches for becomes a role. The call is not signed; the assertion is the proof. */
import { createHash } from 'node:crypto'
import type { Sts, StsOperations } from '@understudy/wire'
import type { Ask, Asks } from '../../authorization/question.ts'
import { trustPolicyOf } from '../../authorization/trust-policy.ts'
import type { SessionFacts } from '../../credentials/caller.ts'
import { assumedRoleArn, parseIamArn } from '../../domain/arn.ts'
import { accountId, instant } from '../../domain/brands.ts'
import type { AccountId } from '../../domain/brands.ts'
import type { Role } from '../../entities/iam.ts'
import { samlProviders, usedAssertions } from '../../entities/saml.ts'
import type { SamlProvider } from '../../entities/saml.ts'
import { findTarget, nearRoles } from '../../entities/target-role.ts'
import { accessDenied, validationError } from '../../errors/catalogue.ts'
import { proveAssertion } from '../../federation/saml/assertion.ts'
import type { ProvedAssertion } from '../../federation/saml/assertion.ts'
import { awsAttributes, requireRole } from '../../federation/saml/aws-attributes.ts'
import type { AwsAttributes } from '../../federation/saml/aws-attributes.ts'
import { nameQualifier, sessionKeys, trustKeys } from '../../federation/saml/condition-keys.ts'
import { noProvider, refusedByStrict } from '../../federation/saml/refusals.ts'
import { strictProblems } from '../../federation/saml/strict.ts'
import type { Reader, Store } from '../../store/port.ts'
import type { Call, Operations, Proof } from '../operation.ts'
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

const DEFAULT_SECONDS = 3600
const ACTION = 'sts:AssumeRoleWithSAML'

export const samlOperations = {
  AssumeRoleWithSAML: {
    access: 'read',
    prove: spendUnderStrict,
    ask: async (input, call, store) => {
      const plan = await planFor(input, call, store)
      return questions(plan, await nearRoles(plan.account, input.RoleArn, plan.role, store))
    },
    handle: async (input, call, store) => {
      const plan = await planFor(input, call, store)
      const { role, attributes, proved } = plan
      // The question was allowed by the role's trust policy, so only a deletion in between can have taken it away.
      if (!role) throw accessDenied(`Not authorized to perform ${ACTION}`)
      const { claims } = proved
      const packed = packedSize(plan.policies, attributes.tags)
      const minimum = input.MinimumSessionTokenSize
      const credentials = await call.platform.issuer.issue(
        sessionFacts(plan, role, call, sessionSeconds(plan, role, call)),
        sizeOptions(minimum),
      )
      return {
        ...credentialsAnswer(credentials),
        AssumedRoleUser: {
          AssumedRoleId: `${role.id}:${attributes.sessionName}`,
          Arn: assumedRoleArn(plan.account, role.name, attributes.sessionName),
        },
        ...(packed === undefined ? {} : { PackedPolicySize: packed }),
        Subject: claims.subject,
        SubjectType: claims.subjectType,
        Issuer: claims.issuer,
        Audience: claims.recipient,
        NameQualifier: nameQualifier(claims.issuer, plan.account, plan.provider.name),
        ...(attributes.sourceIdentity === undefined ? {} : { SourceIdentity: attributes.sourceIdentity }),
        ...(minimum === undefined ? {} : tokenSizeAnswer(credentials.sessionToken)),
      }
    },
  },
} satisfies Operations<StsOperations, 'AssumeRoleWithSAML'>

interface Plan {
  readonly input: Sts.AssumeRoleWithSAMLRequest
  readonly account: AccountId
  readonly provider: SamlProvider
  readonly proved: ProvedAssertion
  readonly attributes: AwsAttributes
  readonly policies: PassedPolicies
  /** Absent when there is no such role; the caller is told no more than that it does not trust him. */
  readonly role: Role | undefined
}

/** @throws AwsError for parameters and assertions that do not do, before any policy is asked */
async function planFor(input: Sts.AssumeRoleWithSAMLRequest, call: Call, store: Reader): Promise<Plan> {
  const { account, providerName } = namesOf(input)
  const policies = passedPolicies(input, account)
  const provider = await store.get(samlProviders, account, providerName)
  if (provider === undefined) throw noProvider(`There is no SAML provider \`${input.PrincipalArn}\`.`)
  const proved = provedOnce(input, account, provider, call)
  requireRole(proved.claims, { roleArn: input.RoleArn, providerArn: input.PrincipalArn })
  const attributes = awsAttributes(proved.claims, call.request.requestId)
  checkedTags(
    attributes.tags.map(({ key, value }) => ({ Key: key, Value: value })),
    attributes.transitiveKeys,
    [],
  )
  const role = await findTarget(account, input.RoleArn, store)
  return { input, account, provider, proved, attributes, policies, role }
}

/** The two ARNs are checked by their kind before the assertion is looked at. */
function namesOf(input: Sts.AssumeRoleWithSAMLRequest): {
  readonly account: AccountId
  readonly providerName: string
} {
  const role = parseIamArn(input.RoleArn)
  const roleAccount = role && accountId(role.account)
  if (roleAccount === undefined || !role?.resource.startsWith('role/'))
    throw validationError('Request ARN is invalid', exchanged(input, 'RoleArn', 'a role'))
  const provider = parseIamArn(input.PrincipalArn)
  const account = provider && accountId(provider.account)
  if (account === undefined || !provider?.resource.startsWith(PROVIDER))
    throw validationError('Principal ARN is invalid', exchanged(input, 'PrincipalArn', 'a SAML provider'))
  // A provider vouches in its own account only. IAM User Guide, "Create a SAML identity provider in IAM".
  if (account !== roleAccount)
    throw accessDenied(`Not authorized to perform ${ACTION}`, {
      diagnosis: 'SAML.OTHER_ACCOUNT',
      explanation: `The provider is of account ${account}, the role of account ${roleAccount}: a provider vouches in its own account only.`,
    })
  return { account, providerName: provider.resource.slice(PROVIDER.length) }
}

/** Tools mix the two ARNs up, since some take the provider's first. */
function exchanged(
  { RoleArn, PrincipalArn }: Sts.AssumeRoleWithSAMLRequest,
  name: 'RoleArn' | 'PrincipalArn',
  kind: string,
): { readonly explanation: string } {
  const isExchanged = RoleArn.includes(`:${PROVIDER}`) && PrincipalArn.includes(':role/')
  const hint = isExchanged ? ' The two ARNs are exchanged.' : ''
  return {
    explanation: `${name} must be the ARN of ${kind}; it is \`${name === 'RoleArn' ? RoleArn : PrincipalArn}\`.${hint}`,
  }
}

const PROVIDER = 'saml-provider/'

/** Verified once for a call and a state of the provider: the question and the handler share it. */
const verified = new WeakMap<object, { readonly provider: SamlProvider; readonly proved: ProvedAssertion }>()

function provedOnce(
  input: Sts.AssumeRoleWithSAMLRequest,
  account: AccountId,
  provider: SamlProvider,
  call: Call,
): ProvedAssertion {
  const before = verified.get(input)
  if (before?.provider === provider) return before.proved
  const { vault, clock } = call.platform
  const facts = { provider, account, vault, now: clock.wire(), requestId: call.request.requestId }
  const proved = proveAssertion(input.SAMLAssertion, facts)
  verified.set(input, { provider, proved })
  return proved
}

/** Under `--saml strict` an assertion counts once, whatever becomes of the call. */
async function spendUnderStrict(input: Sts.AssumeRoleWithSAMLRequest, call: Call, store: Store): Promise<Proof> {
  if (!call.platform.samlStrict) return {}
  const { account } = namesOf(input)
  const plan = await store.fresh().then((picture) => planFor(input, call, picture))
  const problems = strictProblems(plan.proved.claims, strictFacts(plan, call))
  if (problems.length > 0) throw refusedByStrict(`Under \`--saml strict\`: ${problems.join('; ')}.`)
  const { claims } = plan.proved
  const assertion = createHash('sha256').update(`${plan.provider.uuid} ${claims.id}`).digest('base64url')
  const expiresAt = instant(Math.min(...claims.notOnOrAfter))
  const isNew = await store.write([account], async (writer) => {
    for (const used of await writer.list(usedAssertions, account))
      if (used.expiresAt <= call.platform.clock.wire())
        await writer.remove(usedAssertions, account, usedAssertions.key(used))
    return writer.insert(usedAssertions, account, { assertion, expiresAt })
  })
  if (isNew === 'exists') throw refusedByStrict('Under `--saml strict`: this assertion was used already.')
  return {}
}

const strictFacts = ({ provider }: Plan, call: Call) => ({
  now: call.platform.clock.wire(),
  ...(provider.encryption === 'Required' ? { requiredUuid: provider.uuid } : {}),
})

function questions(plan: Plan, near: string | undefined): Asks {
  const { input, account, role, attributes } = plan
  const base = {
    caller: {
      kind: 'federated',
      principal: { kind: 'saml', providerArn: input.PrincipalArn },
      providerArn: input.PrincipalArn,
      providerAccount: account,
    },
    resource: input.RoleArn,
    resourceAccount: account,
    context: context(plan),
    resourcePolicy: trustPolicyOf(plan.role, plan.account, plan.input.RoleArn),
    ...(role ? {} : { diagnosis: 'ASSUME.NO_SUCH_ROLE' }),
    note: noteOf(plan, near),
    whenDenied: () => ({ details: detailsOf(plan) }),
  } satisfies Omit<Ask, 'action'>
  const asks: [Ask, ...Ask[]] = [{ ...base, action: ACTION }]
  if (attributes.tags.length > 0) asks.push({ ...base, action: 'sts:TagSession' })
  if (attributes.sourceIdentity !== undefined) asks.push({ ...base, action: 'sts:SetSourceIdentity' })
  return asks
}

/** What the operator should know beside the verdict: the subject, and what AWS let pass. */
function noteOf({ input, role, proved, provider }: Plan, near: string | undefined): string {
  const problems = strictProblems(proved.claims, {
    now: proved.checkedAt,
    ...(provider.encryption === 'Required' ? { requiredUuid: provider.uuid } : {}),
  })
  const missing = role
    ? ''
    : `There is no role \`${input.RoleArn}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`} `
  const subject = `The assertion is of \`${proved.claims.subject}\`, signed by the key of certificate ${proved.certificate.fingerprint.slice(0, 16)}….`
  return problems.length === 0
    ? `${missing}${subject}`
    : `${missing}${subject} AWS lets pass what \`--saml strict\` would refuse: ${problems.join('; ')}.`
}

const detailsOf = ({ proved }: Plan): Readonly<Record<string, unknown>> => ({
  issuer: proved.claims.issuer,
  subject: proved.claims.subject,
  recipient: proved.claims.recipient,
  certificate: proved.certificate.fingerprint,
  attributes: Object.fromEntries(proved.claims.attributes),
})

function context(plan: Plan): NonNullable<Ask['context']> {
  const { role, attributes } = plan
  const { tags, transitiveKeys } = attributes
  return {
    ...trustKeys(subjectOf(plan)),
    'sts:RoleSessionName': attributes.sessionName,
    'sts:SourceIdentity': attributes.sourceIdentity,
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

const subjectOf = ({ proved, account, provider }: Plan) => ({
  claims: proved.claims,
  account,
  providerName: provider.name,
})

/**
 * The requested time must be within the role's maximum; what the assertion says only shortens it, below 900 seconds too.
 * @throws AwsError ValidationError above the role's maximum
 */
function sessionSeconds({ input, proved, attributes }: Plan, role: Role, call: Call): number {
  const wanted = input.DurationSeconds ?? DEFAULT_SECONDS
  if (wanted > role.maxSessionSeconds) throw durationAboveRoleMaximum(wanted, role.maxSessionSeconds)
  const end = proved.claims.sessionNotOnOrAfter
  const left = end === undefined ? wanted : Math.floor((end - call.platform.clock.wire()) / 1000)
  return Math.max(1, Math.min(wanted, attributes.sessionDuration ?? wanted, left))
}

function sessionFacts(
  plan: Plan,
  role: Role,
  call: Call,
  seconds: number,
): Omit<SessionFacts, 'accessKeyId' | 'issuedAt'> {
  const { attributes } = plan
  return {
    account: plan.account,
    expiresAt: instant((Math.floor(call.now / 1000) + seconds) * 1000),
    holder: { kind: 'role', name: role.name, path: role.path, id: role.id },
    sessionName: attributes.sessionName,
    sessionPolicies: plan.policies.inline,
    sessionPolicyArns: plan.policies.managed,
    tags: attributes.tags,
    transitiveKeys: attributes.transitiveKeys,
    ...(attributes.sourceIdentity === undefined ? {} : { sourceIdentity: attributes.sourceIdentity }),
    proof: { kind: 'saml', providerArn: plan.input.PrincipalArn, claims: sessionKeys(subjectOf(plan)) },
    chain: { length: 0 },
  }
}
