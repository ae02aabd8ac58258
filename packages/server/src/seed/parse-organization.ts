/** The seed's schema of an organization: its units, and the control policies on its way down. */
import { document } from './parse-words.ts'
import { distinct, flag, list, object, oneOf, optional, pattern, placed, record, required, text } from './readers.ts'
import type { Field, Read } from './readers.ts'
import type {
  ControlledSeed,
  ControlPolicySeed,
  DelegatedAdministratorSeed,
  OrganizationSeed,
  UnitSeed,
} from './types.ts'

const policyName = pattern(/^[\s\S]{1,128}$/, 'a name of 1 to 128 characters')
const accountReference = placed(text((value) => (value === '' ? 'say an account by id or name' : undefined)))

const controlPolicies = (kind: 'scp' | 'rcp'): Read<readonly ControlPolicySeed[]> =>
  distinct(
    list(
      object<ControlPolicySeed>('a control policy', {
        policyName: required(policyName),
        document: required(document(kind)),
      }),
    ),
    (item) => item.policyName,
  )

const controlled = {
  fullAwsAccess: optional(flag),
  serviceControlPolicies: optional(controlPolicies('scp')),
  resourceControlPolicies: optional(controlPolicies('rcp')),
}

interface ControlledMembers extends ControlledSeed {
  readonly line: number
}

/** Units hold units: the reader is looked up when it is needed. */
const units: Field<readonly UnitSeed[]> = optional(
  distinct(
    list((node, place) => unit(node, place)),
    (item) => item.name,
  ),
)

const unit = object<UnitSeed>('a unit', {
  name: required(pattern(/^[\s\S]{1,128}$/, 'a name of 1 to 128 characters')),
  ...controlled,
  accounts: optional(list(accountReference)),
  units,
})

const servicePrincipal = pattern(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a service principal, such as iam.amazonaws.com')

const delegatedAdministrator = object<DelegatedAdministratorSeed>('a delegated administrator', {
  servicePrincipal: required(servicePrincipal),
  account: required(accountReference),
})

export const organization = object<OrganizationSeed>('an organization', {
  id: optional(pattern(/^o-[a-z0-9]{10,32}$/, '`o-` and 10 to 32 small letters or digits')),
  managementAccount: optional(accountReference),
  ...controlled,
  accounts: optional(list(accountReference)),
  units,
  accountPolicies: optional(
    record<ControlledSeed>(object<ControlledMembers>('the policies of an account', controlled), () => undefined),
  ),
  features: optional(list(oneOf('RootCredentialsManagement', 'RootSessions'))),
  trustedAccess: optional(list(servicePrincipal)),
  delegatedAdministrators: optional(list(delegatedAdministrator)),
})
