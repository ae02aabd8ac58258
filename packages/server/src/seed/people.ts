/** Groups, users, the administrator and the root user of a seed. */
import { folded, groups, users } from '../entities/iam.ts'
import type { Group, User } from '../entities/iam.ts'
import { boundaryOf, heldPolicies } from './holders.ts'
import { ensureKey, ensureSomeKey } from './keys.ts'
import { ensureMfaDevice } from './mfa-devices.ts'
import { ADMINISTRATOR_ACCESS } from './references.ts'
import type { AccountSeed, GroupSeed, Reference, UserSeed } from './types.ts'
import { defined, newId, refuse, tagChanges, united, withTags } from './work.ts'
import type { Work } from './work.ts'

/** Name of the user that every account begins with. */
export const ADMINISTRATOR = 'administrator'

export async function ensureGroup(work: Work, wanted: GroupSeed): Promise<void> {
  const before = await work.store.get(groups, work.account, folded(wanted.groupName))
  const held = await heldPolicies(work, before, wanted, `group ${wanted.groupName}`)
  const path = wanted.path ?? before?.path ?? '/'
  const next: Group = {
    name: before?.name ?? wanted.groupName,
    path,
    id: before?.id ?? newId(work, 'AGPA'),
    createdAt: before?.createdAt ?? work.now,
    attached: held.attached,
    inline: held.inline,
  }
  const changes = [...pathChanges(before, path), ...held.changes]
  if (before !== undefined && changes.length === 0) return
  await work.store.put(groups, work.account, next)
  work.record({ action: before === undefined ? 'create' : 'change', kind: 'group', name: next.name, changes })
}

export async function ensureUser(work: Work, wanted: UserSeed): Promise<void> {
  const place = `user ${wanted.userName}`
  const before = await work.store.get(users, work.account, folded(wanted.userName))
  const held = await heldPolicies(work, before, wanted, place)
  const bound = await boundaryOf(work, before?.boundary, wanted.permissionsBoundary, place)
  const memberships = united(before?.groups ?? [], await groupNames(work, wanted.groups ?? [], place))
  const tags = withTags(before?.tags ?? [], wanted.tags)
  const path = wanted.path ?? before?.path ?? '/'
  const next = defined<User>({
    name: before?.name ?? wanted.userName,
    path,
    id: before?.id ?? newId(work, 'AIDA'),
    createdAt: before?.createdAt ?? work.now,
    attached: held.attached,
    inline: held.inline,
    tags,
    boundary: bound.boundary,
    groups: memberships,
  })
  const changes = [
    ...pathChanges(before, path),
    ...held.changes,
    ...bound.changes,
    ...memberships.filter((name) => !before?.groups.includes(name)).map((name) => `join group ${name}`),
    ...tagChanges(before?.tags ?? [], tags),
  ]
  if (before === undefined || changes.length > 0) {
    await work.store.put(users, work.account, next)
    work.record({ action: before === undefined ? 'create' : 'change', kind: 'user', name: next.name, changes })
  }
  for (const key of wanted.accessKeys ?? []) await ensureKey(work, { id: next.id, userName: next.name }, key)
  for (const device of wanted.mfaDevices ?? []) await ensureMfaDevice(work, next, device)
}

const pathChanges = (before: { readonly path: string } | undefined, path: string): readonly string[] =>
  before === undefined || before.path === path ? [] : [`path ${path}`]

/** The groups as they spell themselves. */
async function groupNames(work: Work, wanted: readonly Reference[], place: string): Promise<readonly string[]> {
  const names: string[] = []
  for (const { value, line } of wanted) {
    const group = await work.store.get(groups, work.account, folded(value))
    names.push(group?.name ?? refuse(line, place, `account ${work.account} has no group \`${value}\``))
  }
  return names
}

/** The administrator (unless the seed wants none) and the root user's key (only where the seed gives one). */
export async function ensureOwners(work: Work, seed: AccountSeed): Promise<void> {
  if (seed.root !== undefined) await ensureKey(work, { id: work.account }, seed.root)
  if (seed.administrator === false) return
  await ensureUser(work, {
    userName: ADMINISTRATOR,
    attachedPolicies: [{ value: ADMINISTRATOR_ACCESS, line: seed.line }],
    ...(seed.administrator === undefined ? {} : { accessKeys: [seed.administrator] }),
    line: seed.line,
  })
  if (seed.administrator !== undefined) return
  const administrator = await work.store.get(users, work.account, ADMINISTRATOR)
  if (administrator !== undefined) await ensureSomeKey(work, { id: administrator.id, userName: administrator.name })
}
