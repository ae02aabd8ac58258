/**
 * What a token may ask for the session: the roles that it is limited to, tags, source identity. IAM User Guide, "Pass session
 * tags in AWS STS", "Monitor and control actions taken with assumed roles"; recordings native/oidc/tags and roles-claim.
 */
import { parseArn } from '../../domain/arn.ts'
import type { SessionTag } from '../../credentials/caller.ts'
import { rolesClaim, tagsMalformed } from './refusals.ts'
import type { Claims } from './token.ts'

const ROLES = 'https://aws.amazon.com/roles'
const TAGS = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity'

export interface SessionClaims {
  readonly tags: readonly SessionTag[]
  readonly transitiveKeys: readonly string[]
  readonly sourceIdentity?: string
}

/** @throws AwsError InvalidIdentityToken for tags of another form */
export function sessionClaims(claims: Claims): SessionClaims {
  const nested = claims[TAGS]
  const source = claims[SOURCE_IDENTITY]
  const tags = nested === undefined ? flatTags(claims) : nestedTags(nested)
  return { ...tags, ...(typeof source === 'string' && source !== '' ? { sourceIdentity: source } : {}) }
}

/** One object with `principal_tags`, whose values are lists of one, and `transitive_tag_keys`. */
function nestedTags(value: unknown): Pick<SessionClaims, 'tags' | 'transitiveKeys'> {
  if (!isObject(value)) throw tagsMalformed(`The claim \`${TAGS}\` is no object.`)
  const { principal_tags: given = {}, transitive_tag_keys: keys = [] } = value
  if (!isObject(given)) throw tagsMalformed('`principal_tags` is no object.')
  const tags = Object.entries(given).map(([key, values]) => {
    const [only] = Array.isArray(values) ? (values as readonly unknown[]) : []
    if (typeof only !== 'string' || !Array.isArray(values) || values.length !== 1)
      throw tagsMalformed(`The tag \`${key}\` must be a list with one text in it, such as ["engineering"].`)
    return { key, value: only }
  })
  return { tags, transitiveKeys: keyList(keys) }
}

/** One claim for each tag, whose value is a text. */
function flatTags(claims: Claims): Pick<SessionClaims, 'tags' | 'transitiveKeys'> {
  const prefix = `${TAGS}/principal_tags/`
  const tags = Object.entries(claims)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => {
      if (typeof value !== 'string') throw tagsMalformed(`The claim \`${name}\` must be a text.`)
      return { key: name.slice(prefix.length), value }
    })
  return { tags, transitiveKeys: keyList(claims[`${TAGS}/transitive_tag_keys`] ?? []) }
}

function keyList(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw tagsMalformed('`transitive_tag_keys` is no list of texts.')
}

/**
 * Whether the token's roles claim names the role. An absent or null claim limits nothing.
 * @returns what `sts:RoleAuthorizedByIdp` holds. @throws AwsError InvalidIdentityToken when another role is named
 */
export function authorizedByIdp(claims: Claims, roleArn: string): boolean {
  const value = claims[ROLES]
  if (value === undefined || value === null) return false
  if (typeof value !== 'string' && !Array.isArray(value))
    throw rolesClaim('The roles claim is not in a supported format', `It is ${JSON.stringify(value)}.`)
  const items: readonly unknown[] = typeof value === 'string' ? value.split(';') : value
  const arns = items.flatMap((item) => (typeof item === 'string' ? [item.trim()] : [])).filter(isRoleArn)
  if (arns.length === 0)
    throw rolesClaim('The roles claim contains no valid role ARNs', `It is ${JSON.stringify(value)}.`)
  if (arns.includes(roleArn)) return true
  throw rolesClaim(
    'The target role ARN is not present in the roles claim of the identity token',
    `The issuer allows ${arns.map((arn) => `\`${arn}\``).join(', ')}; \`${roleArn}\` was asked for.`,
  )
}

function isRoleArn(text: string): boolean {
  const arn = parseArn(text)
  return arn?.service === 'iam' && arn.resource.startsWith('role/') && /^\d{12}$/.test(arn.account)
}

const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
