/** Policy documents: validated when they come in, percent-encoded when they go out. */
import { checkInlineQuota, parsePolicy, trustNormalForm } from '@understudy/policy'
import type { ParseOptions } from '@understudy/policy'
import { bindPrincipals, renderBindings } from '../../entities/principal-bindings.ts'
import { unknownPrincipal } from '../../entities/target-role.ts'
import type { InlinePolicy, PrincipalBindings, Role } from '../../entities/iam.ts'
import { limitExceeded, malformedPolicyDocument } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'

/** @throws MalformedPolicyDocument, or LimitExceeded for one that is too long */
export const checkManagedPolicy = (text: string): void => check(text, 'managed')

/** @throws MalformedPolicyDocument */
export const checkInlinePolicy = (text: string): void => check(text, 'inline')

/** Checks a trust policy and binds its principals. @throws MalformedPolicyDocument, LimitExceeded */
export async function checkTrustPolicy(text: string, call: Call, store: Reader): Promise<PrincipalBindings> {
  check(text, 'trust', { sharedIssuersUnchecked: call.platform.leniencies.has('--shared-issuers-unchecked') })
  const bound = await bindPrincipals(text, store)
  if (!bound.ok)
    throw malformedPolicyDocument(
      `Invalid principal in policy: "AWS":"${bound.principal}"`,
      await unknownPrincipal(bound.principal, store),
    )
  return bound.bindings
}

/** AWS's texts for a shared issuer whose tenants the policy does not tell apart. policy-semantics 1.18. */
const IDP_CONTROL =
  /^Trust policy with trusted principal |^Policy trusting \S+ requires |^A condition block must be present for the Cognito provider/
const SHARED_ISSUER = {
  diagnosis: 'OIDC.IDP_CONTROL_REQUIRED',
  explanation:
    'Everybody can get a token of this issuer, so each Allow of sts:AssumeRoleWithWebIdentity must test the claim that tells its ' +
    'tenants apart, with StringEquals, StringLike or StringEqualsIgnoreCase and without IfExists. Roles that are there already ' +
    'are checked at their next trust change.',
}

const PATTERN_PRINCIPAL = /^Invalid principal in policy: "AWS":"[^"]+[*?][^"]*"/
const NO_PATTERN = {
  diagnosis: 'POLICY.WILDCARD_IN_PRINCIPAL',
  explanation:
    "A principal's ARN cannot hold a pattern. Name the account, and test `aws:PrincipalArn` with ArnLike in a condition.",
}

function reasonOf(message: string): { readonly diagnosis?: string } {
  if (IDP_CONTROL.test(message)) return SHARED_ISSUER
  return PATTERN_PRINCIPAL.test(message) ? NO_PATTERN : {}
}

function check(text: string, type: 'managed' | 'inline' | 'trust', options: ParseOptions = {}): void {
  const parsed = parsePolicy(text, type, options)
  if (parsed.ok) return
  if (parsed.code === 'LimitExceeded') throw limitExceeded(parsed.message)
  throw malformedPolicyDocument(parsed.message, reasonOf(parsed.message))
}

/** Whether all inline policies of one holder together are within its quota. @throws LimitExceeded */
export function checkInlineSizes(
  holder: { readonly kind: 'user' | 'group' | 'role'; readonly name: string },
  policies: readonly InlinePolicy[],
): void {
  const texts = policies.map((policy) => policy.text)
  const problem = checkInlineQuota(holder, texts)
  if (problem) throw limitExceeded(problem.message)
}

/** A role's trust policy as every call but CreateRole shows it: in AWS's normal form, with principals as they are now. */
export async function trustView(role: Role, store: Reader): Promise<string> {
  return encodeDocument(trustNormalForm(await renderBindings(role.trust, role.trustBindings, store)))
}

/** Percent-encoded with only unreserved characters left bare (RFC 3986, section 2.3), as IAM answers documents. */
export const encodeDocument = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
