/** One request on its way through the pipeline: what is known of it so far, for the journal and for the answer. */
import type { AuditFile } from '../authorization/audit-file.ts'
import type { Instant } from '../domain/brands.ts'
import type { Platform } from '../services/platform.ts'
import type { Store } from '../store/port.ts'
import type { Exchange } from './exchange.ts'
import type { Trace } from './perform.ts'

export interface ServerParts {
  readonly store: Store
  readonly platform: Platform
  /** Names under which buckets appear as `<bucket>.<base>`, besides AWS's own. */
  readonly baseHosts: readonly string[]
  /** Where decisions are written to last; absent without an audit file. */
  readonly audit?: { readonly file: AuditFile; readonly required: boolean }
  readonly log: (event: Readonly<Record<string, unknown>>) => void
}

/** Filled in as it becomes known; read by the journal alone. */
export interface Note {
  service: string
  operation?: string
  accessKeyId?: string
  principal?: string
  /** The principal is the owner of the key that was named; the signature did not prove him. */
  claimed?: true
  account?: string
  /** Account that acts with delegated credentials. */
  delegate?: string
}

export interface Visit {
  readonly exchange: Exchange
  readonly parts: ServerParts
  /** Session time of arrival. */
  readonly now: Instant
  /** The host's Region, or the signing scope's on a bare address. */
  readonly region: string
  /** Region that the host names and the scope must agree with. */
  readonly hostRegion?: string | undefined
  readonly virtualBucket?: string | undefined
  readonly trace: Trace
  readonly note: Note
}
