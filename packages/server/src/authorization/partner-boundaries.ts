/** Which boundaries the policies of a partner may demand of new roles: AWS's, and those that the partner has registered itself. */
import type { AccountId } from '../domain/brands.ts'
import { partnerBoundaries } from '../entities/delegation.ts'
import { EVERYWHERE } from '../entities/iam.ts'
import type { ManagedPolicyCatalogue } from '../entities/managed-policy-catalogue.ts'
import type { Reader } from '../store/port.ts'
import { roleBoundaries } from './policy-template.ts'

/** A boundary that a policy of this partner may not name; `undefined` when there is none. */
export async function foreignBoundary(
  policy: string,
  partner: AccountId,
  catalogue: ManagedPolicyCatalogue,
  reader: Reader,
): Promise<string | undefined> {
  for (const arn of roleBoundaries(policy)) {
    if (catalogue.get(arn) !== undefined) continue
    const registered = await reader.get(partnerBoundaries, EVERYWHERE, arn)
    if (registered?.owner !== partner) return arn
  }
  return undefined
}
