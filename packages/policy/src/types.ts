/**
 * The vocabulary of the engine: who asks, what for, which policies apply, and what was decided.
 * Everything here is plain data; the functions stand in the other files of this folder.
 */
import type { Candidates, StatementBody } from './compiled.ts'

/** Who asks. An absent fact (a service principal has no account) is an absent member, never an empty text. */
export type Principal =
  | { readonly kind: 'root'; readonly accountId: string; readonly arn: string }
  | { readonly kind: 'user'; readonly accountId: string; readonly arn: string; readonly userId: string }
  | {
      readonly kind: 'role-session'
      readonly accountId: string
      /** `arn:aws:sts::A:assumed-role/Role/session`, without the role's path. */
      readonly arn: string
      /** `AROA…:session`. */
      readonly userId: string
      /** The role's IAM ARN, with its path. */
      readonly roleArn: string
      /** ARN or name of the identity provider whose token or assertion began this session. */
      readonly provider?: string
    }
  | {
      readonly kind: 'federated-user'
      readonly accountId: string
      readonly arn: string
      readonly userId: string
      /** ARN of the user (or root) who called GetFederationToken. */
      readonly issuerArn: string
    }
  /** Somebody who has proved a web identity or a SAML assertion and asks for a role: no account of ours yet. */
  | { readonly kind: 'web-identity'; readonly provider: string; readonly providerArn?: string }
  | { readonly kind: 'saml'; readonly providerArn: string }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'anonymous' }

/** A condition key's value: text, or several texts for a multivalued key. An absent key is not in the map. */
export type ContextValue = string | readonly string[]

/** Condition keys in lower case → value. `aws:RequestTag/Team` stands as `aws:requesttag/team`. */
export type ConditionContext = ReadonlyMap<string, ContextValue>

/** One question: may this principal do this action on this resource, under these circumstances? */
export interface RequestContext {
  readonly principal: Principal
  /** `s3:GetObject`. */
  readonly action: string
  /** ARN, or `*` where the action has no resource. */
  readonly resource: string
  /** Account that owns the resource; absent where nobody does. */
  readonly resourceAccount?: string
  readonly context: ConditionContext
  /** Facts about the request that are no condition keys. */
  readonly flags?: RequestFlags
}

export interface RequestFlags {
  /** The caller's account is its organization's management account: SCPs do not bind it. */
  readonly managementAccount?: boolean
  readonly resourceInManagementAccount?: boolean
  readonly serviceLinkedRole?: boolean
  /** The user calls with credentials of GetSessionToken. Seen from `aws:TokenIssueTime` as well. */
  readonly sessionToken?: boolean
  /** The operation needs no permission (GetCallerIdentity, GetSessionToken). */
  readonly noPermissionRequired?: boolean
  /** The kind of credentials may not call this operation at all. */
  readonly stsRestriction?: boolean
}

/** A compiled policy and where it came from, so that a decision can name it. */
export interface AttachedPolicy {
  /** ARN of a managed policy, or a name that tells an inline one: `inline policy own-keys of role Reader`. */
  readonly name: string
  /** ARN when it is a managed policy, an SCP or an RCP. */
  readonly arn?: string
  /** Account that can change it. */
  readonly owner?: string
  readonly policy: CompiledPolicy
}

/** Every policy that takes part. `undefined` is a type that is not in use; an empty list is one that allows nothing. */
export interface PolicySet {
  readonly identity: readonly AttachedPolicy[]
  /** Bucket policy, key policy … of the resource. */
  readonly resource?: AttachedPolicy | undefined
  /** Trust policy of the role in `resource`, for sts:AssumeRole*, sts:TagSession and sts:SetSourceIdentity. */
  readonly trust?: AttachedPolicy | undefined
  readonly boundary?: AttachedPolicy | undefined
  readonly session?: readonly AttachedPolicy[] | undefined
  /** Policies of GetScopedCredentials: each of them is a ceiling of its own, reported as `session`. */
  readonly scopeDown?: readonly AttachedPolicy[] | undefined
  /** Levels from the organization's root down to the caller's account. */
  readonly scp?: readonly (readonly AttachedPolicy[])[] | undefined
  /** Levels from the root down to the resource's account. */
  readonly rcp?: readonly (readonly AttachedPolicy[])[] | undefined
  readonly vpce?: AttachedPolicy | undefined
  /** SCPs of the resource's account where that is another one than the caller's. */
  readonly resourceAccountScp?: readonly (readonly AttachedPolicy[])[] | undefined
}

export type LayerName = 'scp' | 'rcp' | 'vpce' | 'resource' | 'trust' | 'identity' | 'boundary' | 'session'

/** What granted (Allow), or what stood in the way (Deny). */
export type Reason =
  | 'identity'
  | 'resource'
  | 'identity+resource'
  | 'trust'
  | 'identity+trust'
  | 'root'
  | 'no-permission-required'
  | 'sts-restriction'
  | `explicit-deny:${LayerName}`
  | `implicit-deny:${LayerName}`

/** The quick answer, with no explanation built. */
export interface Decision {
  readonly effect: 'Allow' | 'Deny'
  readonly reason: Reason
  /** The policy of the deciding explicit deny, for messages that name it. */
  readonly denying?: AttachedPolicy
}

export interface ConditionRecord {
  readonly key: string
  /** Values received, after the engine's own reading; empty when `absent`. */
  readonly received: readonly string[]
  readonly operator: string
  /** Values wanted, with variables replaced. */
  readonly wanted: readonly string[]
  readonly matched: boolean
  readonly absent: boolean
}

export interface StatementRecord {
  readonly policy: string
  readonly policyArn?: string
  /** Account that can change the policy. */
  readonly owner?: string
  readonly sid?: string
  /** Position in the policy's list of statements, from 0. */
  readonly index: number
  /** Line of the statement in the document as given, from 1. */
  readonly line: number
  readonly effect: 'Allow' | 'Deny'
  readonly matched: boolean
  /** First test that failed, in the order principal, action, resource, condition; absent when the statement matched. */
  readonly failed?: 'principal' | 'action' | 'resource' | 'condition'
  /** How many of the tests failed: the smallest number is the nearest miss. */
  readonly misses: number
  readonly conditions: readonly ConditionRecord[]
}

export interface LayerRecord {
  readonly layer: LayerName
  readonly verdict: 'allowed' | 'denied' | 'silent'
  /** Level of an SCP or RCP, 0 is the organization's root. */
  readonly level?: number
  readonly statements: readonly StatementRecord[]
}

export interface Suggestion {
  /** Account that can make the change. */
  readonly owner?: string
  /** Policy to change; a name of a new policy where none is there to be changed. */
  readonly policy: string
  readonly layer: LayerName
  /** RFC 6902 operations on the policy document. */
  readonly patch: readonly {
    readonly op: 'add' | 'replace' | 'remove'
    readonly path: string
    readonly value?: unknown
  }[]
  /** Why the change opens more than this one request, where it does. */
  readonly warning?: string
}

/** The whole record: every layer, statement and condition that took part. */
export interface DecisionRecord extends Decision {
  /** In AWS order, those that took part. */
  readonly layers: readonly LayerRecord[]
  /** Every layer that stands in the way, first in AWS order. */
  readonly blocking: readonly LayerName[]
  /** Stable diagnosis code for a refusal: `IDENTITY.NO_ALLOW`, `TRUST.EXTERNAL_ID_MISSING`. */
  readonly code?: string
  readonly suggestions: readonly Suggestion[]
}

/** A policy made ready to be decided with. Its inside belongs to this package. */
export interface CompiledPolicy {
  readonly version: '2008-10-17' | '2012-10-17'
  readonly statements: readonly CompiledStatement[]
  /** The document as given, for explanations and positions. */
  readonly text: string
  /** Statements by action, as asked for so far: a memory of answers that never changes one. */
  readonly byAction: Map<string, Candidates>
}

/** Opaque outside this package; see `compile.ts`. */
export interface CompiledStatement extends StatementBody {
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
}
