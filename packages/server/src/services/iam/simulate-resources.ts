/** Resources of a simulation: which ARNs it takes, what an action applies to, how several resources are named together. */
import type { ReferenceAction, ServiceReference } from '@understudy/policy'
import { matchesArn } from '@understudy/policy'
import { parseArn } from '../../domain/arn.ts'
import type { AccountId } from '../../domain/brands.ts'
import { invalidInput } from '../../errors/catalogue.ts'

/** Needs a partition, a service and a resource. */
const ARN = /^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/s

/** @throws AwsError InvalidInput for what is neither `*` nor an ARN */
export function checkResources(resources: readonly string[]): void {
  const wrong = resources.find((resource) => resource !== '*' && !ARN.test(resource))
  if (wrong !== undefined) throw notAnArn(wrong)
}

export const notAnArn = (resource: string) => invalidInput(`ResourceNames are not in a valid ARN format: ${resource}.`)

/** @throws AwsError InvalidInput for an action without a service */
export function checkActions(actions: readonly string[]): void {
  if (actions.some((action) => !action.includes(':')))
    throw invalidInput('The action is invalid since it is missing names')
}

/**
 * Actions that take other types of resources cannot be asked about the same resources at once. That the sets of types are
 * what AWS compares is inferred from one recording.
 * @throws AwsError InvalidInput
 */
export function checkSameResources(actions: readonly string[], reference: ServiceReference): void {
  const typesOf = (action: string): string => {
    const known = reference.action(action)
    return known
      ? known.resources
          .map(({ arn }) => arn)
          .toSorted()
          .join()
      : 'unknown'
  }
  const [first] = actions
  if (first === undefined) return
  const other = actions.find((action) => typesOf(action) !== typesOf(first))
  if (other !== undefined)
    throw invalidInput(`Invalid Input Actions: [${first}] and [${other}] require different authorization information. `)
}

/** Lists that IAM authorizes on the place of all things of a kind. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ['iam:listusers', 'user/'],
  ['iam:listroles', 'role/'],
  ['iam:listgroups', 'group/'],
  ['iam:listpolicies', 'policy/'],
  ['iam:listinstanceprofiles', 'instance-profile/'],
])

/** What an action is simulated on when nobody names a resource. */
export function defaultResource(action: string, account: AccountId): string {
  const place = PLACES.get(action.toLowerCase())
  return place === undefined ? '*' : `arn:aws:iam::${account}:${place}`
}

/** May the action be asked about the resource at all? Types are compared by their service: AWS takes a bucket for s3:PutObject. */
export function appliesTo(action: ReferenceAction | undefined, resource: string): boolean {
  if (action === undefined || action.resources.length === 0 || resource === '*') return true
  const service = parseArn(resource)?.service
  return action.resources.some(({ arn }) => {
    const own = arn.split(':')[2]
    return own === service || own?.includes('$') === true
  })
}

/** How the result over several resources is named: `arn:aws:s3:::${BucketName}/${KeyName}`. */
export function sharedName(action: ReferenceAction | undefined, resources: readonly string[]): string {
  const [first = '*'] = resources
  const type =
    action?.resources.find(({ glob }) => matchesArn(glob, first)) ?? action?.resources[action.resources.length - 1]
  if (!type) return '*'
  const partition = parseArn(first)?.partition ?? 'aws'
  // The simulator's word for what the reference calls ObjectName.
  return type.arn.replace('${Partition}', partition).replace('${ObjectName}', '${KeyName}')
}
