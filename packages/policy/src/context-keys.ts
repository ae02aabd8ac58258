/**
 * The condition keys that AWS defines for every service, and those of STS and IAM: name, type, and whether the key
 * holds several values. Sources: IAM User Guide, "AWS global condition context keys" and "IAM and AWS STS condition
 * context keys".
 */
import type { ConditionContext, ContextValue } from './types.ts'

export type KeyType = 'string' | 'arn' | 'bool' | 'numeric' | 'date' | 'ip'

export interface ContextKey {
  /** As AWS spells it; `aws:PrincipalTag/*` stands for one key per tag, `{oidc}:sub` for one per provider. */
  readonly key: string
  readonly type: KeyType
  readonly multivalued: boolean
}

const single = (type: KeyType, ...keys: readonly string[]): readonly ContextKey[] =>
  keys.map((key) => ({ key, type, multivalued: false }))
const multi = (type: KeyType, ...keys: readonly string[]): readonly ContextKey[] =>
  keys.map((key) => ({ key, type, multivalued: true }))

/** One row per key. */
export const CONTEXT_KEYS: readonly ContextKey[] = [
  ...single('arn', 'aws:PrincipalArn', 'aws:SourceArn', 'aws:SourceVpcArn', 'aws:SignInSessionArn'),
  ...single('arn', 'aws:ChatbotSourceArn', 'ec2:SourceInstanceArn', 'lambda:SourceFunctionArn'),
  ...single('arn', 'ssm:SourceInstanceArn', 'sts:TaskPolicyArn', 'iam:AssociatedResourceArn'),
  ...single('arn', 'iam:PermissionsBoundary', 'iam:PolicyARN', 'iam:DelegationRequestOwner', 'iam:TemplateArn'),
  ...single('string', 'aws:PrincipalAccount', 'aws:PrincipalOrgID', 'aws:PrincipalTag/*', 'aws:PrincipalType'),
  ...single('string', 'aws:userid', 'aws:username', 'aws:PrincipalServiceName', 'aws:FederatedProvider'),
  ...single('string', 'aws:SourceIdentity', 'aws:Ec2InstanceSourceVpc', 'aws:RequestedRegion', 'aws:UserAgent'),
  ...single('string', 'aws:SourceVpc', 'aws:SourceVpce', 'aws:VpceAccount', 'aws:VpceOrgID', 'aws:SourceAccount'),
  ...single('string', 'aws:SourceOrgID', 'aws:ResourceAccount', 'aws:ResourceOrgID', 'aws:ResourceTag/*'),
  ...single('string', 'aws:RequestTag/*', 'aws:CalledViaFirst', 'aws:CalledViaLast', 'aws:referer'),
  ...single('string', 'sts:ExternalId', 'sts:RoleSessionName', 'sts:SourceIdentity', 'sts:AWSServiceName'),
  ...single('string', 'sts:RequestContext/*', 'sts:SigningAlgorithm', 'iam:PassedToService', 'iam:ResourceTag/*'),
  ...single('string', 'iam:DelegationDuration', 'iam:NotificationChannel'),
  ...single('string', 'identitystore:UserId', 'saml:namequalifier', 'saml:sub', 'saml:sub_type', 'saml:aud'),
  ...single('string', 'saml:iss', 'saml:doc', '{oidc}:sub', '{oidc}:aud', '{oidc}:oaud', '{oidc}:email'),
  ...single('bool', 'aws:PrincipalIsAWSService', 'aws:MultiFactorAuthPresent', 'aws:AssumedRoot'),
  ...single('bool', 'aws:SecureTransport', 'aws:ViaAWSService', 'sts:RoleAuthorizedByIdp', 'aws:ViaAWSMCPService'),
  ...single('numeric', 'aws:MultiFactorAuthAge', 'ec2:RoleDelivery', 'sts:DurationSeconds', 's3:max-keys'),
  ...single('date', 'aws:CurrentTime', 'aws:EpochTime', 'aws:TokenIssueTime'),
  ...single('ip', 'aws:SourceIp', 'aws:VpcSourceIp', 'aws:Ec2InstanceSourcePrivateIPv4'),
  ...multi('string', 'aws:PrincipalOrgPaths', 'aws:PrincipalServiceNamesList', 'aws:ResourceOrgPaths'),
  ...multi('string', 'aws:SourceOrgPaths', 'aws:VpceOrgPaths', 'aws:CalledVia', 'aws:TagKeys'),
  ...multi('string', 'sts:TransitiveTagKeys', 'sts:IdentityTokenAudience', 'dynamodb:Attributes'),
  ...multi('string', 'dynamodb:LeadingKeys', 'kms:EncryptionContextKeys', 'kms:GrantOperations', '{oidc}:amr'),
  ...multi('string', 's3:RequestObjectTagKeys', 'saml:edupersonaffiliation', 'saml:edupersonassurance'),
  ...multi('string', 'saml:edupersonentitlement', 'saml:edupersonnickname', 'saml:edupersonorgdn'),
  ...multi('string', 'saml:edupersonorgunitdn', 'saml:edupersonscopedaffiliation', 'saml:edupersontargetedid'),
  ...multi('string', 'saml:eduorghomepageuri', 'saml:eduorgidentityauthnpolicyuri', 'saml:eduorglegalname'),
  ...multi('string', 'saml:eduorgsuperioruri', 'saml:eduorgwhitepagesuri', 'saml:cn'),
  ...multi('arn', 'sts:RequestContextProviders'),
]

const MULTIVALUED: ReadonlySet<string> = new Set(
  CONTEXT_KEYS.filter((row) => row.multivalued).map((row) => row.key.toLowerCase()),
)

/** Does the key, in lower case, hold several values by its definition, even when one came? */
export const isMultivalued = (key: string): boolean => MULTIVALUED.has(key) || key.endsWith(':amr')

/** Builds a context from keys as AWS spells them; keys compare without regard to case, so the last spelling wins. */
export function requestContext(
  entries: Iterable<readonly [key: string, value: ContextValue]> | Readonly<Record<string, ContextValue>>,
): ConditionContext {
  const pairs = Symbol.iterator in entries ? entries : Object.entries(entries)
  return new Map([...pairs].map(([key, value]) => [key.toLowerCase(), value]))
}
