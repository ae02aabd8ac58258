/** The ARN checks on Resource of identity policies, with IAM's texts (policy-semantics 1.8). */
import { LEGACY, problem, type JsonText, type Problem } from './problem.ts'

const PARTITIONS = /^(?:aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc|\*|aws\*)$/
const IAM_PATH =
  /^(?:\*|root$|(?:user|federated-user|role|group|instance-profile|mfa|server-certificate|policy|sms-mfa|saml-provider|oidc-provider|report|access-report|delegation-request)\/)/
/** Recorded before there were delegation requests (Service Authorization Reference, IAM). */
const IAM_PATH_TEXT =
  'IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/, ' +
  'instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, ' +
  'access-report/.'
const FIELDS = 6

/** Colons inside `${…}` do not separate. */
const fieldsOf = (text: string): readonly string[] => {
  const fields = text.replace(/\$\{[^}]*\}/g, (hole) => hole.replaceAll(':', '\u0000')).split(':')
  return fields.map((field) => field.replaceAll('\u0000', ':'))
}

/** Oddities the old parser stumbles over: an empty field in a short ARN, and an empty service. */
export function checkLegacyArn({ value, at }: JsonText): Problem | undefined {
  const fields = fieldsOf(value)
  if (fields[0] !== 'arn' || fields.length < 2) return undefined
  const odd = fields.length < FIELDS ? fields.includes('') : fields[2] === ''
  return odd ? problem(LEGACY, { at }) : undefined
}

/** The form of one Resource. */
export function checkResource(node: JsonText): Problem | undefined {
  const text = node.value
  if (text === '*') return undefined
  const fields = fieldsOf(text)
  const partition = fields[1]
  if (partition === undefined) return problem(`Resource ${text} must be in ARN format or "*".`, node)
  if (!PARTITIONS.test(partition) && !partition.includes('${')) {
    const shown = ['arn', ...fields.slice(1), ...Array<string>(Math.max(0, FIELDS - fields.length)).fill('*')].join(':')
    return problem(`Partition "${partition}" is not valid for resource "${shown}".`, node)
  }
  const service = fields[2]
  if (service === undefined || (/[*?]/.test(service) && !service.includes('${'))) {
    return problem('Resource vendor must be fully qualified and cannot contain regexes.', node)
  }
  return checkRegion(node, fields) ?? checkIamPath(node, fields)
}

function checkRegion(node: JsonText, fields: readonly string[]): Problem | undefined {
  const [, , service, region] = fields
  if (region === undefined || region === '' || region === '*') return undefined
  if (service === 'iam') return problem(`IAM resource ${node.value} cannot contain region information.`, node)
  const path = fields.slice(FIELDS - 1).join(':')
  if (service !== 's3' || /^(?:accesspoint[/:]|job\/|storage-lens|async-request|access-grants)/.test(path))
    return undefined
  return problem(`Resource ${node.value} can not contain region information.`, node)
}

function checkIamPath(node: JsonText, fields: readonly string[]): Problem | undefined {
  if (fields[2] !== 'iam' || fields.length < FIELDS) return undefined
  const path = fields.slice(FIELDS - 1).join(':')
  return IAM_PATH.test(path) || path.startsWith('${') ? undefined : problem(IAM_PATH_TEXT, node)
}
