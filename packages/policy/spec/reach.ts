/** Which organization policies reach a request, and whose policy answers for the resource: rules 4.2, 4.3, 4.9, 4.10. */
import type { RequestContext } from '@understudy/policy'

/** Service prefixes whose resources RCPs cover, autumn 2026. */
const RCP_SERVICES: readonly string[] = `
  aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch cloudtrail-data
  codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend comprehendmedical
  compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis fms gamelift health
  inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
  personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery signin sqs sts support swf
  textract timestream-influxdb transcribe transfer translate wafv2 workspaces xray`
  .trim()
  .split(/\s+/)

const IN_ROLE_PATH = /^arn:[^:]*:iam::[^:]*:role\/aws-service-role\//

/** A role session of a service-linked role; SCPs, RCPs, boundaries and session policies do not touch it (4.2, 4.14). */
export const serviceLinked = ({ principal, flags }: RequestContext): boolean =>
  principal.kind === 'role-session' && flags?.serviceLinkedRole === true

/** 4.9: users, role sessions, federated users and root of member accounts. */
export const scpReaches = (request: RequestContext): boolean =>
  'accountId' in request.principal && request.flags?.managementAccount !== true && !serviceLinked(request)

/** 4.10: whoever calls, on resources of member accounts and of covered services, where there is a resource. */
export function rcpReaches(request: RequestContext): boolean {
  const action = request.action.toLowerCase()
  const service = action.split(':')[0] ?? ''
  if (request.flags?.resourceInManagementAccount === true || serviceLinked(request)) return false
  // The assumption of service-linked roles, and a KMS call that stands outside.
  if (action === 'kms:retiregrant' || (service === 'sts' && IN_ROLE_PATH.test(request.resource))) return false
  return RCP_SERVICES.includes(service) && request.resource !== '*'
}

/** 4.2, step 1: is the resource side the trust policy of a role? */
export function trustAnswers({ action, resource }: RequestContext): boolean {
  const family = /^sts:(assumerole.*|tagsession|setsourceidentity)$/.test(action.toLowerCase())
  // 6.12: the tags of GetFederationToken are authorized on a federated user, which has no trust policy.
  return family && /^arn:[^:]*:iam::[^:]*:role\//.test(resource)
}

/** 4.3: a role's trust policy and a key's policy have to allow; identity policies alone do not do. */
export const isStrict = (request: RequestContext): boolean =>
  trustAnswers(request) ||
  (request.action.toLowerCase().startsWith('kms:') && /^arn:[^:]*:kms:[^:]*:[^:]*:key\//.test(request.resource))
