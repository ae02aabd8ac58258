/** Who a request comes from, after its signature (or its absence) was checked. */
import type { ContextValue, Principal } from '@understudy/policy'
import type { AccountId, Instant } from '../domain/brands.ts'

export interface SessionTag {
  readonly key: string
  readonly value: string
}

/** How a session came to be: which door, and what was proved there. */
export type SessionProof =
  | { readonly kind: 'assume-role' }
  /** The root user of a member account, for one task; the task's policy is the session's. */
  | { readonly kind: 'assume-root' }
  | {
      readonly kind: 'instance'
      readonly instanceArn: string
      readonly roleDelivery: '1.0' | '2.0'
      readonly vpcId: string
      readonly privateIp: string
    }
  | { readonly kind: 'session-token' }
  | { readonly kind: 'federation-token' }
  | { readonly kind: 'service'; readonly service: string; readonly sourceArn?: string; readonly sourceAccount?: string }
  | {
      readonly kind: 'web-identity'
      /** ARN of the provider, or the name of one that is built in. */
      readonly provider: string
      /** Condition keys in lower case, as the session keeps them. */
      readonly claims: Readonly<Record<string, ContextValue>>
    }
  | { readonly kind: 'saml'; readonly providerArn: string; readonly claims: Readonly<Record<string, string>> }
  | DelegationProof

/** The credentials of somebody who has accepted a request of IAM temporary delegation, in the hands of the requestor. */
export interface DelegationProof {
  readonly kind: 'delegation'
  readonly requestId: string
  /** Account that acts. */
  readonly requestor: AccountId
  /** Which of the scope policies is what was delegated. */
  readonly ceiling: number
  /** Requests by whose access the approver itself has acted: what was delegated to it ends for those behind it too. */
  readonly within?: readonly string[]
  /** How the approver's own session came to be; absent where long-term keys approved. */
  readonly approved?: Exclude<SessionProof, DelegationProof>
}

/** The proof of the identity whose permissions a session has: behind a delegation, that of the approver. */
export const identityProof = (session: SessionFacts): Exclude<SessionProof, DelegationProof> | undefined =>
  session.proof.kind === 'delegation' ? session.proof.approved : session.proof

/** One step of the chain that led to a session. */
export interface Hop {
  readonly arn: string
  readonly accessKeyId: string
}

/** What a session token seals. Times in milliseconds of session time, whole seconds. */
export interface SessionFacts {
  readonly accessKeyId: string
  readonly account: AccountId
  readonly issuedAt: Instant
  readonly expiresAt: Instant
  /** Whose permissions the session has. `id` is the unique id: a recreated namesake is somebody else. */
  readonly holder:
    | { readonly kind: 'role'; readonly name: string; readonly path: string; readonly id: string }
    | { readonly kind: 'user'; readonly name: string; readonly path: string; readonly id: string }
    | { readonly kind: 'root' }
  /** RoleSessionName, or the name of a federated user; absent for GetSessionToken. */
  readonly sessionName?: string
  /** Inline session policy documents and the ARNs of managed ones. */
  readonly sessionPolicies: readonly string[]
  readonly sessionPolicyArns: readonly string[]
  /** Policies of GetScopedCredentials, one for each time the session was scoped down: each is a ceiling of its own. */
  readonly scopePolicies?: readonly string[]
  readonly tags: readonly SessionTag[]
  readonly transitiveKeys: readonly string[]
  readonly sourceIdentity?: string
  /** When the code of a device was shown; absent without MFA. */
  readonly mfaAt?: Instant
  readonly proof: SessionProof
  /** First and last hop of the chain before this session, and how many there were. */
  readonly chain: { readonly first?: Hop; readonly last?: Hop; readonly length: number }
}

/** What a session as the identity that has accepted a delegation carries on: its session policies and ceilings stay in force. */
export interface ApproverSession extends Omit<
  SessionFacts,
  'accessKeyId' | 'issuedAt' | 'expiresAt' | 'proof' | 'chain' | 'scopePolicies'
> {
  readonly scopePolicies: readonly string[]
  readonly within?: DelegationProof['within']
  /** How the approver's own session came to be. */
  readonly approved?: DelegationProof['approved']
}

/** Where the caller's own policies are found. */
export type Caller =
  | { readonly kind: 'anonymous'; readonly principal: Principal }
  | {
      readonly kind: 'root'
      readonly principal: Principal
      readonly account: AccountId
      readonly accessKeyId: string
      readonly session?: SessionFacts
    }
  | {
      readonly kind: 'user'
      readonly principal: Principal
      readonly account: AccountId
      readonly userName: string
      readonly userId: string
      readonly accessKeyId: string
      /** Credentials of GetSessionToken: the same principal, another kind of credentials. */
      readonly session?: SessionFacts
    }
  | {
      readonly kind: 'role-session'
      readonly principal: Principal
      readonly account: AccountId
      readonly roleName: string
      readonly roleId: string
      readonly accessKeyId: string
      readonly session: SessionFacts
    }
  | {
      readonly kind: 'federated-user'
      readonly principal: Principal
      readonly account: AccountId
      /** The user who called GetFederationToken; absent when that was root. */
      readonly userName?: string
      readonly accessKeyId: string
      readonly session: SessionFacts
    }
  /** Somebody who has proved a web identity or a SAML assertion and asks for a role: nobody of any account yet. */
  | {
      readonly kind: 'federated'
      readonly principal: Extract<Principal, { readonly kind: 'web-identity' | 'saml' }>
      readonly providerArn: string
      /** The role's account, which is the provider's. Not the caller's: service control policies do not reach him. */
      readonly providerAccount: AccountId
    }
  /** An AWS service that acts on its own, such as EC2 assuming the role of an instance. */
  | {
      readonly kind: 'service'
      readonly principal: Principal
      readonly name: string
      readonly sourceArn?: string
      readonly sourceAccount?: AccountId
    }

/** A caller who has credentials, and so an account. */
export type SignedCaller = Extract<Caller, { readonly accessKeyId: string }>
