/**
 * Roles of a seed. They are made before any trust policy is bound, so that roles and users of all accounts may name each
 * other whatever their order.
 */
import { folded, roles } from '../entities/iam.ts'
import type { Role } from '../entities/iam.ts'
import { bindPrincipals } from '../entities/principal-bindings.ts'
import { boundaryOf, heldPolicies } from './holders.ts'
import { sameDocument, sameValue } from './same.ts'
import type { RoleSeed } from './types.ts'
import { defined, newId, refuse, tagChanges, withTags } from './work.ts'
import type { Work } from './work.ts'

const DEFAULT_SESSION_SECONDS = 3600

/** A role that stands in the store, whose trust policy waits to be bound. */
export interface PendingRole {
  readonly wanted: RoleSeed
  readonly before: Role | undefined
  readonly next: Role
  readonly changes: readonly string[]
}

export async function placeRole(work: Work, wanted: RoleSeed): Promise<PendingRole> {
  const place = `role ${wanted.roleName}`
  const before = await work.store.get(roles, work.account, folded(wanted.roleName))
  if (before !== undefined && wanted.path !== undefined && wanted.path !== before.path)
    refuse(wanted.line, place, `the role has the path ${before.path}; a role's path cannot be changed`)
  const trust = trustText(wanted, before, place)
  const held = await heldPolicies(work, before, wanted, place)
  const bound = await boundaryOf(work, before?.boundary, wanted.permissionsBoundary, place)
  const tags = withTags(before?.tags ?? [], wanted.tags)
  const next = defined<Role>({
    name: before?.name ?? wanted.roleName,
    path: wanted.path ?? before?.path ?? '/',
    id: before?.id ?? newId(work, 'AROA'),
    createdAt: before?.createdAt ?? work.now,
    attached: held.attached,
    inline: held.inline,
    trust,
    trustBindings: before?.trustBindings ?? {},
    description: wanted.description ?? before?.description,
    maxSessionSeconds: wanted.maxSessionDuration ?? before?.maxSessionSeconds ?? DEFAULT_SESSION_SECONDS,
    boundary: bound.boundary,
    tags,
  })
  const changes = [
    ...settingChanges(before, next),
    ...held.changes,
    ...bound.changes,
    ...tagChanges(before?.tags ?? [], tags),
  ]
  if (before === undefined || changes.length > 0) await work.store.put(roles, work.account, next)
  return { wanted, before, next, changes }
}

/** The text from before where it says the same: what clients sent stays as they sent it. */
function trustText(wanted: RoleSeed, before: Role | undefined, place: string): string {
  const text = wanted.assumeRolePolicyDocument?.value ?? before?.trust
  if (text === undefined) return refuse(wanted.line, place, 'a new role needs `assumeRolePolicyDocument`')
  return before !== undefined && sameDocument(before.trust, text) ? before.trust : text
}

function settingChanges(before: Role | undefined, next: Role): readonly string[] {
  if (before === undefined) return []
  return [
    ...(before.trust === next.trust ? [] : ['trust policy']),
    ...(before.description === next.description ? [] : ['description']),
    ...(before.maxSessionSeconds === next.maxSessionSeconds ? [] : [`maxSessionDuration ${next.maxSessionSeconds}`]),
  ]
}

/** Binds the trust policy's principals to those who are there now, and records what became of the role. */
export async function bindRole(work: Work, { wanted, before, next, changes }: PendingRole): Promise<void> {
  const document = wanted.assumeRolePolicyDocument
  const bindings = document === undefined ? next.trustBindings : await bound(work, wanted, next.trust)
  const isRebound = before !== undefined && before.trust === next.trust && !sameValue(before.trustBindings, bindings)
  const all = isRebound ? [...changes, 'trust policy names principals of today'] : changes
  if (before !== undefined && all.length === 0) return
  await work.store.put(roles, work.account, { ...next, trustBindings: bindings })
  work.record({ action: before === undefined ? 'create' : 'change', kind: 'role', name: next.name, changes: all })
}

async function bound(work: Work, wanted: RoleSeed, trust: string): Promise<Role['trustBindings']> {
  const found = await bindPrincipals(trust, work.store)
  if (found.ok) return found.bindings
  return refuse(
    wanted.assumeRolePolicyDocument?.line ?? wanted.line,
    `role ${wanted.roleName}`,
    `Invalid principal in policy: there is no ${found.principal}`,
  )
}
