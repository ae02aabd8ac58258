/**
 * Builds a server once, from its options: store, keys, services, listeners. Nothing else in the product makes these; tests,
 * `start` and `demo` all come through here.
 */
import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { iamModel, s3Model, stsModel } from '@understudy/wire'
import { encodedMessages } from './authorization/encoded-message.ts'
import { journalRing } from './authorization/journal-ring.ts'
import { cachedBlobs } from './blobs/cache.ts'
import { openBlobs } from './blobs/open.ts'
import type { BlobsSpec } from './blobs/open.ts'
import type { Blobs } from './blobs/port.ts'
import { credentialIssuer } from './credentials/issuer.ts'
import { checkInstallation } from './credentials/installation.ts'
import { knownSessions } from './credentials/known-sessions.ts'
import type { KnownSessions } from './credentials/known-sessions.ts'
import { openSealingKeys, sealingKeys } from './credentials/sealing-keys.ts'
import { tradeInTokens } from './credentials/trade-in-token.ts'
import { openVault } from './credentials/vault.ts'
import { systemChance } from './domain/chance.ts'
import { monotonic, movableClock } from './domain/clock.ts'
import type { MovableClock } from './domain/clock.ts'
import { loadManagedPolicyCatalogue } from './entities/catalogue/load.ts'
import { EVERYWHERE, accounts } from './entities/iam.ts'
import { webIdentities } from './federation/oidc/web-identity.ts'
import { awsServer } from './http/listener.ts'
import type { Services } from './http/listener.ts'
import type { ServerParts } from './http/visit.ts'
import { iamOperations } from './services/iam/index.ts'
import type { Platform } from './services/platform.ts'
import { s3Operations } from './services/s3/index.ts'
import { stsOperations } from './services/sts/index.ts'
import { StoreRefused } from './store/errors.ts'
import { openStore } from './store/open.ts'
import type { StoreSpec } from './store/open.ts'
import type { Store } from './store/port.ts'

export type LogEvent = Readonly<Record<string, unknown>>

export interface CoreOptions {
  readonly store: StoreSpec
  /** Folder of the objects; absent for a server that forgets everything. With PostgreSQL, they are in the database. */
  readonly blobsFolder?: string
  /** 32 bytes from outside the data folder. */
  readonly outerKey: Uint8Array
  /** First part of decision ids. */
  readonly node: string
  readonly leniencies?: ReadonlySet<string>
  readonly samlStrict?: boolean
  readonly clock?: MovableClock
  readonly log: (event: LogEvent) => void
}

/** Everything but the listeners. */
export interface Core {
  readonly store: Store
  readonly platform: Platform
  readonly clock: MovableClock
  readonly services: Services
  readonly sessions: KnownSessions
  readonly serverParts: ServerParts
  readonly close: () => Promise<void>
}

/** How often a server looks whether its sealing key is old. */
const KEY_ROTATION_MILLISECONDS = 6 * 3_600_000

/** Names under which buckets appear as `<bucket>.<name>` beside AWS's own host names. */
const BASE_HOSTS = ['localhost', 's3.localhost']

/** @throws StoreRefused when the store cannot be opened, Error when the outer key is another one than at the first start */
export async function openCore(options: CoreOptions): Promise<Core> {
  const clock = options.clock ?? movableClock()
  const chance = systemChance
  const store = await openStore(options.store, { now: clock.wire, monotonic, chance: (count) => chance.bytes(count) })
  const closers: (() => Promise<void>)[] = [store.close]
  try {
    const blobs = cachedBlobs(await openedBlobs(options))
    closers.push(blobs.close)
    await blobs.sweep((ids) => store.objects.blobsInUse(ids))
    return await openCoreOn({ store, blobs }, clock, options)
  } catch (error) {
    // An open store has a thread and open blobs have connections, which would keep the process alive.
    for (const close of closers) await close()
    throw error
  }
}

async function openedBlobs({ store, blobsFolder }: CoreOptions): Promise<Blobs> {
  const beside: BlobsSpec = blobsFolder === undefined ? { kind: 'temporary' } : { kind: 'disk', folder: blobsFolder }
  try {
    return await openBlobs(store.kind === 'postgres' ? { kind: 'postgres', url: store.url } : beside, (count) =>
      systemChance.bytes(count),
    )
  } catch (error) {
    throw new StoreRefused('unusable', `The objects cannot be opened: ${(error as Error).message}`, error)
  }
}

interface Kept {
  readonly store: Store
  readonly blobs: Blobs
}

async function openCoreOn({ store, blobs }: Kept, clock: MovableClock, options: CoreOptions): Promise<Core> {
  const chance = systemChance
  const vault = openVault(options.outerKey, chance)
  await checkInstallation(store, vault)
  const keys = await openSealingKeys(store, { vault, chance, clock })
  const rotation = setInterval(() => {
    keys.rotate().catch((error: unknown) => options.log({ event: 'sealing keys not rotated', error: String(error) }))
  }, KEY_ROTATION_MILLISECONDS)
  rotation.unref()
  // A key of another node must be here before its first use, or the documents of instances would differ.
  const stopFollowing = store.onChange((_, touched) => {
    if (touched !== 'all' && !touched.some(({ kind }) => kind === sealingKeys.name)) return
    keys.reload().catch((error: unknown) => options.log({ event: 'sealing keys not read', error: String(error) }))
  })
  const generationOf = async (account: string): Promise<number> =>
    (await store.current().get(accounts, EVERYWHERE, account))?.sessionGeneration ?? 0
  const sessions = knownSessions()
  const platform: Platform = {
    chance,
    clock,
    vault,
    blobs,
    issuer: credentialIssuer({ keys, chance, clock, generationOf, onSession: sessions.remember }),
    journal: journalRing({ node: options.node, chance }),
    messages: encodedMessages(keys, chance),
    tradeIns: tradeInTokens(keys, chance),
    catalogue: loadManagedPolicyCatalogue(),
    webIdentities: webIdentities({
      now: clock.wire,
      privateIssuers: options.leniencies?.has('--private-issuers') ?? false,
    }),
    objects: store.objects,
    samlStrict: options.samlStrict ?? false,
    leniencies: options.leniencies ?? new Set(),
  }
  return {
    store,
    platform,
    clock,
    sessions,
    services: {
      sts: { model: stsModel(), operations: stsOperations },
      iam: { model: iamModel(), operations: iamOperations },
      s3: { model: s3Model(), operations: s3Operations },
    },
    serverParts: { store, platform, baseHosts: BASE_HOSTS, log: options.log },
    close: async () => {
      clearInterval(rotation)
      stopFollowing()
      await store.close()
      await blobs.close()
    },
  }
}

export interface Listening {
  /** `http://127.0.0.1:4566`, with the port that it really has. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** @param address `127.0.0.1:4566`; port 0 picks a free one. @throws Error when the address is taken or malformed */
export async function listenAws(core: Core, address: string): Promise<Listening> {
  return listen(awsServer(core.serverParts, core.services), address)
}

export async function listenConsole(handler: RequestListener, address: string): Promise<Listening> {
  return listen(createServer(handler), address)
}

async function listen(server: Server, address: string): Promise<Listening> {
  const { host, port } = hostAndPort(address)
  server.listen(port, host)
  await once(server, 'listening')
  const bound = server.address() as AddressInfo
  const shown = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return {
    url: `http://${shown}:${bound.port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), GRACE_MILLISECONDS).unref()
      }),
  }
}

/** Requests under way get this long when the server stops. */
const GRACE_MILLISECONDS = 2000

/** @throws Error for a text that is no `host:port` */
export function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw new Error(`\`${address}\` is no address: write host:port, such as 127.0.0.1:4566`)
  return { host: match[1] ?? match[2] ?? '', port }
}
