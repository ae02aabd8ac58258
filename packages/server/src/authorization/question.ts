/** The authorization question: what one operation wants to know before it goes on. */
import type { ContextValue, RequestFlags } from '@understudy/policy'
import type { Caller } from '../credentials/caller.ts'
import type { AccountId } from '../domain/brands.ts'
import type { PrincipalBindings } from '../entities/iam.ts'
import type { JudgedQuestion } from './journal.ts'

/** A policy that hangs on the resource: a bucket policy, or the trust policy of a role. */
export interface ResourcePolicy {
  readonly layer: 'resource' | 'trust'
  /** How explanations name it: `bucket policy of reports`, `trust policy of role Reader`. */
  readonly name: string
  readonly text: string
  readonly owner: AccountId
  /** Principals of the text, bound to unique ids when it was written. */
  readonly bindings?: PrincipalBindings
  /**
   * RestrictPublicBuckets is on and the policy is public: what it grants is for AWS services and for callers of the owner's
   * account only; everybody else is refused as by an explicit deny of this policy.
   */
  readonly restrictPublic?: boolean
}

export interface Ask {
  /** Who asks, where the operation itself has found out (a proved web identity or assertion); the request's caller when absent. */
  readonly caller?: Caller
  /** `iam:GetRole`. */
  readonly action: string
  /** ARN, or `*` where the action has no resource. */
  readonly resource: string
  /** Owner of the resource; the caller's account when absent. */
  readonly resourceAccount?: AccountId
  /** Condition keys beyond those that every request has, in any case: `{ 'iam:PermissionsBoundary': arn }`. An absent key is absent. */
  readonly context?: Readonly<Record<string, ContextValue | undefined>>
  readonly resourcePolicy?: ResourcePolicy
  /** How the refusal names the resource where AWS uses words: `role Reader`. The ARN when absent. */
  readonly shownAs?: string
  readonly flags?: RequestFlags
  /** What the operation knows better than the engine when the question is denied: `ASSUME.NO_SUCH_ROLE`. */
  readonly diagnosis?: string
  /** Plain words for the operator that go with the diagnosis. */
  readonly note?: string
  /** The same, found out from the refusal: called when the question was denied. What it leaves out stays as the engine says. */
  readonly whenDenied?: (judged: JudgedQuestion) => Pick<JudgedQuestion, 'diagnosis' | 'note' | 'details'>
  /** Headers that the refusal carries: `x-amz-bucket-region` of HeadBucket. */
  readonly refusalHeaders?: Readonly<Record<string, string>>
  /** The AWS refusal text is bare `Access Denied` (S3 in some cases), or the text without a reason clause (STS assume calls). */
  readonly message?: 'bare' | 'plain'
}

/** What `ask` answers: every question must be allowed; an empty list needs a reason why nothing has to be asked. */
export type Asks = readonly [Ask, ...Ask[]] | { readonly noQuestion: string }
