/** The password policy of the account: what passwords of users must be like. No user has a password here; tools set and read the policy. */
import type { Iam, IamOperations } from '@understudy/wire'
import { passwordPolicies } from '../../entities/iam.ts'
import type { PasswordPolicy } from '../../entities/iam.ts'
import { noSuchEntity } from '../../errors/catalogue.ts'
import type { Operations } from '../operation.ts'

const everything = (action: string) => () => [{ action, resource: '*' }] as const

export const passwordPolicyOperations = {
  UpdateAccountPasswordPolicy: {
    access: 'write',
    ask: everything('iam:UpdateAccountPasswordPolicy'),
    // What is left out falls back to its default; nothing of the policy before is kept (API reference, UpdateAccountPasswordPolicy).
    handle: async (input, call, store) => {
      await store.put(passwordPolicies, call.account, policyFrom(input))
      return {}
    },
  },
  GetAccountPasswordPolicy: {
    access: 'read',
    ask: everything('iam:GetAccountPasswordPolicy'),
    handle: async (_input, call, store) => {
      const [policy] = await store.list(passwordPolicies, call.account)
      if (!policy) throw noSuchEntity(`The Password Policy with domain name ${call.account} cannot be found.`)
      return { PasswordPolicy: shown(policy) }
    },
  },
  DeleteAccountPasswordPolicy: {
    access: 'write',
    ask: everything('iam:DeleteAccountPasswordPolicy'),
    handle: async (_input, call, store) => {
      const [policy] = await store.list(passwordPolicies, call.account)
      if (!policy) throw noSuchEntity('The account policy with name PasswordPolicy cannot be found.')
      await store.remove(passwordPolicies, call.account, passwordPolicies.key(policy))
      return {}
    },
  },
} satisfies Operations<
  IamOperations,
  'UpdateAccountPasswordPolicy' | 'GetAccountPasswordPolicy' | 'DeleteAccountPasswordPolicy'
>

/** Characters, of a policy that names no length. */
const DEFAULT_LENGTH = 6

const policyFrom = (input: Iam.UpdateAccountPasswordPolicyRequest): PasswordPolicy => ({
  minimumLength: input.MinimumPasswordLength ?? DEFAULT_LENGTH,
  symbols: input.RequireSymbols ?? false,
  numbers: input.RequireNumbers ?? false,
  uppercase: input.RequireUppercaseCharacters ?? false,
  lowercase: input.RequireLowercaseCharacters ?? false,
  usersMayChange: input.AllowUsersToChangePassword ?? false,
  ...(input.MaxPasswordAge === undefined ? {} : { maxAge: input.MaxPasswordAge }),
  ...(input.PasswordReusePrevention === undefined ? {} : { reusePrevention: input.PasswordReusePrevention }),
  ...(input.HardExpiry === undefined ? {} : { hardExpiry: input.HardExpiry }),
})

const shown = (policy: PasswordPolicy): Iam.PasswordPolicy => ({
  MinimumPasswordLength: policy.minimumLength,
  RequireSymbols: policy.symbols,
  RequireNumbers: policy.numbers,
  RequireUppercaseCharacters: policy.uppercase,
  RequireLowercaseCharacters: policy.lowercase,
  AllowUsersToChangePassword: policy.usersMayChange,
  ExpirePasswords: policy.maxAge !== undefined,
  MaxPasswordAge: policy.maxAge,
  PasswordReusePrevention: policy.reusePrevention,
  HardExpiry: policy.hardExpiry,
})
