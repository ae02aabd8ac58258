/** Which services resource control policies reach: a dated list, it grows by the month (autumn 2026). */

const PREFIXES =
  'aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch ' +
  'cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend ' +
  'comprehendmedical compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis ' +
  'fms gamelift health inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications ' +
  'opensearch pca-connector-ad personalize polly pricing resource-groups rolesanywhere s3 secretsmanager ' +
  'servicediscovery signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2 ' +
  'workspaces xray'

/** Action prefixes, lower case. */
const RCP_SERVICES: ReadonlySet<string> = new Set(PREFIXES.split(' '))

/** Does a resource control policy reach the action? kms:RetireGrant is the one exception inside the list. */
export function isRcpAction(action: string): boolean {
  const name = action.toLowerCase()
  return RCP_SERVICES.has(name.slice(0, name.indexOf(':'))) && name !== 'kms:retiregrant'
}
