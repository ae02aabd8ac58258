/** Starts a whole server: data folder, core, first state, listeners, registration. Stops it again in the opposite order. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { explain } from '@understudy/policy'
import { openAuditFile } from '../authorization/audit-file.ts'
import type { AuditFile } from '../authorization/audit-file.ts'
import { forgetServer, registerServer } from '../cli/servers.ts'
import type { Environment } from '../cli/command.ts'
import { CommandFailure } from '../cli/command.ts'
import { version } from '../cli/version.ts'
import { labIssuers } from '../entities/federation.ts'
import { EVERYWHERE, accounts } from '../entities/iam.ts'
import { labSamlIdps, labSamlUsers } from '../entities/saml.ts'
import { startImds } from '../imds/service.ts'
import type { ImdsEvent, ImdsService } from '../imds/types.ts'
import { listenAws, listenConsole, openCore } from '../main.ts'
import type { Core, Listening } from '../main.ts'
import { writeCredentialsFile } from '../seed/credentials-file.ts'
import { adminHandler } from '../services/admin/handler.ts'
import { signInPath } from '../services/admin/saml-sign-in.ts'
import { StoreRefused } from '../store/errors.ts'
import type { StoreSpec } from '../store/open.ts'
import { openDataFolder } from './data-folder.ts'
import type { DataFolder } from './data-folder.ts'
import { fillFirst, seedParts } from './first-state.ts'
import { serviceAuthorization } from './service-authorization.ts'
import type { Log } from './log.ts'
import type { StartOptions } from './options.ts'
import { rememberState } from './reset.ts'

export interface RunningServer {
  readonly awsUrl: string
  readonly consoleUrl: string
  readonly data: DataFolder
  readonly instances: number
  /** Issuers that the federation lab plays, by their real names. */
  readonly lab: readonly string[]
  /** Addresses of the sign-in pages of the lab's SAML identity providers. */
  readonly signIns: readonly string[]
  readonly close: () => Promise<void>
}

/** @throws CommandFailure when something that the user can mend stands in the way */
export async function runServer(options: StartOptions, environment: Environment, log: Log): Promise<RunningServer> {
  const data = openDataFolder(options, environment)
  const closers: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    for (const step of closers.toReversed()) await step()
  }
  try {
    if (data.ephemeral) closers.push(() => rmSync(data.folder, { recursive: true, force: true }))
    const core = await openedCore(options, data, log)
    closers.push(core.close)
    const audit = await openAudit(options, data, log)
    if (audit) closers.push(audit.close)
    await fillFirst(core, options.seed)
    await writeCredentialsFile(data.credentialsFile, core.store, core.platform.vault)
    const imds = await startImds(imdsParts(options, core, log))
    closers.push(imds.close)
    const aws = await listening(listenAws(withAudit(core, audit, options), options.listen), options.listen)
    closers.push(aws.close)
    const consoleUrl = await openConsole({ options, data, core, imds, aws, log, closers, environment })
    return {
      awsUrl: aws.url,
      consoleUrl,
      data,
      instances: imds.list().length,
      lab: await playedNames(core),
      signIns: (await signInPaths(core)).map((path) => consoleUrl + path),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Every name that the lab plays: nobody must take its keys for the real ones. */
const playedNames = ({ store }: Core): Promise<readonly string[]> =>
  store.read(async (reader) => {
    const issuers = await reader.list(labIssuers, EVERYWHERE)
    const all = await reader.list(accounts, EVERYWHERE)
    const idps = await Promise.all(all.map(({ id }) => reader.list(labSamlIdps, id)))
    return [...issuers.map(({ issuer }) => issuer), ...idps.flat().map(({ entityId }) => entityId)]
  })

const signInPaths = ({ store }: Core): Promise<readonly string[]> =>
  store.read(async (reader) => {
    const all = await reader.list(accounts, EVERYWHERE)
    const users = await Promise.all(
      all.map(async ({ id }) => (await reader.list(labSamlUsers, id)).map((user) => signInPath(id, user.providerName))),
    )
    return [...new Set(users.flat())]
  })

async function openedCore(options: StartOptions, data: DataFolder, log: Log): Promise<Core> {
  try {
    return await openCore({
      store: storeSpec(options, data),
      ...(data.ephemeral ? {} : { blobsFolder: join(data.folder, 'blobs') }),
      outerKey: data.outerKey,
      node: data.serverId.slice(0, 6),
      leniencies: new Set(options.leniencies.keys()),
      samlStrict: options.samlStrict,
      log: log.write,
    })
  } catch (error) {
    if (error instanceof StoreRefused) throw new CommandFailure(error.message)
    throw error
  }
}

function storeSpec({ store }: StartOptions, data: DataFolder): StoreSpec {
  if (store.kind === 'ephemeral') return { kind: 'ephemeral' }
  return store.kind === 'postgres' ? { kind: 'postgres', url: store.url } : { kind: 'sqlite', folder: data.folder }
}

async function openAudit(options: StartOptions, data: DataFolder, log: Log): Promise<AuditFile | undefined> {
  if (data.ephemeral && options.auditFile === undefined) return undefined
  const file = options.auditFile ?? join(data.folder, 'audit.jsonl')
  try {
    return await openAuditFile({ file, onFailure: (error) => log.write({ event: 'audit line lost', error }) })
  } catch (error) {
    throw new CommandFailure(`the audit file \`${file}\` cannot be written: ${(error as Error).message}`)
  }
}

const withAudit = (core: Core, file: AuditFile | undefined, options: StartOptions): Core =>
  file === undefined
    ? core
    : { ...core, serverParts: { ...core.serverParts, audit: { file, required: options.auditRequired } } }

const imdsParts = (options: StartOptions, core: Core, log: Log): Parameters<typeof startImds>[0] => ({
  store: core.store,
  clock: core.clock,
  chance: core.platform.chance,
  issuer: core.platform.issuer,
  tokenKey: core.platform.vault.derive('instance metadata 1'),
  authorize: serviceAuthorization(core),
  log: (event: ImdsEvent) => log.write({ ...event, event: event.kind }),
  settings: {
    immediate: options.imdsImmediate,
    ...(options.imdsLifetimeSeconds === undefined ? {} : { lifetimeSeconds: options.imdsLifetimeSeconds }),
    ...(options.imdsPeriodSeconds === undefined ? {} : { periodSeconds: options.imdsPeriodSeconds }),
  },
})

interface ConsoleWork {
  readonly options: StartOptions
  readonly data: DataFolder
  readonly core: Core
  readonly imds: ImdsService
  readonly aws: Listening
  readonly log: Log
  readonly closers: (() => Promise<void> | void)[]
  readonly environment: Environment
}

/** The console listener comes last: who finds it ready finds everything ready. */
async function openConsole(work: ConsoleWork): Promise<string> {
  const { options, data, core, closers } = work
  const token = randomBytes(32).toString('base64url')
  let handler: ReturnType<typeof adminHandler> | undefined
  const console_ = await listening(
    listenConsole((request, response) => handler?.(request, response), options.console),
    options.console,
  )
  closers.push(console_.close)
  const reset = data.ephemeral ? await rememberState(core) : undefined
  handler = adminHandler({
    store: core.store,
    journal: core.platform.journal,
    explainEntry: (entry) => ({ ...entry, records: entry.questions.map(({ request, set }) => explain(request, set)) }),
    messages: core.platform.messages,
    clock: core.clock,
    clockMovable: options.movableClock,
    imds: work.imds,
    sessions: { issuer: core.platform.issuer, known: core.sessions, authorize: serviceAuthorization(core) },
    ...(reset === undefined ? {} : { reset: () => reset().then(work.imds.sync) }),
    seed: seedParts(core),
    token,
    hosts: ['127.0.0.1', 'localhost', 'console.localhost', '[::1]', hostOf(console_.url)],
    credentialsFile: data.credentialsFile,
    info: {
      version: version(),
      id: data.serverId,
      awsUrl: work.aws.url,
      consoleUrl: console_.url,
      pid: process.pid,
      store: options.store.kind,
      startedAt: new Date(core.clock.wire()).toISOString(),
      leniencies: [...options.leniencies.keys()],
    },
    log: (message, error) => work.log.write({ event: message, error }),
  })
  const entry = {
    url: console_.url,
    id: data.serverId,
    token,
    credentialsFile: data.credentialsFile,
    awsUrl: work.aws.url,
    pid: process.pid,
  }
  registerServer(entry, work.environment)
  closers.push(() => forgetServer(entry, work.environment))
  return console_.url
}

const hostOf = (url: string): string => new URL(url).hostname

/** A taken port is the user's to mend: say which. */
async function listening(started: Promise<Listening>, address: string): Promise<Listening> {
  try {
    return await started
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE')
      throw new CommandFailure(
        `${address} is taken by another program. Choose another address, or port 0 for a free one.`,
      )
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
      throw new CommandFailure(`${address} cannot be listened on: ${(error as Error).message}`)
    throw error
  }
}
