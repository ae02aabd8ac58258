/** Who uses a managed policy: ListEntitiesForPolicy. */
import type { IamOperations } from '@understudy/wire'
import { groups, roles, users } from '../../entities/iam.ts'
import { noSuchEntity } from '../../errors/catalogue.ts'
import type { Reader } from '../../store/port.ts'
import type { Call, Operations } from '../operation.ts'
import { pageOf } from './paging.ts'
import { askOnPolicy, findPolicy, notFound, requirePolicyArn } from './policy-reference.ts'

export const policyEntityOperations = {
  ListEntitiesForPolicy: {
    access: 'read',
    ask: askOnPolicy('iam:ListEntitiesForPolicy'),
    handle: async (input, call, store) => {
      requirePolicyArn(input.PolicyArn)
      if ((await findPolicy(input.PolicyArn, call, store)) === undefined) throw noSuchEntity(notFound(input.PolicyArn))
      const { PathPrefix = '/', EntityFilter, PolicyUsageFilter } = input
      const kept = (await entities(input.PolicyArn, PolicyUsageFilter, call, store)).filter(
        (entity) => entity.path.startsWith(PathPrefix) && (EntityFilter === undefined || EntityFilter === entity.kind),
      )
      const filters = [input.PolicyArn, PathPrefix, EntityFilter, PolicyUsageFilter]
      const scope = ['ListEntitiesForPolicy', call.account, ...filters]
      const page = pageOf(kept, (entity) => `${entity.kind}:${entity.id}`, input, scope)
      const of = (kind: Entity['kind']) => page.items.filter((entity) => entity.kind === kind)
      return {
        PolicyGroups: of('Group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyUsers: of('User').map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of('Role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...page.more,
      }
    },
  },
} satisfies Operations<IamOperations, 'ListEntitiesForPolicy'>

interface Entity {
  readonly kind: 'User' | 'Group' | 'Role'
  readonly name: string
  readonly id: string
  readonly path: string
}

/** Those whom the policy is attached to or whom it bounds; one that is both comes once. */
async function entities(
  arn: string,
  usage: 'PermissionsPolicy' | 'PermissionsBoundary' | undefined,
  call: Call,
  store: Reader,
): Promise<readonly Entity[]> {
  const found = new Map<string, Entity>()
  const add = (kind: Entity['kind'], rows: readonly Omit<Entity, 'kind'>[]) => {
    for (const { name, id, path } of rows) found.set(id, { kind, name, id, path })
  }
  const { account } = call
  if (usage !== 'PermissionsBoundary') {
    add('User', await store.find(users, account, 'attached', arn))
    add('Group', await store.find(groups, account, 'attached', arn))
    add('Role', await store.find(roles, account, 'attached', arn))
  }
  if (usage !== 'PermissionsPolicy') {
    add('User', await store.find(users, account, 'boundary', arn))
    add('Role', await store.find(roles, account, 'boundary', arn))
  }
  return [...found.values()]
}
