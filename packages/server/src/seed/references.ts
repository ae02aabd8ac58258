/** Finds what a seed refers to by ARN or by name. */
import { parseArn, policyArn, splitIamResource } from '../domain/arn.ts'
import { folded, managedPolicies } from '../entities/iam.ts'
import type { Reference } from './types.ts'
import { refuse } from './work.ts'
import type { Work } from './work.ts'

/** The administrator's policy; every catalogue has it. */
export const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess'

/** ARN of a managed policy, of AWS's or of the account's own. @param path what refers to it, for messages */
export async function policyArnOf(work: Work, reference: Reference, path: string): Promise<string> {
  const { value, line } = reference
  if (value === ADMINISTRATOR_ACCESS) return value
  const arn = parseArn(value)
  if (arn === undefined) return ownPolicyArn(work, reference, path)
  if (arn.account === 'aws') {
    if (work.parts.catalogue.get(value) === undefined) refuse(line, path, `AWS has no managed policy ${value}`)
    return value
  }
  if (arn.service !== 'iam' || arn.account !== work.account)
    refuse(line, path, `${value} is no policy of AWS or of account ${work.account}`)
  const name = splitIamResource(arn.resource)?.name ?? ''
  const row = await work.store.get(managedPolicies, work.account, folded(name))
  if (row === undefined || policyArn(work.account, row.path, row.name) !== value)
    refuse(line, path, `there is no policy ${value}`)
  return value
}

async function ownPolicyArn(work: Work, { value, line }: Reference, path: string): Promise<string> {
  const row = await work.store.get(managedPolicies, work.account, folded(value))
  if (row !== undefined) return policyArn(work.account, row.path, row.name)
  const aws = work.parts.catalogue.all().find((policy) => policy.name === value)
  const hint = aws === undefined ? '' : ` AWS's policy of that name is ${aws.arn}.`
  return refuse(line, path, `account ${work.account} has no policy \`${value}\`.${hint}`)
}

/** ARNs of several, in order. */
export async function policyArnsOf(
  work: Work,
  references: readonly Reference[] | undefined,
  path: string,
): Promise<readonly string[]> {
  const arns: string[] = []
  for (const reference of references ?? []) arns.push(await policyArnOf(work, reference, path))
  return arns
}
