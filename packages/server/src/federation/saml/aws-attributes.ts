/** The attributes that AWS reads from an assertion. IAM User Guide, "Configure SAML assertions for the authentication response". */
import type { SessionTag } from '../../credentials/caller.ts'
import type { AssertionClaims } from './claims.ts'
import {
  malformed,
  roleNotInAssertion,
  sessionNameMalformed,
  sessionNameMissing,
  sourceIdentityMalformed,
} from './refusals.ts'

const PREFIX = 'https://aws.amazon.com/SAML/Attributes/'

export interface AwsAttributes {
  readonly sessionName: string
  /** Seconds; only ever shortens a session. */
  readonly sessionDuration?: number
  readonly tags: readonly SessionTag[]
  readonly transitiveKeys: readonly string[]
  readonly sourceIdentity?: string
}

/** A pair of the Role attribute. */
export interface RolePair {
  readonly roleArn: string
  readonly providerArn: string
}

/** The pairs, whichever of the two ARNs comes first in them; other values are passed over. */
export function rolePairs({ attributes }: Pick<AssertionClaims, 'attributes'>): readonly RolePair[] {
  return (attributes.get(`${PREFIX}Role`) ?? []).flatMap((value) => {
    const [first = '', second = '', ...more] = value.split(',').map((part) => part.trim())
    if (more.length > 0) return []
    if (isProvider(first) && isRole(second)) return [{ roleArn: second, providerArn: first }]
    return isRole(first) && isProvider(second) ? [{ roleArn: first, providerArn: second }] : []
  })
}

const isRole = (arn: string): boolean => /^arn:[^:]*:iam::\d{12}:role\//.test(arn)
const isProvider = (arn: string): boolean => /^arn:[^:]*:iam::\d{12}:saml-provider\//.test(arn)

/** @throws AwsError when the assertion does not offer this role by this provider */
export function requireRole(claims: AssertionClaims, wanted: RolePair): void {
  const pairs = rolePairs(claims)
  if (pairs.some((pair) => pair.roleArn === wanted.roleArn && pair.providerArn === wanted.providerArn)) return
  const sameRole = pairs.find((pair) => pair.roleArn === wanted.roleArn)
  const list = pairs.map((pair) => `\`${pair.roleArn}\` by \`${pair.providerArn}\``).join(', ')
  throw roleNotInAssertion(
    sameRole
      ? `The assertion offers the role by \`${sameRole.providerArn}\`, the call names \`${wanted.providerArn}\`.`
      : pairs.length === 0
        ? `The assertion has no attribute \`${PREFIX}Role\` that pairs a role with a SAML provider.`
        : `The assertion offers ${list}; the call wants \`${wanted.roleArn}\`.`,
    { wanted, offered: pairs },
  )
}

/** @throws AwsError for values that AWS refuses */
export function awsAttributes({ attributes }: AssertionClaims, requestId: string): AwsAttributes {
  const values = (name: string) => attributes.get(PREFIX + name) ?? []
  const [sessionName] = values('RoleSessionName')
  if (sessionName === undefined || sessionName === '') throw sessionNameMissing()
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) throw sessionNameMalformed(sessionName)
  const [duration] = values('SessionDuration')
  const [sourceIdentity] = values('SourceIdentity')
  if (sourceIdentity !== undefined && (!/^[\w+=,.@-]{2,64}$/.test(sourceIdentity) || /^aws:/i.test(sourceIdentity)))
    throw sourceIdentityMalformed(sourceIdentity)
  return {
    sessionName,
    ...(duration === undefined ? {} : { sessionDuration: seconds(duration, requestId) }),
    tags: principalTags(attributes),
    transitiveKeys: values('TransitiveTagKeys'),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
  }
}

function seconds(text: string, requestId: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw malformed(`The attribute SessionDuration is no number of seconds: \`${text}\`.`, requestId)
  return Number(text)
}

const TAG = `${PREFIX}PrincipalTag:`

function principalTags(attributes: AssertionClaims['attributes']): readonly SessionTag[] {
  return [...attributes]
    .filter(([name]) => name.startsWith(TAG))
    .map(([name, values]) => ({ key: name.slice(TAG.length), value: values[0] ?? '' }))
}
