/** The seed's schema of users, groups, roles and managed policies. */
import { description, document, iamName, key, path, tags } from './parse-words.ts'
import { distinct, integer, list, object, optional, placed, record, required, secret, text } from './readers.ts'
import type { GroupSeed, MfaDeviceSeed, PolicySeed, RoleSeed, UserSeed } from './types.ts'

/** An ARN, or the name of a policy of the same account. */
const policyReference = placed(
  text((value) =>
    value.startsWith('arn:') || /^[\w+=,.@-]{1,128}$/.test(value)
      ? undefined
      : `\`${value}\` is neither an ARN nor a name`,
  ),
)
const inlinePolicies = record(document('identity'), (name) =>
  /^[\w+=,.@-]{1,128}$/.test(name) ? undefined : `\`${name}\` is no policy name: 1 to 128 letters, digits or _+=,.@-`,
)
const holder = {
  path: optional(path),
  attachedPolicies: optional(list(policyReference)),
  inlinePolicies: optional(inlinePolicies),
}

export const policy = object<PolicySeed>('a policy', {
  policyName: required(iamName(128)),
  path: optional(path),
  description: optional(description),
  document: required(document('identity')),
  tags: optional(tags),
})

export const group = object<GroupSeed>('a group', { groupName: required(iamName(128)), ...holder })

const mfaDevice = object<MfaDeviceSeed>('an MFA device', {
  virtualMFADeviceName: required(iamName(226)),
  path: optional(path),
  seed: optional(secret(/^[A-Za-z2-7]{16,128}$/, 'a seed in base32: 16 to 128 of A–Z and 2–7')),
})

export const user = object<UserSeed>('a user', {
  userName: required(iamName(64)),
  ...holder,
  accessKeys: optional(distinct(list(key), (item) => item.accessKeyId, String)),
  mfaDevices: optional(list(mfaDevice)),
  groups: optional(list(placed(iamName(128)))),
  permissionsBoundary: optional(policyReference),
  tags: optional(tags),
})

export const role = object<RoleSeed>('a role', {
  roleName: required(iamName(64)),
  ...holder,
  assumeRolePolicyDocument: optional(document('trust')),
  description: optional(description),
  maxSessionDuration: optional(integer(3600, 43_200)),
  permissionsBoundary: optional(policyReference),
  tags: optional(tags),
})
