/** Users of the SAML identity providers that the lab plays. They come after the roles, which they name. */
import { parseArn, roleArn, samlProviderArn } from '../domain/arn.ts'
import { folded, roles } from '../entities/iam.ts'
import { labPasswordSealOwner, labSamlUsers, labUserKey } from '../entities/saml.ts'
import type { LabSamlUser, LabSamlWords } from '../entities/saml.ts'
import { sameValue } from './same.ts'
import type { LabSamlUserSeed, Reference, SamlProviderSeed } from './types.ts'
import { refuse } from './work.ts'
import type { Work } from './work.ts'

export async function ensureLabUsers(work: Work, { name, lab }: SamlProviderSeed): Promise<void> {
  for (const user of lab?.users ?? []) await ensureUser(work, name, user)
}

/** A member that the seed gives takes the place of what was there; others stay. */
async function ensureUser(work: Work, providerName: string, wanted: LabSamlUserSeed): Promise<void> {
  const { store, account, parts } = work
  const { userName, password, roles: references, line: _, ...words } = wanted
  const owner = labPasswordSealOwner(account, { providerName, userName })
  const before = await store.get(labSamlUsers, account, labUserKey(providerName, userName))
  const roleValues = references === undefined ? (before?.roleValues ?? []) : await valuesOf(work, wanted, providerName)
  const says: LabSamlWords = { ...before?.says, ...words }
  const known = before?.sealedPassword === undefined ? undefined : parts.vault.open(before.sealedPassword, owner)
  const isOther = password !== undefined && password !== known
  const sealedPassword = isOther ? parts.vault.seal(password, owner) : before?.sealedPassword
  const next: LabSamlUser = {
    providerName,
    userName,
    ...(sealedPassword === undefined ? {} : { sealedPassword }),
    roleValues,
    says,
  }
  const changes =
    before === undefined
      ? []
      : [
          ...(isOther ? ['its password'] : []),
          ...(sameValue(before.roleValues, roleValues) ? [] : ['its roles']),
          ...(Object.keys(words) as (keyof LabSamlWords)[]).filter((name) => !sameValue(before.says[name], says[name])),
        ]
  if (before !== undefined && changes.length === 0) return
  await store.put(labSamlUsers, account, next)
  const kind = 'lab user'
  const name = `${userName} of SAML provider ${providerName}`
  work.record({ action: before === undefined ? 'create' : 'change', kind, name, changes })
}

async function valuesOf(work: Work, wanted: LabSamlUserSeed, providerName: string): Promise<readonly string[]> {
  const values: string[] = []
  for (const reference of wanted.roles ?? []) values.push(await roleValue(work, reference, wanted, providerName))
  return values
}

/** A value with a comma is whole, and taken as it is: other accounts, other orders, mistakes that are rehearsed. */
async function roleValue(
  work: Work,
  { value, line }: Reference,
  { userName }: LabSamlUserSeed,
  providerName: string,
): Promise<string> {
  if (value.includes(',')) return value
  const provider = samlProviderArn(work.account, providerName)
  if (parseArn(value) !== undefined) return `${value},${provider}`
  const row = await work.store.get(roles, work.account, folded(value))
  if (row === undefined) refuse(line, `user ${userName}`, `account ${work.account} has no role \`${value}\``)
  return `${roleArn(work.account, row.path, row.name)},${provider}`
}
