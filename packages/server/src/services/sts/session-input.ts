/** What AssumeRole, GetFederationToken and GetSessionToken share: session policies, tags, packed size, the answer's credentials. */
import type { Packed } from '@understudy/policy'
import { checkPackedSize, checkSessionPolicies, packedPolicySize, parsePolicy, tagRules } from '@understudy/policy'
import type { Sts } from '@understudy/wire'
import type { TemporaryCredentials } from '../../credentials/issuer.ts'
import { TOKEN_SIZE_MAX } from '../../credentials/session-token.ts'
import { malformedPolicyDocument, validationError } from '../../errors/catalogue.ts'
import { arnInvalid, invalidParameterValue, packedTooLarge } from './errors.ts'
import { parseIamArn, splitIamResource } from '../../domain/arn.ts'
import type { AccountId } from '../../domain/brands.ts'
import { byText } from '../../domain/by-text.ts'

export interface PassedPolicies {
  readonly inline: readonly string[]
  readonly managed: readonly string[]
}

/**
 * Reads and checks the session policies of a call.
 * @param account where managed ones must be; AWS's are everywhere. @throws AwsError MalformedPolicyDocument, ValidationError
 */
export function passedPolicies(
  input: {
    readonly Policy?: string | undefined
    readonly PolicyArns?: readonly Sts.PolicyDescriptorType[] | undefined
  },
  account: AccountId,
): PassedPolicies {
  const managed = (input.PolicyArns ?? []).map((descriptor) => descriptor.arn ?? '')
  for (const arn of managed) if (!isPolicyOf(account, arn)) throw arnInvalid(arn)
  const tooLong = checkSessionPolicies(input.Policy, managed)
  if (tooLong) throw validationError(tooLong.message)
  if (input.Policy === undefined) return { inline: [], managed }
  const checked = checkedPolicy(input.Policy)
  if (!checked.ok) throw malformedPolicyDocument(checked.message)
  return { inline: [input.Policy], managed }
}

/** Whether a text is a session policy. Worked out once for a text that keeps coming. */
const checkedPolicy = byText(2048, (text) => {
  const parsed = parsePolicy(text, 'session')
  return parsed.ok ? { ok: true as const } : { ok: false as const, message: parsed.message ?? '' }
})

/** Another account's policy limits no session of this one. STS API Reference, AssumeRole, PolicyArns. */
function isPolicyOf(account: AccountId, text: string): boolean {
  const arn = parseIamArn(text)
  if (splitIamResource(arn?.resource ?? '')?.kind !== 'policy') return false
  return arn?.account === 'aws' || arn?.account === account
}

/** @throws AwsError InvalidParameterValue when tags or transitive keys break a rule */
export function checkedTags(
  tags: readonly Sts.Tag[],
  transitiveKeys: readonly string[],
  inheritedTransitive: readonly string[],
): void {
  const refusal = tagRules({
    tags: tags.map((tag) => ({ key: tag.Key, value: tag.Value })),
    transitiveKeys,
    inheritedTransitive,
  })
  if (refusal) throw invalidParameterValue(refusal.message)
}

/** Percentage of the budget that policies and tags take. @throws AwsError PackedPolicyTooLarge above 100 */
export function packedSize(
  policies: PassedPolicies,
  tags: readonly { readonly key: string; readonly value: string }[],
): number | undefined {
  if (policies.inline.length + policies.managed.length + tags.length === 0) return undefined
  const packed = { policies: policies.inline, policyArns: policies.managed, tags }
  const percent = packedPolicySize(packed)
  const tooLarge = checkPackedSize(packed, percent)
  if (tooLarge) throw packedTooLarge(tooLarge.message, shares(packed))
  return percent
}

/** What each part takes. AWS's packing is secret, so the shares are those of our own measure. */
function shares({ policies, policyArns, tags }: Packed): string {
  const share = (part: Partial<Packed>) => `${packedPolicySize({ policies: [], policyArns: [], tags: [], ...part })} %`
  const parts = [
    ...policies.map((text) => `the session policy ${share({ policies: [text] })}`),
    ...policyArns.map((arn) => `\`${arn}\` ${share({ policyArns: [arn] })}`),
    ...tags.map((tag) => `the tag \`${tag.key}\` ${share({ tags: [tag] })}`),
  ]
  return `Of what a session may carry: ${parts.join(', ')}. AWS's own measure is not public; these shares are ours.`
}

/** The members that every credential-issuing answer has. */
export function credentialsAnswer(credentials: TemporaryCredentials): {
  readonly Credentials: Sts.Credentials
} {
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: credentials.expiration,
    },
  }
}

/** What the issuer is told of a size that the caller named. @throws AwsError ValidationError beyond what tokens may have */
export function sizeOptions(minimum: number | undefined): { readonly minimumTokenSize?: number } {
  if (minimum === undefined) return {}
  const rule =
    minimum < 0
      ? 'greater than or equal to 0'
      : minimum > TOKEN_SIZE_MAX
        ? `less than or equal to ${TOKEN_SIZE_MAX}`
        : undefined
  if (rule === undefined) return { minimumTokenSize: minimum }
  throw validationError(
    `1 validation error detected: Value '${minimum}' at 'minimumSessionTokenSize' failed to satisfy constraint: ` +
      `Member must have value ${rule}`,
  )
}

/** Size of the token and its share of the maximum, shown when the caller named a minimum size. */
export const tokenSizeAnswer = (token: string) => ({
  SessionTokenUtilization: Math.ceil((token.length * 100) / TOKEN_SIZE_MAX),
  SessionTokenSize: token.length,
})
