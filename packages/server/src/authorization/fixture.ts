/** For tests of this folder: a store with accounts and a small catalogue of AWS's policies. */
import { instant } from '../domain/brands.ts'
import type { AccountId } from '../domain/brands.ts'
import type { ManagedPolicyCatalogue } from '../entities/managed-policy-catalogue.ts'
import { managedPolicies } from '../entities/iam.ts'
import type { Fixture } from '../credentials/fixture.ts'

/** A document with one statement, told apart by its Sid. */
export const document = (sid: string, more: object = {}): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: sid, Effect: 'Allow', Action: '*', Resource: '*', ...more }],
  })

const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const entry = {
  arn: READ_ONLY,
  name: 'ReadOnlyAccess',
  path: '/',
  id: 'ANPAREADONLY',
  defaultVersion: 'v1',
  createdAt: instant(0),
  updatedAt: instant(0),
  text: document('FromAws'),
}
export const catalogue: ManagedPolicyCatalogue = {
  get: (arn) => (arn === READ_ONLY ? entry : undefined),
  all: () => [entry],
}

/** A customer managed policy with two versions, of which the first is the default. @returns its ARN */
export async function putPolicy(world: Fixture, account: AccountId, name: string, path = '/'): Promise<string> {
  const version = (number: number) => ({ id: `v${number}`, text: document(`${name}${number}`), createdAt: instant(0) })
  await world.store.write([account], (writer) =>
    writer.put(managedPolicies, account, {
      name,
      path,
      id: `ANPA${account.slice(0, 4)}${name.toUpperCase()}`,
      createdAt: instant(0),
      attached: [],
      inline: [],
      versions: [version(1), version(2)],
      defaultVersion: 'v1',
      nextVersion: 3,
      updatedAt: instant(0),
      tags: [],
    } as never),
  )
  return `arn:aws:iam::${account}:policy${path}${name}`
}
