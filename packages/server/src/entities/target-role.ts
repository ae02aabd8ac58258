/** The role that a call wants, by its exact ARN; and near names of roles and users for the one who mistyped them. */
import { parseIamArn, roleArn, splitIamResource, userArn } from '../domain/arn.ts'
import { accountId } from '../domain/brands.ts'
import type { AccountId } from '../domain/brands.ts'
import { folded, roles, users } from './iam.ts'
import type { Role } from './iam.ts'
import type { Reader } from '../store/port.ts'

/** The role of an ARN; `undefined` for another kind of ARN, another partition or path, or no such role. */
export async function findTarget(account: AccountId, arn: string, store: Reader): Promise<Role | undefined> {
  const named = splitIamResource(parseIamArn(arn)?.resource ?? '')
  if (named?.kind !== 'role') return undefined
  const role = await store.get(roles, account, folded(named.name))
  return role?.path === named.path && role.name === named.name ? role : undefined
}

const NEAR_MAX = 200
const NAME_MAX = 64
const DISTANCE_MAX = 3

/** ARN of the role that the caller may have meant: same name under another path, else the fewest changed letters. */
export async function nearRoles(
  account: AccountId,
  arn: string,
  found: Role | undefined,
  store: Reader,
): Promise<string | undefined> {
  if (found) return undefined
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  // A role's name has 64 letters at most: nothing is near a text beyond that, and comparing it would cost.
  if (name.length > NAME_MAX + DISTANCE_MAX) return undefined
  const namesake = await store.get(roles, account, folded(name))
  if (namesake) return roleArn(account, namesake.path, namesake.name)
  const near = nearest(await store.list(roles, account, startOf(name)), name)
  return near && roleArn(account, near.path, near.name)
}

/** ARN of the role or user that a policy may have meant by a principal that does not exist. */
export async function nearPrincipal(principal: string, store: Reader): Promise<string | undefined> {
  const arn = parseIamArn(principal)
  const account = arn && accountId(arn.account)
  const named = splitIamResource(arn?.resource ?? '')
  if (account === undefined || named === undefined) return undefined
  if (named.kind === 'role') return nearRoles(account, principal, undefined, store)
  if (named.kind !== 'user' || named.name.length > NAME_MAX + DISTANCE_MAX) return undefined
  const near = nearest(await store.list(users, account, startOf(named.name)), named.name)
  return near && userArn(account, near.path, near.name)
}

const startOf = (name: string) => ({ prefix: folded(name.slice(0, 1)), limit: NEAR_MAX })

function nearest<Row extends { readonly name: string; readonly path: string }>(
  rows: readonly Row[],
  name: string,
): Row | undefined {
  const near = rows
    .map((row) => ({ row, distance: editDistance(folded(row.name), folded(name)) }))
    .toSorted((a, b) => a.distance - b.distance)[0]
  return near && near.distance <= DISTANCE_MAX ? near.row : undefined
}

/** What operators are told of a policy that names a principal which is not there. */
export async function unknownPrincipal(
  principal: string,
  store: Reader,
): Promise<{ readonly diagnosis: string; readonly explanation: string }> {
  const near = await nearPrincipal(principal, store)
  return {
    diagnosis: 'POLICY.PRINCIPAL_UNKNOWN',
    explanation: `There is no user or role \`${principal}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
  }
}

/** Levenshtein's distance of two short texts. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
