/** Policy documents: validated when they come in, percent-encoded when they go out, measured as AWS measures them. */
import { parsePolicy, trustNormalForm } from '@understudy/policy'
import { bindPrincipals, renderBindings } from '../../entities/principal-bindings.ts'
import type { PrincipalBindings, Role } from '../../entities/iam.ts'
import { limitExceeded, malformedPolicyDocument } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'

/** Characters of a managed policy version. White space does not count, here and below. */
const MANAGED_MAX = 6144
/** Characters of a trust policy; AWS raises it to 8,192 on request. */
const TRUST_MAX = 2048

/** @throws MalformedPolicyDocument, LimitExceeded */
export function checkManagedPolicy(text: string): void {
  check(text, 'managed')
  if (significantLength(text) > MANAGED_MAX) throw limitExceeded(`Cannot exceed quota for PolicySize: ${MANAGED_MAX}`)
}

/** @throws MalformedPolicyDocument */
export function checkInlinePolicy(text: string): void {
  check(text, 'inline')
}

/** Checks a trust policy and binds its principals. @throws MalformedPolicyDocument, LimitExceeded */
export async function checkTrustPolicy(text: string, store: Reader): Promise<PrincipalBindings> {
  check(text, 'trust')
  if (significantLength(text) > TRUST_MAX) throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_MAX}`)
  const bound = await bindPrincipals(text, store)
  if (!bound.ok) throw malformedPolicyDocument(`Invalid principal in policy: "AWS":"${bound.principal}"`)
  return bound.bindings
}

function check(text: string, type: 'managed' | 'inline' | 'trust'): void {
  const parsed = parsePolicy(text, type)
  if (!parsed.ok) throw malformedPolicyDocument(parsed.message)
}

/** A role's trust policy as every call but CreateRole shows it: in AWS's normal form, with principals as they are now. */
export async function trustView(role: Role, store: Reader): Promise<string> {
  return encodeDocument(trustNormalForm(await renderBindings(role.trust, role.trustBindings, store)))
}

/** Characters that quotas count. */
export const significantLength = (text: string): number => text.replace(/\s/g, '').length

/** Percent-encoded with only unreserved characters left bare (RFC 3986, section 2.3), as IAM answers documents. */
export const encodeDocument = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
