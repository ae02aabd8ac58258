/** What the admin API is built from; `main.ts` gives it. */
import type { EncodedMessages } from '../../authorization/encoded-message.ts'
import type { ExplainedEntry, Journal, JournalEntry } from '../../authorization/journal.ts'
import type { Clock } from '../../domain/clock.ts'
import type { SeedParts } from '../../seed/work.ts'
import type { SessionAdmin } from './session-routes.ts'
import type { Store } from '../../store/port.ts'

/** What anybody with the operator's token may know of the server. */
interface ServerInfo {
  readonly version: string
  /** The server's own id. */
  readonly id: string
  /** Address of the AWS endpoint. */
  readonly awsUrl: string
  readonly consoleUrl: string
  readonly pid: number
  /** `sqlite`, `postgres` or `ephemeral`. */
  readonly store: string
  /** Wire time, ISO 8601. */
  readonly startedAt: string
  /** Leniencies in force, as start-up printed them. */
  readonly leniencies: readonly string[]
}

/** One metadata listener, as `imds list` prints it. */
interface ListedInstance {
  readonly instanceId: string
  readonly account: string
  /** `http://127.0.0.1:1338`: the address that it really has while it listens. */
  readonly address: string
  readonly listening: boolean
  readonly problem?: string
  readonly profile?: string
  readonly role?: string
  readonly httpTokens: string
  readonly nextRotation?: string
  readonly refusal?: string
}

/** The part of the metadata service that operators use. */
export interface ImdsAdmin {
  readonly list: () => readonly ListedInstance[]
  /** @throws Error when there is no such instance */
  readonly rotate: (instanceId: string) => Promise<void>
  /** Listeners as the instance rows say. */
  readonly sync: () => Promise<void>
}

export interface AdminParts {
  readonly store: Store
  readonly journal: Journal
  /** The records of an entry, made by the engine from what the entry keeps. */
  readonly explainEntry: (entry: JournalEntry) => ExplainedEntry
  readonly messages: EncodedMessages
  /** With `advance` where session time may be moved. */
  readonly clock: Clock & { readonly advance?: (milliseconds: number) => void }
  /** `--clock movable` was given. */
  readonly clockMovable: boolean
  readonly imds?: ImdsAdmin
  /** Lineage of sessions, and sessions of services. */
  readonly sessions?: SessionAdmin
  /** Only of an ephemeral server. */
  readonly reset?: () => Promise<void>
  readonly seed: SeedParts
  /** The operator's token. */
  readonly token: string
  /** Host names that the listener answers to, without ports: `127.0.0.1`, `console.localhost`. */
  readonly hosts: readonly string[]
  /** Rewritten after accounts were made or changed. */
  readonly credentialsFile?: string
  readonly info: ServerInfo
  /** Told of failures that are the server's own. */
  readonly log: (message: string, error: unknown) => void
}
