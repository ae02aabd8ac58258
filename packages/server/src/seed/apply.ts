/**
 * Plans and applies seeds: adds what is missing, changes what differs, deletes nothing. Rows of all accounts are one write,
 * so a seed that cannot be applied changes nothing; objects follow, each by itself.
 */
import { accountId, instant, knownAccountId } from '../domain/brands.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import { accounts, EVERYWHERE, folded } from '../entities/iam.ts'
import type { Account } from '../entities/iam.ts'
import type { Reader, Store, Writer } from '../store/port.ts'
import { ensureBucket } from './buckets.ts'
import { ensureDelegationPartner } from './delegation.ts'
import { ensureInstance, ensureProfile } from './machines.ts'
import { dropBlobs, objectStep, pendingObjects, putBlobs, putObjectRows } from './objects.ts'
import { ensureLabUsers } from './lab-users.ts'
import { ensureLab } from './lab.ts'
import { ensureOidcProvider } from './oidc-providers.ts'
import { ensureOrganization } from './organization.ts'
import { overlayWriter } from './overlay.ts'
import { ensureGroup, ensureOwners, ensureUser } from './people.ts'
import { planStep } from './plan.ts'
import type { Plan } from './plan.ts'
import { ensurePolicy } from './policies.ts'
import { bindRole, placeRole } from './roles.ts'
import type { PendingRole } from './roles.ts'
import { ensureSamlProvider } from './saml-providers.ts'
import type { AccountSeed, Seed } from './types.ts'
import { refuse, workOn } from './work.ts'
import type { Log, SeedParts, Work } from './work.ts'

/** An account of a seed whose id is known. */
type NumberedSeed = AccountSeed & { readonly id: AccountId }

/** What `applySeed` would do. Writes nothing. @throws SeedRefused */
export async function planSeed(seed: Seed, reader: Reader, parts: SeedParts): Promise<Plan> {
  const numbered = await numberAccounts(seed, reader, parts)
  const log = await applyRows(seed, numbered, overlayWriter(reader), parts)
  const objects = await pendingObjects(numbered, parts)
  return { steps: [...log.steps, ...objects.map(objectStep)], newKeys: [] }
}

/** Brings the store to what the seed says. @throws SeedRefused, and then no row was changed */
export async function applySeed(seed: Seed, store: Store, parts: SeedParts): Promise<Plan> {
  const numbered = await store.read((reader) => numberAccounts(seed, reader, parts))
  const objects = await pendingObjects(numbered, parts)
  const rows = await putBlobs(objects, parts)
  const locked = [EVERYWHERE, ...numbered.map((account) => account.id)]
  let log: Log
  try {
    log = await store.write(locked, (writer) => applyRows(seed, numbered, writer, parts))
  } catch (error) {
    await dropBlobs(rows, parts)
    throw error
  }
  await putObjectRows(rows, parts)
  return { steps: [...log.steps, ...objects.map(objectStep)], newKeys: log.newKeys }
}

/** Ids of accounts that are named only: looked up, else made. */
async function numberAccounts(seed: Seed, reader: Reader, parts: SeedParts): Promise<readonly NumberedSeed[]> {
  const numbered: NumberedSeed[] = []
  for (const account of seed.accounts) {
    const known = account.id ?? (await reader.findUnique(accounts, 'name', folded(account.name ?? '')))?.row.id
    numbered.push({ ...account, id: known === undefined ? randomAccountId(parts) : knownAccountId(known) })
  }
  return numbered
}

/** Twelve digits; the first is not 0, so that the id survives tools that read it as a number. */
function randomAccountId(parts: SeedParts): AccountId {
  const digits = parts.chance.bytes(8).readBigUInt64BE() % 900_000_000_000n
  return knownAccountId(String(100_000_000_000n + digits))
}

async function applyRows(seed: Seed, numbered: readonly NumberedSeed[], store: Writer, parts: SeedParts): Promise<Log> {
  const log: Log = { steps: [], newKeys: [] }
  const now = instant(Math.floor(parts.clock.session() / 1000) * 1000)
  const base = { store, parts, now }
  for (const account of numbered) await ensureAccount(account, log, base)
  const works = numbered.map((account) => ({ account, work: workOn(account.id, log, base) }))
  const pending: { readonly work: Work; readonly role: PendingRole }[] = []
  for (const { account, work } of works) {
    for (const policy of account.policies ?? []) await ensurePolicy(work, policy)
    for (const provider of account.oidcProviders ?? []) await ensureOidcProvider(work, provider)
    for (const provider of account.samlProviders ?? []) await ensureSamlProvider(work, provider)
    if (account.delegationPartner !== undefined) await ensureDelegationPartner(work, account.delegationPartner)
    for (const group of account.groups ?? []) await ensureGroup(work, group)
    await ensureOwners(work, account)
    for (const user of account.users ?? []) await ensureUser(work, user)
    for (const role of account.roles ?? []) pending.push({ work, role: await placeRole(work, role) })
  }
  for (const { work, role } of pending) await bindRole(work, role)
  for (const { account, work } of works) {
    for (const provider of account.samlProviders ?? []) await ensureLabUsers(work, provider)
    for (const profile of account.instanceProfiles ?? []) await ensureProfile(work, profile)
    for (const instance of account.instances ?? []) await ensureInstance(work, instance)
    for (const bucket of account.buckets ?? []) await ensureBucket(work, bucket)
  }
  if (seed.lab !== undefined) await ensureLab(seed.lab, log, base)
  if (seed.organization !== undefined)
    await ensureOrganization(seed.organization, log, { ...base, first: numbered[0]?.id })
  return log
}

async function ensureAccount(
  wanted: NumberedSeed,
  log: Log,
  { store, now }: Pick<Work, 'store' | 'now'>,
): Promise<void> {
  const before = await store.get(accounts, EVERYWHERE, wanted.id)
  const name = wanted.name ?? before?.name ?? wanted.id
  const namesake = await store.findUnique(accounts, 'name', folded(name))
  if (namesake !== undefined && namesake.row.id !== wanted.id)
    refuse(wanted.line, `account ${wanted.id}`, `the name \`${name}\` belongs to account ${namesake.row.id}`)
  if (before?.name === name) return
  const next: Account =
    before === undefined
      ? { id: wanted.id, name, createdAt: await afterAllOthers(store, now), sessionGeneration: 0 }
      : { ...before, name }
  await store.put(accounts, EVERYWHERE, next)
  log.steps.push(
    planStep({
      action: before === undefined ? 'create' : 'change',
      kind: 'account',
      account: '*',
      name: `${wanted.id}${name === wanted.id ? '' : ` (${name})`}`,
      changes: before === undefined ? [] : [`name ${name}`],
    }),
  )
}

/** No two accounts are of one age: the oldest is the first account, the credentials file's `default`, for ever. */
async function afterAllOthers(store: Reader, now: Instant): Promise<Instant> {
  const rows = await store.list(accounts, EVERYWHERE)
  return instant(rows.reduce<number>((latest, row) => Math.max(latest, row.createdAt + 1), now))
}

/** Keys of a new account's administrator. */
export interface CreatedAccount {
  readonly accountId: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Makes an account with its administrator. @throws SeedRefused when the id or the name is taken, or is none */
export async function createAccount(
  store: Store,
  parts: SeedParts,
  wanted: { readonly id?: string; readonly name?: string },
): Promise<CreatedAccount> {
  if (wanted.id !== undefined && accountId(wanted.id) === undefined)
    refuse(0, '', `\`${wanted.id}\` is not an account id of twelve digits`)
  if (wanted.name !== undefined && !/^[\x20-\x7e]{1,50}$/.test(wanted.name))
    refuse(0, '', 'an account name has 1 to 50 printable characters')
  const id = wanted.id === undefined ? randomAccountId(parts) : knownAccountId(wanted.id)
  const seed: NumberedSeed = { ...wanted, id, line: 0 }
  const log = await store.write([EVERYWHERE, id], async (writer) => {
    if ((await writer.get(accounts, EVERYWHERE, id)) !== undefined) refuse(0, '', `account ${id} is there already`)
    return applyRows({ accounts: [seed] }, [seed], writer, parts)
  })
  const key = log.newKeys.find((candidate) => candidate.accountId === id)
  if (key === undefined) throw new Error(`account ${id} was made without a key of its administrator`)
  return { accountId: id, accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey }
}
