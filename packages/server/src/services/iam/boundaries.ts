/** Permissions boundaries of users and roles: putting, deleting, and what a boundary may be. */
import type { Iam, IamOperations } from '@understudy/wire'
import { partnerBoundaries } from '../../entities/delegation.ts'
import { EVERYWHERE } from '../../entities/iam.ts'
import { noSuchEntity } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations, WriteRow } from '../operation.ts'
import { askOn, modifiable, roleFamily, userFamily } from './names.ts'
import type { Family, NamedRow } from './names.ts'
import { findPolicy, requirePolicyArn } from './policy-reference.ts'

type Nothing = Readonly<Record<string, never>>

export const boundaryOperations = {
  PutUserPermissionsBoundary: putBoundary(userFamily, 'iam:PutUserPermissionsBoundary'),
  PutRolePermissionsBoundary: putBoundary(roleFamily, 'iam:PutRolePermissionsBoundary'),
  DeleteUserPermissionsBoundary: deleteBoundary(userFamily, 'iam:DeleteUserPermissionsBoundary'),
  DeleteRolePermissionsBoundary: deleteBoundary(roleFamily, 'iam:DeleteRolePermissionsBoundary'),
} satisfies Operations<
  IamOperations,
  | 'PutUserPermissionsBoundary'
  | 'PutRolePermissionsBoundary'
  | 'DeleteUserPermissionsBoundary'
  | 'DeleteRolePermissionsBoundary'
>

function putBoundary<Row extends NamedRow, Name>(
  family: Family<Row, Name>,
  action: string,
): WriteRow<Name & { readonly PermissionsBoundary: string }, Nothing> {
  return {
    access: 'write',
    ask: (input, call, store) =>
      askOn(family, action, () => ({ 'iam:PermissionsBoundary': input.PermissionsBoundary }))(input, call, store),
    handle: async (input, call, store) => {
      const boundary = await checkedBoundary(input.PermissionsBoundary, call, store)
      const row = await modifiable(family, store, call.account, family.nameOf(input))
      await store.put(family.kind, call.account, { ...row, boundary })
      return {}
    },
  }
}

function deleteBoundary<Row extends NamedRow, Name>(
  family: Family<Row, Name>,
  action: string,
): WriteRow<Name, Nothing> {
  return {
    access: 'write',
    ask: askOn(family, action, (_input, row) => ({ 'iam:PermissionsBoundary': row?.boundary })),
    handle: async (input, call, store) => {
      const row = await modifiable(family, store, call.account, family.nameOf(input))
      if (row.boundary === undefined)
        throw noSuchEntity(`The ${family.word} with name ${family.nameOf(input)} does not have a permissions boundary.`)
      const { boundary: _gone, ...rest } = row
      await store.put(family.kind, call.account, rest as Row)
      return {}
    },
  }
}

/** The ARN of a policy that can bound; `undefined` for none. @throws InvalidInput, NoSuchEntity */
export async function checkedBoundary(arn: string | undefined, call: Call, store: Reader): Promise<string | undefined> {
  if (arn === undefined) return undefined
  requirePolicyArn(arn)
  // What partners have registered can bound; it cannot be attached.
  if ((await store.get(partnerBoundaries, EVERYWHERE, arn)) !== undefined) return arn
  if ((await findPolicy(arn, call, store)) === undefined)
    throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`)
  return arn
}

/** The member of users and roles that have one. */
export const boundaryView = (
  boundary: string | undefined,
): { readonly PermissionsBoundary?: Iam.AttachedPermissionsBoundary } =>
  boundary === undefined
    ? {}
    : {
        PermissionsBoundary: {
          // The model's enumeration says PermissionsBoundaryPolicy; AWS answers Policy.
          PermissionsBoundaryType: 'Policy' as 'PermissionsBoundaryPolicy',
          PermissionsBoundaryArn: boundary,
        },
      }
