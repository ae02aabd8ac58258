/** ARNs: making and taking apart. Title of the source page: "Amazon Resource Names (ARNs)", IAM User Guide "IAM identifiers". */
import type { AccountId, Arn } from './brands.ts'

/** An ARN in its six fields; `resource` keeps everything after the fifth colon. */
export interface ArnParts {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

/** Takes an ARN apart; `undefined` when it does not have six fields beginning with `arn`. */
export function parseArn(text: string): ArnParts | undefined {
  if (!text.startsWith('arn:')) return undefined
  const service = text.indexOf(':', 4) + 1
  const region = service > 0 ? text.indexOf(':', service) + 1 : 0
  const account = region > 0 ? text.indexOf(':', region) + 1 : 0
  const resource = account > 0 ? text.indexOf(':', account) + 1 : 0
  // An empty partition or service, or fewer than six fields, is no ARN.
  if (resource === 0 || service === 5 || region === service + 1) return undefined
  return {
    partition: text.slice(4, service - 1),
    service: text.slice(service, region - 1),
    region: text.slice(region, account - 1),
    account: text.slice(account, resource - 1),
    resource: text.slice(resource),
  }
}

/**
 * The ARN of an entity of IAM; `undefined` for any other text. A partition or Region of somebody's own invention names nothing:
 * policies compare ARNs as they were sent, so two texts for one entity would slip past a Deny that names it.
 */
export function parseIamArn(text: string): ArnParts | undefined {
  const arn = parseArn(text)
  return arn?.partition === 'aws' && arn.service === 'iam' && arn.region === '' ? arn : undefined
}

const iam = (account: string, resource: string): Arn => `arn:aws:iam::${account}:${resource}` as Arn
const sts = (account: string, resource: string): Arn => `arn:aws:sts::${account}:${resource}` as Arn

/** `path` begins and ends with a slash. */
export const userArn = (account: AccountId, path: string, name: string): Arn => iam(account, `user${path}${name}`)
export const groupArn = (account: AccountId, path: string, name: string): Arn => iam(account, `group${path}${name}`)
export const roleArn = (account: AccountId, path: string, name: string): Arn => iam(account, `role${path}${name}`)
export const policyArn = (account: string, path: string, name: string): Arn => iam(account, `policy${path}${name}`)
export const instanceProfileArn = (account: AccountId, path: string, name: string): Arn =>
  iam(account, `instance-profile${path}${name}`)
/** The serial number of a virtual device. */
export const mfaArn = (account: AccountId, path: string, name: string): Arn => iam(account, `mfa${path}${name}`)
export const samlProviderArn = (account: AccountId, name: string): Arn => iam(account, `saml-provider/${name}`)
export const rootArn = (account: AccountId): Arn => iam(account, 'root')
export const assumedRoleArn = (account: AccountId, roleName: string, session: string): Arn =>
  sts(account, `assumed-role/${roleName}/${session}`)
export const federatedUserArn = (account: AccountId, name: string): Arn => sts(account, `federated-user/${name}`)
/** `url` is the issuer without its scheme. */
export const oidcProviderArn = (account: AccountId, url: string): Arn => iam(account, `oidc-provider/${url}`)
/** A request of IAM temporary delegation, in the account that sees it. */
export const delegationRequestArn = (account: AccountId, id: string): Arn => iam(account, `delegation-request/${id}`)
/** What partners of IAM temporary delegation register stands in the namespace `partner`, below their domain. */
export const delegationTemplateArn = (domain: string, name: string): Arn =>
  iam('partner', `delegation-template/${domain}/${name}`)
export const partnerBoundaryArn = (domain: string, name: string): Arn =>
  iam('partner', `policy/permissions-boundary/${domain}/${name}`)
export const bucketArn = (bucket: string): Arn => `arn:aws:s3:::${bucket}` as Arn
export const objectArn = (bucket: string, key: string): Arn => `arn:aws:s3:::${bucket}/${key}` as Arn
export const instanceArn = (region: string, account: AccountId, id: string): Arn =>
  `arn:aws:ec2:${region}:${account}:instance/${id}` as Arn

/** The last part of a resource with a path: `role/apps/Reader` → kind `role`, path `/apps/`, name `Reader`. */
export function splitIamResource(
  resource: string,
): { readonly kind: string; readonly path: string; readonly name: string } | undefined {
  const first = resource.indexOf('/')
  const last = resource.lastIndexOf('/')
  if (first <= 0 || last === resource.length - 1) return undefined
  return { kind: resource.slice(0, first), path: resource.slice(first, last + 1), name: resource.slice(last + 1) }
}
