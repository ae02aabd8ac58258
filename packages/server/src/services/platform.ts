/** What operations may use beyond the store: built once in `main.ts`. */
import type { CredentialIssuer } from '../credentials/issuer.ts'
import type { TradeInTokens } from '../credentials/trade-in-token.ts'
import type { Vault } from '../credentials/vault.ts'
import type { EncodedMessages } from '../authorization/encoded-message.ts'
import type { Journal } from '../authorization/journal.ts'
import type { ManagedPolicyCatalogue } from '../entities/managed-policy-catalogue.ts'
import type { Chance } from '../domain/chance.ts'
import type { Clock } from '../domain/clock.ts'
import type { WebIdentities } from '../federation/oidc/web-identity.ts'
import type { Blobs } from '../blobs/port.ts'
import type { ObjectStore } from '../store/port.ts'

export interface Platform {
  readonly chance: Chance
  readonly clock: Clock
  readonly issuer: CredentialIssuer
  readonly vault: Vault
  readonly journal: Journal
  /** Encoded authorization messages. */
  readonly messages: EncodedMessages
  /** Trade-in tokens of IAM temporary delegation. */
  readonly tradeIns: TradeInTokens
  /** AWS's managed policies by ARN. */
  readonly catalogue: ManagedPolicyCatalogue
  readonly webIdentities: WebIdentities
  readonly blobs: Blobs
  readonly objects: ObjectStore
  /** `--saml strict`: refuse in assertions what AWS lets pass. */
  readonly samlStrict: boolean
  /** Leniencies in force, by name of their option. */
  readonly leniencies: ReadonlySet<string>
}
