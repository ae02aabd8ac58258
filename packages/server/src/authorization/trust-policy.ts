/** The trust policy of a role, as the resource policy of a question. */
import type { AccountId } from '../domain/brands.ts'
import type { Role } from '../entities/iam.ts'
import type { Ask } from './question.ts'

/** AWS hides whether a role exists: the question about a missing one is asked all the same, and nothing trusts. */
const NO_TRUST = '{"Version":"2012-10-17","Statement":[]}'

/** @param wanted ARN that was asked for, which names the policy where there is no role */
export const trustPolicyOf = (
  role: Role | undefined,
  account: AccountId,
  wanted: string,
): NonNullable<Ask['resourcePolicy']> =>
  role
    ? {
        layer: 'trust',
        name: `trust policy of role ${role.name}`,
        text: role.trust,
        owner: account,
        bindings: role.trustBindings,
      }
    : { layer: 'trust', name: `trust policy of ${wanted}`, text: NO_TRUST, owner: account }
