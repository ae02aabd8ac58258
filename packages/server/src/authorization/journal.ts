/**
 * The decision journal: every decision has an id, is kept in a ring bounded in bytes, and can be explained as long as it is
 * there. Secrets never enter it: an entry holds the request context, the policies and facts of the request, no header values.
 */
import type { Decision, DecisionRecord, PolicySet, RequestContext } from '@understudy/policy'
import type { Instant } from '../domain/brands.ts'

/** One authorization question and its answer. */
export interface JudgedQuestion {
  readonly request: RequestContext
  readonly set: PolicySet
  readonly decision: Decision
  /** Diagnosis that the server knows better than the engine: `ASSUME.NO_SUCH_ROLE`. */
  readonly diagnosis?: string
  readonly note?: string
  /** Facts for the operator: decoded claims. Never secrets. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** A refusal before any policy: signatures, unknown keys, expired tokens, bad input, missing entities. */
export interface Refusal {
  readonly code: string
  readonly status: number
  readonly message: string
  /** `AUTH.SIGNATURE_MISMATCH`, `REQUEST.INVALID` … */
  readonly diagnosis: string
  readonly explanation?: string
  /** Facts for the operator: our canonical request, the string to sign, the difference that explains the mismatch. */
  readonly details?: Readonly<Record<string, unknown>>
}

export interface JournalEntry {
  readonly decisionId: string
  readonly requestId: string
  /** Session time. */
  readonly at: Instant
  readonly service: string
  readonly operation?: string
  readonly accessKeyId?: string
  /** ARN of the caller, or `anonymous`. */
  readonly principal?: string
  /** Nothing proved that the caller is the principal: the signature did not fit. */
  readonly claimed?: boolean
  readonly account?: string
  /** Account that acts with credentials of IAM temporary delegation: CloudTrail's invokedByDelegate. */
  readonly delegate?: string
  readonly region?: string
  readonly clientIp: string
  readonly userAgent: string
  readonly questions: readonly JudgedQuestion[]
  readonly refusal?: Refusal
  /** Why nothing had to be asked. */
  readonly noQuestion?: string
  /** Revision of the picture that the decision used. */
  readonly revision?: string
}

export interface ExplainedEntry extends JournalEntry {
  readonly records: readonly DecisionRecord[]
}

export interface Journal {
  readonly newDecisionId: () => string
  readonly record: (entry: JournalEntry) => void
  /** By decision id or request id. */
  readonly find: (id: string) => JournalEntry | undefined
  /** The newest decision about a call to the AWS endpoint. */
  readonly last: () => JournalEntry | undefined
  /** The newest of them that was refused. */
  readonly lastRefusal: () => JournalEntry | undefined
  /** Newest first. */
  readonly recent: (limit: number) => readonly JournalEntry[]
  readonly onEntry: (listener: (entry: JournalEntry) => void) => () => void
  readonly clear: () => void
}
