/** How often managed policies are attached, and how often they bound somebody. */
import { groups, roles, users } from '../../entities/iam.ts'
import type { AccountId } from '../../domain/brands.ts'
import type { Reader } from '../../store/port.ts'

export interface Usage {
  readonly attached: number
  readonly bounding: number
}

export const UNUSED: Usage = { attached: 0, bounding: 0 }

/** Of one policy. */
export async function usageOf(arn: string, account: AccountId, store: Reader): Promise<Usage> {
  const attached = await Promise.all([
    store.find(users, account, 'attached', arn),
    store.find(groups, account, 'attached', arn),
    store.find(roles, account, 'attached', arn),
  ])
  const bounded = await Promise.all([
    store.find(users, account, 'boundary', arn),
    store.find(roles, account, 'boundary', arn),
  ])
  const sum = (lists: readonly (readonly unknown[])[]) => lists.reduce((total, list) => total + list.length, 0)
  return { attached: sum(attached), bounding: sum(bounded) }
}

/** Of every policy in use, by ARN. Reads every user, group and role of the account. */
export async function usages(account: AccountId, store: Reader): Promise<ReadonlyMap<string, Usage>> {
  const all = new Map<string, Usage>()
  const add = (arn: string, attached: number, bounding: number) => {
    const before = all.get(arn) ?? UNUSED
    all.set(arn, { attached: before.attached + attached, bounding: before.bounding + bounding })
  }
  const bounded = [...(await store.list(users, account)), ...(await store.list(roles, account))]
  for (const row of [...bounded, ...(await store.list(groups, account))]) for (const arn of row.attached) add(arn, 1, 0)
  for (const row of bounded) if (row.boundary !== undefined) add(row.boundary, 0, 1)
  return all
}
