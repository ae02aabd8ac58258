/** The claim `https://aws.amazon.com/roles`, by which an issuer limits the roles of a token (policy-semantics 6.13). */
import { invalidToken, type StsProblem } from './problem.ts'

export const ROLES_CLAIM = 'https://aws.amazon.com/roles'

export type RolesClaim =
  | {
      readonly ok: true
      /** Value of sts:RoleAuthorizedByIdp. */
      readonly authorizedByIdp: boolean
    }
  | { readonly ok: false; readonly problem: StsProblem }

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/

/** A list of role ARNs, or one text with `;` between them; absent and null limit nothing. */
export function judgeRolesClaim(claim: unknown, roleArn: string): RolesClaim {
  if (claim === undefined || claim === null) return { ok: true, authorizedByIdp: false }
  const items: unknown = typeof claim === 'string' ? claim.split(';') : claim
  if (!Array.isArray(items)) return refuse('The roles claim is not in a supported format')
  const texts = items.filter((item): item is string => typeof item === 'string').map((item) => item.trim())
  const arns = texts.filter((text) => ROLE_ARN.test(text))
  if (arns.length === 0) return refuse('The roles claim contains no valid role ARNs')
  if (arns.includes(roleArn)) return { ok: true, authorizedByIdp: true }
  return refuse('The target role ARN is not present in the roles claim of the identity token')
}

const refuse = (message: string): RolesClaim => ({ ok: false, problem: invalidToken(message) })
