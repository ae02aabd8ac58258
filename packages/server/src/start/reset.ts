/** Back to the state after start: every row and object of an ephemeral server is put as it was; issued sessions end. */
import type { Blobs } from '../blobs/port.ts'
import { delegationNotices, delegationPartners, delegationRequests, partnerBoundaries } from '../entities/delegation.ts'
import { instances } from '../entities/ec2.ts'
import { labIssuers, oidcProviders } from '../entities/federation.ts'
import {
  EVERYWHERE,
  accessKeys,
  accountAliases,
  accounts,
  endedSessions,
  groups,
  instanceProfiles,
  managedPolicies,
  passwordPolicies,
  roleDeletions,
  roles,
  tokenPreferences,
  users,
} from '../entities/iam.ts'
import type { Account } from '../entities/iam.ts'
import { mfaDevices, mfaUses } from '../entities/mfa.ts'
import { labSamlIdps, labSamlUsers, samlProviders, usedAssertions } from '../entities/saml.ts'
import { organizations } from '../entities/organization.ts'
import { outboundIssuers } from '../entities/outbound.ts'
import { buckets } from '../entities/s3.ts'
import type { Core } from '../main.ts'
import type { Kind, ObjectRow, Reader, Writer } from '../store/port.ts'

/** A kind whose row type no longer matters: rows go back as they came. */
type AnyKind = Kind<never>
const OF_ACCOUNT = [
  users,
  groups,
  roles,
  managedPolicies,
  instanceProfiles,
  accessKeys,
  accountAliases,
  passwordPolicies,
  tokenPreferences,
  roleDeletions,
  endedSessions,
  mfaDevices,
  mfaUses,
  oidcProviders,
  samlProviders,
  usedAssertions,
  labSamlIdps,
  labSamlUsers,
  outboundIssuers,
  buckets,
  instances,
  delegationPartners,
] as unknown as readonly AnyKind[]
const OF_ALL = [
  organizations,
  labIssuers,
  partnerBoundaries,
  delegationRequests,
  delegationNotices,
] as unknown as readonly AnyKind[]

interface SavedObject {
  readonly row: ObjectRow
  readonly bytes: readonly Uint8Array[]
}

interface Saved {
  readonly accounts: readonly Account[]
  readonly rows: readonly { readonly kind: AnyKind; readonly account: string; readonly row: never }[]
  readonly objects: readonly SavedObject[]
}

/** Remembers the present state. @returns the function that brings it back */
export async function rememberState(core: Core): Promise<() => Promise<void>> {
  const saved = await core.store.read((reader) => save(reader))
  const objects = await saveObjects(core, saved)
  return async () => {
    await clearObjects(core)
    await restoreRows(core, saved)
    await restoreObjects(core, objects)
    core.clock.restore()
    core.platform.journal.clear()
  }
}

async function save(reader: Reader): Promise<Omit<Saved, 'objects'>> {
  const all = await reader.list(accounts, EVERYWHERE)
  const places = [
    ...all.flatMap(({ id }) => OF_ACCOUNT.map((kind) => ({ kind, account: id as string }))),
    ...OF_ALL.map((kind) => ({ kind, account: EVERYWHERE })),
  ]
  const rows: { kind: AnyKind; account: string; row: never }[] = []
  for (const { kind, account } of places)
    for (const row of await reader.list(kind, account)) rows.push({ kind, account, row })
  return { accounts: all, rows }
}

async function restoreRows({ store }: Core, saved: Omit<Saved, 'objects'>): Promise<void> {
  const now = await store.read((reader) => save(reader))
  const touched = new Set([EVERYWHERE, ...saved.accounts.map(({ id }) => id), ...now.accounts.map(({ id }) => id)])
  await store.write([...touched], async (writer) => {
    const present = await save(writer)
    for (const { kind, account, row } of present.rows) await writer.remove(kind, account, kind.key(row))
    await restoreAccounts(writer, saved.accounts, present.accounts)
    for (const { kind, account, row } of saved.rows) await writer.put(kind, account, row)
  })
}

/** A raised generation ends the sessions that were issued since: their secrets no longer follow from their tokens. */
async function restoreAccounts(writer: Writer, saved: readonly Account[], present: readonly Account[]): Promise<void> {
  const generations = new Map(present.map((account) => [account.id, account.sessionGeneration]))
  for (const account of present) await writer.remove(accounts, EVERYWHERE, account.id)
  for (const account of saved)
    await writer.put(accounts, EVERYWHERE, {
      ...account,
      sessionGeneration: (generations.get(account.id) ?? account.sessionGeneration) + 1,
    })
}

const OBJECTS_PAGE = 1000

async function* objectsOf({ store }: Core, bucket: string): AsyncIterable<ObjectRow> {
  let after: string | undefined
  for (;;) {
    const page = await store.objects.list(bucket, { limit: OBJECTS_PAGE, ...(after === undefined ? {} : { after }) })
    yield* page
    const last = page.at(-1)
    if (page.length < OBJECTS_PAGE || last === undefined) return
    after = last.key
  }
}

async function bucketNames({ store }: Core): Promise<readonly string[]> {
  return store.read(async (reader) => {
    const names: string[] = []
    for (const { id } of await reader.list(accounts, EVERYWHERE))
      names.push(...(await reader.list(buckets, id)).map((bucket) => bucket.name))
    return names
  })
}

async function saveObjects(core: Core, saved: Omit<Saved, 'objects'>): Promise<readonly SavedObject[]> {
  const objects: SavedObject[] = []
  for (const { kind, row } of saved.rows) {
    if ((kind as unknown) !== buckets) continue
    for await (const object of objectsOf(core, (row as unknown as { name: string }).name))
      objects.push({ row: object, bytes: await bytesOf(core.platform.blobs, object.blobId) })
  }
  return objects
}

async function bytesOf(blobs: Blobs, id: string): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of blobs.read(id)) chunks.push(chunk)
  return chunks
}

async function clearObjects(core: Core): Promise<void> {
  for (const bucket of await bucketNames(core)) {
    const keys: string[] = []
    for await (const object of objectsOf(core, bucket)) keys.push(object.key)
    if (keys.length > 0) await core.store.objects.deleteMany(bucket, keys)
  }
}

async function restoreObjects({ store, platform }: Core, objects: readonly SavedObject[]): Promise<void> {
  for (const { row, bytes } of objects) {
    const { id } = await platform.blobs.put(bytesAsStream(bytes))
    await store.objects.put({ ...row, blobId: id })
  }
}

async function* bytesAsStream(bytes: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* bytes
}
