/** Managed policies by ARN: the account's own rows, and AWS's from the catalogue. */
import type { ContextValue } from '@understudy/policy'
import type { Ask } from '../../authorization/question.ts'
import { parseArn, policyArn, splitIamResource } from '../../domain/arn.ts'
import { accountId } from '../../domain/brands.ts'
import { folded, managedPolicies } from '../../entities/iam.ts'
import type { ManagedPolicy } from '../../entities/iam.ts'
import type { AwsManagedPolicy } from '../../entities/managed-policy-catalogue.ts'
import { accessDenied, invalidInput, noSuchEntity, validationError } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call } from '../operation.ts'
import { resourceTagKeys } from './names.ts'

export type FoundPolicy =
  | { readonly kind: 'local'; readonly row: ManagedPolicy }
  | { readonly kind: 'aws'; readonly policy: AwsManagedPolicy }

/** The account that owns AWS's managed policies, as `aws:ResourceAccount` shows it. Recordings nat-resource-account. */
const AWS_OWNER = '639982225848'

/** @throws ValidationError for a text that is no ARN, InvalidInput for an ARN of something else */
export function requirePolicyArn(arn: string): void {
  const parts = parseArn(arn)
  if (!parts) throw validationError(`ARN ${arn} is not valid.`)
  if (parts.service !== 'iam' || splitIamResource(parts.resource)?.kind !== 'policy')
    throw invalidInput(`ARN ${arn} is not valid.`)
}

/** The policy of that very ARN, path included; policies of other accounts are not found. */
export async function findPolicy(arn: string, call: Call, store: Reader): Promise<FoundPolicy | undefined> {
  const row = await findLocal(arn, call, store)
  if (row) return { kind: 'local', row }
  const policy = call.platform.catalogue.get(arn)
  return policy && { kind: 'aws', policy }
}

async function findLocal(arn: string, call: Call, store: Reader): Promise<ManagedPolicy | undefined> {
  const parts = parseArn(arn)
  if (!parts || parts.service !== 'iam' || parts.account !== call.account) return undefined
  const resource = splitIamResource(parts.resource)
  if (resource?.kind !== 'policy') return undefined
  const row = await store.get(managedPolicies, call.account, folded(resource.name))
  return row && policyArn(call.account, row.path, row.name) === arn ? row : undefined
}

/**
 * The account's own policy, to be changed.
 * @param deed what is refused for AWS's policies: `delete policies`
 * @param missing the text of NoSuchEntity
 */
export async function ownPolicy(
  arn: string,
  call: Call,
  store: Reader,
  texts: { readonly deed: string; readonly missing: string },
): Promise<ManagedPolicy> {
  requirePolicyArn(arn)
  const row = await findLocal(arn, call, store)
  if (row) return row
  if (parseArn(arn)?.account !== call.account) throw accessDenied(`Cannot ${texts.deed} outside your own account.`)
  throw noSuchEntity(texts.missing)
}

export const notFound = (arn: string): string => `Policy ${arn} was not found.`
export const notAttachable = (arn: string): string => `Policy ${arn} does not exist or is not attachable.`

/** Asks about a managed policy by its ARN. */
export function askOnPolicy(
  action: string,
  more: (input: { readonly PolicyArn: string }) => Readonly<Record<string, ContextValue | undefined>> = () => ({}),
): (input: { readonly PolicyArn: string }, call: Call, store: Reader) => Promise<readonly [Ask]> {
  return async (input, call, store) => {
    const row = await findLocal(input.PolicyArn, call, store)
    const owner = parseArn(input.PolicyArn)?.account ?? ''
    const resourceAccount = accountId(owner)
    return [
      {
        action,
        resource: input.PolicyArn,
        shownAs: `policy ${input.PolicyArn}`,
        ...(resourceAccount === undefined ? {} : { resourceAccount }),
        context: {
          ...(owner === 'aws' ? { 'aws:ResourceAccount': AWS_OWNER } : {}),
          ...resourceTagKeys(row?.tags, false),
          ...more(input),
        },
      },
    ]
  }
}
