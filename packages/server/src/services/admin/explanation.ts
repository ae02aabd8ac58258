/**
 * Explanations: a journal entry and its records as `understudy why --json` prints them. The form is a contract
 * (docs/cli.md, "why"): extend it freely, change it with a changelog star.
 */
import type { DecisionRecord, LayerRecord, StatementRecord, Suggestion } from '@understudy/policy'
import { dateOf } from '../../domain/brands.ts'
import type { ExplainedEntry, JournalEntry, JudgedQuestion } from '../../authorization/journal.ts'

export interface ShownCondition {
  readonly key: string
  readonly received: readonly string[]
  readonly operator: string
  readonly wanted: readonly string[]
  readonly matched: boolean
  readonly absent: boolean
}

export interface ShownStatement {
  readonly policy: string
  readonly policyArn?: string
  /** `null` for a statement without a Sid. */
  readonly sid: string | null
  readonly index: number
  readonly line: number
  readonly effect: 'Allow' | 'Deny'
  readonly matched: boolean
  /** First test that failed: principal, action, resource or condition. */
  readonly failed?: string
  readonly misses: number
  readonly conditions: readonly ShownCondition[]
}

export interface ShownLayer {
  readonly layer: LayerRecord['layer']
  readonly verdict: LayerRecord['verdict']
  readonly level?: number
  readonly statements: readonly ShownStatement[]
}

export interface ShownSuggestion {
  readonly owner?: string
  readonly policy: string
  readonly layer: LayerRecord['layer']
  readonly patch: Suggestion['patch']
  readonly warning?: string
}

/** One authorization question and its answer. */
export interface ShownQuestion {
  readonly verdict: 'Allow' | 'Deny'
  readonly kind?: 'explicit' | 'implicit'
  readonly code?: string
  readonly reason: string
  readonly note?: string
  /** Facts beside the note: the decoded claims of a token. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly principal: string
  readonly principalAccount?: string
  readonly action: string
  readonly resource: string
  readonly resourceAccount?: string
  /** Layers in the way, first in AWS order. */
  readonly blocking: readonly string[]
  readonly layers: readonly ShownLayer[]
  readonly suggestions: readonly ShownSuggestion[]
  /** Condition keys as they were. */
  readonly context: Readonly<Record<string, string | readonly string[]>>
}

/** A refusal as the caller saw it, and what only operators are told. */
export interface ShownRefusal {
  readonly error: string
  readonly status: number
  readonly message: string
  readonly explanation?: string
  readonly details?: Readonly<Record<string, unknown>>
}

export interface Explanation extends Omit<
  ShownQuestion,
  'reason' | 'context' | 'principalAccount' | 'resourceAccount'
> {
  readonly decisionId: string
  readonly requestId: string
  /** Session time, ISO 8601. */
  readonly at: string
  readonly service: string
  readonly operation?: string
  readonly accessKeyId?: string
  readonly account?: string
  readonly region?: string
  readonly clientIp: string
  readonly userAgent: string
  readonly reason?: string
  readonly noQuestion?: string
  readonly revision?: string
  readonly refusal?: ShownRefusal
  /** Every question of the request; the members above are those of the first that was denied, else of the first. */
  readonly questions: readonly ShownQuestion[]
}

/** A line of `tail` and of the list of decisions. */
export type DecisionSummary = Pick<
  Explanation,
  'decisionId' | 'requestId' | 'at' | 'verdict' | 'code' | 'principal' | 'action' | 'resource' | 'accessKeyId'
>

export function explanation(entry: ExplainedEntry): Explanation {
  const questions = entry.questions.map((question, index) => shownQuestion(question, entry.records[index]))
  const telling = questions.find((question) => question.verdict === 'Deny') ?? questions[0]
  const isDenied = entry.refusal !== undefined || telling?.verdict === 'Deny'
  const code = telling?.code ?? entry.refusal?.diagnosis
  return {
    ...head(entry, telling),
    verdict: isDenied ? 'Deny' : 'Allow',
    ...(telling?.kind === undefined ? {} : { kind: telling.kind }),
    ...(isDenied && code !== undefined ? { code } : {}),
    ...(telling?.note === undefined ? {} : { note: telling.note }),
    ...(telling?.details === undefined ? {} : { details: telling.details }),
    ...(telling?.reason === undefined ? {} : { reason: telling.reason }),
    blocking: telling?.blocking ?? [],
    layers: telling?.layers ?? [],
    suggestions: telling?.suggestions ?? [],
    ...(entry.refusal === undefined ? {} : { refusal: shownRefusal(entry.refusal) }),
    questions,
  }
}

/** Verdict and code of an entry, without its records: cheap enough for every request. */
export function outcome(entry: JournalEntry): { readonly verdict: 'Allow' | 'Deny'; readonly code?: string } {
  const denied = deniedQuestion(entry)
  if (entry.refusal === undefined && denied === undefined) return { verdict: 'Allow' }
  const code =
    denied === undefined ? entry.refusal?.diagnosis : (denied.diagnosis ?? reasonCode(denied.decision.reason))
  return { verdict: 'Deny', ...(code === undefined ? {} : { code }) }
}

const deniedQuestion = (entry: JournalEntry): JudgedQuestion | undefined =>
  entry.questions.find((question) => question.decision.effect === 'Deny')

/** Without the records: what happened, not why. */
export function summary(entry: JournalEntry): DecisionSummary {
  const telling = deniedQuestion(entry) ?? entry.questions[0]
  return {
    decisionId: entry.decisionId,
    requestId: entry.requestId,
    at: dateOf(entry.at).toISOString(),
    ...outcome(entry),
    principal: entry.principal ?? (telling === undefined ? 'unknown' : principalText(telling)),
    action: telling?.request.action ?? actionOf(entry),
    resource: telling?.request.resource ?? '*',
    ...(entry.accessKeyId === undefined ? {} : { accessKeyId: entry.accessKeyId }),
  }
}

function head(entry: JournalEntry, telling: ShownQuestion | undefined) {
  return {
    decisionId: entry.decisionId,
    requestId: entry.requestId,
    at: dateOf(entry.at).toISOString(),
    service: entry.service,
    ...(entry.operation === undefined ? {} : { operation: entry.operation }),
    principal: entry.principal ?? telling?.principal ?? 'unknown',
    ...(entry.accessKeyId === undefined ? {} : { accessKeyId: entry.accessKeyId }),
    ...(entry.account === undefined ? {} : { account: entry.account }),
    ...(entry.region === undefined ? {} : { region: entry.region }),
    action: telling?.action ?? actionOf(entry),
    resource: telling?.resource ?? '*',
    clientIp: entry.clientIp,
    userAgent: entry.userAgent,
    ...(entry.noQuestion === undefined ? {} : { noQuestion: entry.noQuestion }),
    ...(entry.revision === undefined ? {} : { revision: entry.revision }),
  }
}

const actionOf = (entry: JournalEntry): string => `${entry.service}:${entry.operation ?? '*'}`

const shownRefusal = (refusal: NonNullable<JournalEntry['refusal']>): ShownRefusal => ({
  error: refusal.code,
  status: refusal.status,
  message: refusal.message,
  ...(refusal.explanation === undefined ? {} : { explanation: refusal.explanation }),
  ...(refusal.details === undefined ? {} : { details: refusal.details }),
})

function shownQuestion(question: JudgedQuestion, record: DecisionRecord | undefined): ShownQuestion {
  const { request, decision } = question
  const isDenied = decision.effect === 'Deny'
  const code = question.diagnosis ?? record?.code ?? reasonCode(decision.reason)
  return {
    verdict: decision.effect,
    ...(isDenied
      ? { kind: decision.reason.startsWith('explicit-deny') ? ('explicit' as const) : ('implicit' as const) }
      : {}),
    ...(isDenied && code !== undefined ? { code } : {}),
    reason: decision.reason,
    ...(question.note === undefined ? {} : { note: question.note }),
    ...(question.details === undefined ? {} : { details: question.details }),
    principal: principalText(question),
    ...('accountId' in request.principal ? { principalAccount: request.principal.accountId } : {}),
    action: request.action,
    resource: request.resource,
    ...(request.resourceAccount === undefined ? {} : { resourceAccount: request.resourceAccount }),
    blocking: record?.blocking ?? [],
    layers: record?.layers.map(shownLayer) ?? [],
    suggestions: record?.suggestions.map(shownSuggestion) ?? [],
    context: Object.fromEntries(request.context),
  }
}

/** `implicit-deny:identity` → `IDENTITY.NO_ALLOW`: what is said where nothing more telling is known. */
function reasonCode(reason: string): string | undefined {
  const [kind, layer] = reason.split(':')
  if (layer !== undefined && kind === 'explicit-deny') return `${layer.toUpperCase()}.EXPLICIT_DENY`
  if (layer !== undefined && kind === 'implicit-deny') return `${layer.toUpperCase()}.NO_ALLOW`
  return reason === 'sts-restriction' ? 'SESSION.CREDENTIAL_KIND' : undefined
}

function principalText({ request: { principal } }: JudgedQuestion): string {
  if ('arn' in principal) return principal.arn
  if (principal.kind === 'service') return principal.name
  if (principal.kind === 'saml') return principal.providerArn
  return principal.kind === 'web-identity' ? (principal.providerArn ?? principal.provider) : 'anonymous'
}

const shownLayer = (record: LayerRecord): ShownLayer => ({
  layer: record.layer,
  verdict: record.verdict,
  ...(record.level === undefined ? {} : { level: record.level }),
  statements: record.statements.map(shownStatement),
})

const shownStatement = (record: StatementRecord): ShownStatement => ({
  policy: record.policy,
  ...(record.policyArn === undefined ? {} : { policyArn: record.policyArn }),
  sid: record.sid ?? null,
  index: record.index,
  line: record.line,
  effect: record.effect,
  matched: record.matched,
  ...(record.failed === undefined ? {} : { failed: record.failed }),
  misses: record.misses,
  conditions: record.conditions.map(({ key, received, operator, wanted, matched, absent }) => ({
    key,
    received,
    operator,
    wanted,
    matched,
    absent,
  })),
})

const shownSuggestion = (suggestion: Suggestion): ShownSuggestion => ({
  ...(suggestion.owner === undefined ? {} : { owner: suggestion.owner }),
  policy: suggestion.policy,
  layer: suggestion.layer,
  patch: suggestion.patch,
  ...(suggestion.warning === undefined ? {} : { warning: suggestion.warning }),
})
