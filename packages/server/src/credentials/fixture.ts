/** For tests: a store with two accounts, keys, a vault and an issuer, on a clock that moves when told to. */
import { knownAccountId, instant } from '../domain/brands.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import { seededChance } from '../domain/chance.ts'
import { manualClock } from '../domain/clock.ts'
import { accessKeySealOwner, accessKeys, accounts, EVERYWHERE, roles, users } from '../entities/iam.ts'
import type { AccessKey, Role, User } from '../entities/iam.ts'
import { openStore } from '../store/open.ts'
import type { SessionRequest } from './issuer.ts'
import { credentialIssuer } from './issuer.ts'
import { openSealingKeys } from './sealing-keys.ts'
import { openVault } from './vault.ts'

export const HOME = knownAccountId('111122223333')
export const AWAY = knownAccountId('444455556666')
export const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

const named = (name: string, id: string) => ({ name, path: '/', id, createdAt: instant(0), attached: [], inline: [] })

export const userRow = (name: string, more: Partial<User> = {}): User => ({
  ...named(name, `AIDA${name.toUpperCase()}`),
  tags: [],
  groups: [],
  ...more,
})

export const roleRow = (name: string, more: Partial<Role> = {}): Role => ({
  ...named(name, `AROA${name.toUpperCase()}`),
  trust: '{"Version":"2012-10-17","Statement":[]}',
  trustBindings: {},
  maxSessionSeconds: 3600,
  tags: [],
  ...more,
})

export type Fixture = Awaited<ReturnType<typeof openFixture>>

export async function openFixture(seed = 'credentials') {
  const chance = seededChance(seed)
  const clock = manualClock('2026-01-02T03:04:05Z')
  const store = await openStore(
    { kind: 'ephemeral' },
    { now: () => clock.wire(), monotonic: () => performance.now(), chance: (count) => chance.bytes(count) },
  )
  const vault = openVault(new Uint8Array(32).fill(7), chance)
  await store.write([EVERYWHERE], async (writer) => {
    for (const id of [HOME, AWAY])
      await writer.put(accounts, EVERYWHERE, { id, name: `a${id}`, createdAt: instant(0), sessionGeneration: 0 })
  })
  const keys = await openSealingKeys(store, { vault, chance, clock })
  const generationOf = async (account: AccountId): Promise<number> =>
    (await store.current().get(accounts, EVERYWHERE, account))?.sessionGeneration ?? 0
  return {
    chance,
    clock,
    store,
    vault,
    keys,
    issuer: credentialIssuer({ keys, chance, clock, generationOf }),
    putUser: (row: User, account = HOME) => store.write([account], (writer) => writer.put(users, account, row)),
    putRole: (row: Role, account = HOME) => store.write([account], (writer) => writer.put(roles, account, row)),
    putKey: (id: string, owner: User | 'root', more: Partial<AccessKey> = {}) =>
      store.write([HOME], (writer) => {
        const ownerId = owner === 'root' ? HOME : owner.id
        const sealedSecret = vault.seal(SECRET, accessKeySealOwner(HOME, id, ownerId))
        const user = owner === 'root' ? {} : { userName: owner.name }
        const row: AccessKey = { id, ownerId, ...user, status: 'Active', createdAt: instant(0), sealedSecret, ...more }
        return writer.put(accessKeys, HOME, row)
      }),
    raiseGeneration: (account: AccountId) =>
      store.write([EVERYWHERE], async (writer) => {
        const row = await writer.get(accounts, EVERYWHERE, account)
        if (row) await writer.put(accounts, EVERYWHERE, { ...row, sessionGeneration: row.sessionGeneration + 1 })
      }),
    /** What AssumeRole asks of the issuer. */
    roleSession: (role: Role, more: Partial<SessionRequest> = {}): SessionRequest => ({
      account: HOME,
      expiresAt: (clock.session() + 3_600_000) as Instant,
      holder: { kind: 'role', name: role.name, path: role.path, id: role.id },
      sessionName: 'session',
      sessionPolicies: [],
      sessionPolicyArns: [],
      tags: [],
      transitiveKeys: [],
      proof: { kind: 'assume-role' },
      chain: { length: 0 },
      ...more,
    }),
  }
}
