/** What the tests of this folder start from: an ephemeral store with two accounts, users, roles and a bucket, as rows. */
import { openStore } from '../store/open.ts'
import { seededChance } from '../domain/chance.ts'
import { manualClock, monotonic } from '../domain/clock.ts'
import { knownAccountId } from '../domain/brands.ts'
import type { AccountId } from '../domain/brands.ts'
import { newUniqueId } from '../domain/identifiers.ts'
import { loadManagedPolicyCatalogue } from '../entities/catalogue/load.ts'
import { EVERYWHERE, accounts, roles, users } from '../entities/iam.ts'
import type { Role, User } from '../entities/iam.ts'
import { organizations } from '../entities/organization.ts'
import type { Organization } from '../entities/organization.ts'
import { bindPrincipals } from '../entities/principal-bindings.ts'
import { buckets } from '../entities/s3.ts'
import type { Store } from '../store/port.ts'
import type { Surroundings } from './can.ts'

export const A = knownAccountId('111111111111')
export const B = knownAccountId('222222222222')
export const arn = (kind: 'user' | 'role', name: string, account: AccountId = A) =>
  `arn:aws:iam::${account}:${kind}/${name}`

/** One statement, as a document of 2012. */
export const document = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
export const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[] = '*',
  Condition?: object,
) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
})
/** A statement of a trust policy. */
export const trusting = (AWS: string | readonly string[], Condition?: object) => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action: 'sts:AssumeRole',
  ...(Condition ? { Condition } : {}),
})

export interface AnalysisWorld {
  readonly store: Store
  readonly at: () => Surroundings
  readonly user: (
    name: string,
    more?: Partial<User> & { readonly policy?: string },
    account?: AccountId,
  ) => Promise<void>
  readonly role: (
    name: string,
    trust: string,
    more?: Partial<Role> & { readonly policy?: string },
    account?: AccountId,
  ) => Promise<void>
  readonly bucket: (name: string, policy?: string) => Promise<void>
  readonly organization: (change: Partial<Organization>) => Promise<void>
  readonly close: () => Promise<void>
}

export async function analysisWorld(): Promise<AnalysisWorld> {
  const chance = seededChance('analysis tests')
  const clock = manualClock('2026-01-01T00:00:00Z')
  const store = await openStore(
    { kind: 'ephemeral' },
    { now: () => clock.wire(), monotonic, chance: (count) => chance.bytes(count) },
  )
  const createdAt = clock.session()
  const catalogue = loadManagedPolicyCatalogue()
  const named = (name: string, policy: string | undefined) => ({
    name,
    path: '/',
    createdAt,
    attached: [],
    inline: policy === undefined ? [] : [{ name: 'own', text: policy }],
    tags: [],
  })
  const bindings = async (text: string) => {
    const bound = await bindPrincipals(text, store.current())
    if (!bound.ok) throw new Error(`the principal ${bound.principal} is not there`)
    return bound.bindings
  }
  await store.write([EVERYWHERE], async (writer) => {
    for (const id of [A, B])
      await writer.put(accounts, EVERYWHERE, { id, name: `account-${id}`, createdAt, sessionGeneration: 0 })
  })
  return {
    store,
    at: () => ({ reader: store.current(), catalogue, now: clock.session() }),
    user: async (name, { policy, ...more } = {}, account = A) => {
      const row: User = { ...named(name, policy), id: newUniqueId('AIDA', account, chance), groups: [], ...more }
      await store.write([account], (writer) => writer.put(users, account, row))
    },
    role: async (name, trust, { policy, ...more } = {}, account = A) => {
      const row: Role = {
        ...named(name, policy),
        id: newUniqueId('AROA', account, chance),
        trust,
        trustBindings: await bindings(trust),
        maxSessionSeconds: 3600,
        ...more,
      }
      await store.write([account], (writer) => writer.put(roles, account, row))
    },
    bucket: async (name, policy) => {
      const bound = policy === undefined ? {} : await bindings(policy)
      const row = {
        name,
        region: 'us-east-1',
        createdAt,
        policyBindings: bound,
        ...(policy === undefined ? {} : { policy }),
      }
      await store.write([A], (writer) => writer.put(buckets, A, row))
    },
    organization: async (change) => {
      const row: Organization = {
        id: 'o-tests',
        createdAt,
        managementAccount: B,
        scpEnabled: true,
        rcpEnabled: true,
        units: [{ id: 'r-1', name: 'Root', accounts: [A], serviceControlPolicies: [], resourceControlPolicies: [] }],
        accountPolicies: {},
        ...change,
      }
      await store.write([EVERYWHERE], (writer) => writer.put(organizations, EVERYWHERE, row))
    },
    close: () => store.close(),
  }
}
