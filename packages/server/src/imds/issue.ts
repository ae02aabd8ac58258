/** Makes the session behind a document. The same seed and holder give the same credentials on every node. */
import { createHmac } from 'node:crypto'
import { instanceArn } from '../domain/arn.ts'
import type { AccountId } from '../domain/brands.ts'
import { uniqueIdFrom } from '../domain/identifiers.ts'
import { INSTANCE_IDENTITY_ROLE } from '../entities/ec2.ts'
import type { SessionRequest } from '../credentials/issuer.ts'
import type { Published } from './documents.ts'
import { derivationOf, expiryOf } from './period.ts'
import type { Seed } from './period.ts'
import type { CheckedSettings } from './settings.ts'
import type { RoleName } from './standing.ts'
import type { ImdsParts } from './types.ts'

/** @param issuing whose session it is, and the tunables in force */
export async function issueFor(
  { issuer }: Pick<ImdsParts, 'issuer'>,
  seed: Seed,
  issuing: { readonly account: AccountId; readonly role: RoleName; readonly settings: CheckedSettings },
): Promise<Published> {
  const { instance, period } = seed
  const request: SessionRequest = {
    account: issuing.account,
    expiresAt: expiryOf(seed, issuing.settings),
    holder: { kind: 'role', ...issuing.role },
    sessionName: instance.id,
    sessionPolicies: [],
    sessionPolicyArns: [],
    tags: [],
    transitiveKeys: [],
    proof: {
      kind: 'instance',
      instanceArn: instanceArn(instance.region, issuing.account, instance.id),
      roleDelivery: seed.delivery,
      vpcId: instance.vpcId,
      privateIp: instance.privateIp,
    },
    chain: { length: 0 },
  }
  const credentials = await issuer.issue(request, {
    derivedFrom: derivationOf(seed, request),
    issuedAt: period.startsAt,
  })
  return {
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    sessionToken: credentials.sessionToken,
    issuedAt: period.startsAt,
    expiresAt: credentials.expiresAt,
  }
}

/** The name that no role can have: a colon is not allowed in one. */

/**
 * EC2 User Guide, "Instance identity roles": every instance has one, no policy grants it anything. It is no row, so its
 * unique id follows from the cluster key and the account.
 */
export function identityRole(key: Uint8Array, account: AccountId): RoleName {
  const random = createHmac('sha256', key).update(`understudy imds identity role 1 ${account}`).digest()
  return { name: INSTANCE_IDENTITY_ROLE, path: '/', id: uniqueIdFrom('AROA', account, random) }
}
