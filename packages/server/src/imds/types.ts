/** The words of the instance metadata service: what it is built from, what it offers, what it tells the log. */
import type { Ask } from '../authorization/question.ts'
import type { Caller } from '../credentials/caller.ts'
import type { CredentialIssuer } from '../credentials/issuer.ts'
import type { AccountId, Instant } from '../domain/brands.ts'
import type { Chance } from '../domain/chance.ts'
import type { Clock } from '../domain/clock.ts'
import type { Store } from '../store/port.ts'

/** How credentials were fetched, the value of `ec2:RoleDelivery`: `1.0` without a token, `2.0` under one. */
export type Delivery = '1.0' | '2.0'

/** The answer to "may EC2 assume this role?". `explanation` is shown to the workload when it is refused. */
export interface AssumeDecision {
  readonly allowed: boolean
  readonly decisionId: string
  readonly explanation?: string
}

/** What an operator can tune. `checkedSettings` fills in what is absent. */
export interface ImdsSettings {
  /** Least life of a published document, in seconds; 21,600 when absent. */
  readonly lifetimeSeconds?: number
  /** A new document is published this often, in seconds; 3,600 when absent. */
  readonly periodSeconds?: number
  /** Up to this many seconds are added to the life of a document; 2,100 with the usual life of six hours, else 0. */
  readonly jitterSeconds?: number
  /** Changes of roles and trust policies show at once, not at the next period. Not as AWS. */
  readonly immediate?: boolean
  /** Names accepted in `Host` beside the fixed ones. */
  readonly hostNames?: readonly string[]
  /** Listeners may bind `0.0.0.0` or `::`. */
  readonly wildcardBind?: boolean
  /** Requests per second and instance; 250 when absent, with bursts of twice as many. */
  readonly requestsPerSecond?: number
  /** Connections at the same time and instance; 128 when absent. */
  readonly connectionsMax?: number
}

/** Lines for the log and the audit file. None holds a secret or a token. */
export type ImdsEvent =
  | {
      readonly kind: 'credentials-read'
      readonly instanceId: string
      readonly account: AccountId
      /** Address and port of the reader. */
      readonly peer: string
      readonly delivery: Delivery
      readonly userAgent: string
      readonly role: string
      /** Key id handed out; absent when the failure document was. */
      readonly accessKeyId?: string
    }
  /** EC2 may not assume the role; once per period. */
  | {
      readonly kind: 'assume-refused'
      readonly instanceId: string
      readonly account: AccountId
      readonly role: string
      readonly reason: string
      readonly decisionId?: string
    }
  /** Our own trouble: the last good data was served, or 503. */
  | { readonly kind: 'fault'; readonly instanceId: string; readonly account: AccountId; readonly error: Error }
  | { readonly kind: 'listener'; readonly instanceId: string; readonly account: AccountId; readonly address: string }
  | {
      readonly kind: 'listener-failed'
      readonly instanceId: string
      readonly account: AccountId
      readonly address: string
      readonly problem: string
    }
  | { readonly kind: 'sync-failed'; readonly error: Error }

export interface ImdsParts {
  readonly store: Store
  readonly clock: Clock
  readonly chance: Chance
  readonly issuer: CredentialIssuer
  /** 32 bytes that all nodes share: tokens and published documents follow from it. */
  readonly tokenKey: Uint8Array
  readonly authorize: (caller: Caller, ask: Ask) => Promise<AssumeDecision>
  readonly log: (event: ImdsEvent) => void
  readonly settings?: ImdsSettings
}

/** Who fetched a document: for the console, which shows who still reads without tokens. */
export interface ImdsReader {
  /** Address without the port. */
  readonly peer: string
  readonly userAgent: string
  readonly lastReadAt: Instant
  readonly reads: number
}

/** One credential set that is being served. Times as shown to clients. */
export interface ImdsSet {
  readonly delivery: Delivery
  readonly accessKeyId: string
  readonly role: string
  readonly lastUpdated: string
  readonly expiration: string
  readonly readers: readonly ImdsReader[]
}

export interface ImdsListing {
  readonly instanceId: string
  readonly account: AccountId
  /** `http://127.0.0.1:1338`: the real one while it listens, else the wanted one. */
  readonly address: string
  readonly listening: boolean
  /** Why it does not listen. */
  readonly problem?: string
  /** Name of the associated profile. */
  readonly profile?: string
  /** Name of the role as last published. */
  readonly role?: string
  readonly httpTokens: 'optional' | 'required'
  readonly sets: readonly ImdsSet[]
  /** Start of the next period, as shown to clients. */
  readonly nextRotation: string
  /** Why EC2 may not assume the role, when that was the last decision. */
  readonly refusal?: string
}

export interface ImdsService {
  readonly list: () => readonly ImdsListing[]
  /** Starts, stops and restarts listeners so that they match the instance rows. Resolves when they do. */
  readonly sync: () => Promise<void>
  /** Publishes new documents now, as if a period began. @throws Error when there is no such instance */
  readonly rotate: (instanceId: string) => Promise<void>
  readonly close: () => Promise<void>
}
