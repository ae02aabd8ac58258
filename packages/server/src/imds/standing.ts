/** What an instance is entitled to: its profile, the role inside, and whether EC2 may assume it. Asked once a period. */
import { trustPolicyOf } from '../authorization/trust-policy.ts'
import { instanceProfileArn, roleArn } from '../domain/arn.ts'
import type { AccountId, Arn } from '../domain/brands.ts'
import type { Caller } from '../credentials/caller.ts'
import type { Instance } from '../entities/ec2.ts'
import { folded, instanceProfiles, roles } from '../entities/iam.ts'
import type { InstanceProfile, Role } from '../entities/iam.ts'
import { PictureMoved } from '../store/errors.ts'
import type { Store } from '../store/port.ts'
import type { ImdsParts } from './types.ts'

interface ProfileName {
  readonly arn: Arn
  readonly id: string
}

/** The unique id makes a recreated namesake somebody else. */
export interface RoleName {
  readonly name: string
  readonly path: string
  readonly id: string
}

export type Standing =
  | { readonly kind: 'no-profile' }
  /** Deleted, perhaps made again: the id is not the one of the association. */
  | { readonly kind: 'profile-gone'; readonly profileName: string }
  | { readonly kind: 'no-role'; readonly profile: ProfileName }
  | { readonly kind: 'granted'; readonly profile: ProfileName; readonly role: RoleName }
  | {
      readonly kind: 'refused'
      readonly profile: ProfileName
      readonly roleName: string
      readonly reason: string
      readonly decisionId?: string
    }

const EC2: Caller = {
  kind: 'service',
  name: 'ec2.amazonaws.com',
  principal: { kind: 'service', name: 'ec2.amazonaws.com' },
}

/** Looks at rows that are not older than this call, since a refusal holds until the next period. */
export async function standingOf(
  { store, authorize }: Pick<ImdsParts, 'store' | 'authorize'>,
  account: AccountId,
  instance: Instance,
): Promise<Standing> {
  const association = instance.profile
  if (association === undefined) return { kind: 'no-profile' }
  const { profile, role } = await profileAndRole(store, account, association.profileName)
  if (profile === undefined || profile.id !== association.profileId)
    return { kind: 'profile-gone', profileName: association.profileName }
  const named = { arn: instanceProfileArn(account, profile.path, profile.name), id: profile.id }
  if (profile.role === undefined) return { kind: 'no-role', profile: named }
  if (role === undefined)
    return { kind: 'refused', profile: named, roleName: profile.role, reason: 'The role does not exist any more.' }
  const decision = await authorize(EC2, {
    action: 'sts:AssumeRole',
    resource: roleArn(account, role.path, role.name),
    resourceAccount: account,
    resourcePolicy: trustPolicyOf(role, account, roleArn(account, role.path, role.name)),
    shownAs: `role ${role.name}`,
  })
  if (decision.allowed)
    return { kind: 'granted', profile: named, role: { name: role.name, path: role.path, id: role.id } }
  return {
    kind: 'refused',
    profile: named,
    roleName: role.name,
    reason: decision.explanation ?? 'Its trust policy does not allow ec2.amazonaws.com to call sts:AssumeRole.',
    decisionId: decision.decisionId,
  }
}

interface ProfileAndRole {
  readonly profile?: InstanceProfile
  readonly role?: Role
}

const PICTURES_MAX = 5

async function profileAndRole(store: Store, account: AccountId, profileName: string): Promise<ProfileAndRole> {
  for (let attempt = 1; ; attempt++) {
    try {
      const picture = await store.fresh()
      const profile = await picture.get(instanceProfiles, account, folded(profileName))
      if (profile?.role === undefined) return profile === undefined ? {} : { profile }
      const role = await picture.get(roles, account, folded(profile.role))
      return role === undefined ? { profile } : { profile, role }
    } catch (error) {
      if (!(error instanceof PictureMoved) || attempt === PICTURES_MAX) throw error
    }
  }
}
