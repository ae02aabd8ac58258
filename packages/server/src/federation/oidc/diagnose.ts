/**
 * Why a trust policy does not take a proved web identity: the code of `why`, and the decoded claims beside what the policy
 * wants. docs/diagnosis.md, `OIDC.*`. The wire says none of it.
 */
import { explain } from '@understudy/policy'
import type { ConditionRecord, Decision, PolicySet, RequestContext, StatementRecord } from '@understudy/policy'
import { claimKeysOf } from './condition-keys.ts'
import { difference, matches } from './patterns.ts'
import { githubSubject, originOf, serviceAccount, withoutIds } from './subjects.ts'
import type { ProvedIdentity } from './web-identity.ts'

export interface Diagnosis {
  readonly diagnosis?: string
  readonly note?: string
  readonly details?: Readonly<Record<string, unknown>>
}

interface Judged {
  readonly request: RequestContext
  readonly set: PolicySet
  readonly decision: Decision
}

/** What is wrong with one test, in a code and a sentence. */
interface Finding {
  readonly code: string
  readonly text: string
}

/** @param judged a question of the trust policy that was denied */
export function diagnoseTrust({ request, set }: Judged, identity: ProvedIdentity): Diagnosis {
  const record = explain(request, set)
  const trust = record.layers.find(({ layer }) => layer === 'trust')
  const details = { claims: identity.claims, claimsThatAreKeys: claimTable(identity) }
  const origin = originOf(identity.claims)
  const finding = trust === undefined || trust.verdict !== 'silent' ? undefined : findIn(trust.statements, identity)
  const note = [origin, finding?.text].filter((line) => line !== undefined).join('\n')
  return {
    ...(finding === undefined ? {} : { diagnosis: finding.code }),
    ...(note === '' ? {} : { note }),
    details,
  }
}

/** Which of the token's claims policies can see, and under which key; the others never become keys. */
function claimTable({ provider, claims }: ProvedIdentity): Readonly<Record<string, string>> {
  const keys = claimKeysOf(provider)
  return Object.fromEntries(
    Object.keys(claims).flatMap((claim) => {
      const found = keys.find((key) => key.claim === claim)
      if (found === undefined) return []
      const seen = found.seen === 'session' ? 'also in the session' : 'trust policy only'
      return [[claim, `${provider}:${found.key} (${seen})`]]
    }),
  )
}

/** The statement that fails on the fewest tests tells the most. */
function findIn(statements: readonly StatementRecord[], identity: ProvedIdentity): Finding | undefined {
  const allows = statements.filter(({ effect }) => effect === 'Allow')
  const named = allows.filter(({ failed }) => failed !== 'principal')
  if (named.length === 0)
    return {
      code: 'OIDC.PROVIDER_NOT_TRUSTED',
      text: `No statement of the trust policy names the provider \`${identity.providerArn}\` as its Federated principal.`,
    }
  const nearest = named.toSorted((a, b) => a.misses - b.misses).find(({ failed }) => failed === 'condition')
  if (nearest === undefined) return undefined
  const findings = nearest.conditions
    .filter(({ matched }) => !matched)
    .flatMap((condition) => findingOf(condition, identity) ?? [])
  const [first] = findings.toSorted((a, b) => rank(a.code) - rank(b.code))
  return first && { code: first.code, text: findings.map(({ text }) => text).join('\n') }
}

/** What to say first where several tests fail. */
const rank = (code: string): number => {
  if (code === 'OIDC.CLAIM_NOT_A_KEY') return 0
  return code.startsWith('OIDC.SUB') || code === 'OIDC.K8S_SUBJECT' ? 1 : 2
}

function findingOf(condition: ConditionRecord, identity: ProvedIdentity): Finding | undefined {
  const prefix = `${identity.provider.toLowerCase()}:`
  const key = condition.key.toLowerCase()
  if (!key.startsWith(prefix)) return foreignKey(condition, identity)
  const name = condition.key.slice(prefix.length)
  if (condition.absent) return absentKey(name, condition, identity)
  if (name.toLowerCase() === 'sub') return subjectFinding(condition, identity)
  const text = besides(name, condition)
  return name.toLowerCase() === 'aud'
    ? { code: 'OIDC.AUDIENCE', text: `${text}${partyHint(identity)}` }
    : { code: 'OIDC.CLAIM_MISMATCH', text }
}

const partyHint = ({ standard, provider }: ProvedIdentity): string =>
  standard.originalAudience === undefined
    ? ''
    : `\n\`${provider}:aud\` holds the token's \`azp\`; its \`aud\` is in \`${provider}:oaud\`.`

/** A key that is an issuer's, but not this one's. */
function foreignKey({ key }: ConditionRecord, { provider }: ProvedIdentity): Finding | undefined {
  const claim = /^(.+[./].+):([^:]+)$/.exec(key)
  if (!claim || /^(?:aws|sts|iam|saml):/i.test(key)) return undefined
  return {
    code: 'OIDC.CLAIM_NOT_A_KEY',
    text: `The policy tests \`${key}\`; the keys of this token begin with \`${provider}:\`, the issuer without https://.`,
  }
}

function absentKey(name: string, { key }: ConditionRecord, { provider, claims }: ProvedIdentity): Finding {
  const known = claimKeysOf(provider).map((row) => row.key)
  if (known.some((candidate) => candidate.toLowerCase() === name.toLowerCase()))
    return { code: 'OIDC.CLAIM_ABSENT', text: `The policy tests \`${key}\`, and the token has no such claim.` }
  const there = name in claims ? `The token has the claim \`${name}\`, but it` : `\`${name}\``
  return {
    code: 'OIDC.CLAIM_NOT_A_KEY',
    text: `${there} never becomes a condition key. Keys of this issuer: ${known.map((row) => `\`${provider}:${row}\``).join(', ')}.`,
  }
}

const isWild = ({ operator }: ConditionRecord): boolean => /Like/i.test(operator)

/** The claim, and each pattern beside it. */
function besides(name: string, condition: ConditionRecord): string {
  const received = condition.received.join(', ')
  const hint = !isWild(condition) && condition.wanted.some((value) => /[*?]/.test(value)) ? LITERAL_HINT : ''
  return [
    `  claim ${name}: \`${received}\``,
    ...condition.wanted.map(
      (pattern) => `  ${condition.operator} \`${pattern}\`: ${difference(pattern, received, isWild(condition))}`,
    ),
    ...(hint === '' ? [] : [hint]),
  ].join('\n')
}

const LITERAL_HINT = '  StringEquals takes `*` and `?` to the letter; StringLike takes them as wildcards.'

function subjectFinding(condition: ConditionRecord, { standard }: ProvedIdentity): Finding {
  const { subject } = standard
  const table = besides('sub', condition)
  const wild = isWild(condition)
  const say = (code: string, text: string): Finding => ({ code, text: `${text}\n${table}` })
  const account = serviceAccount(subject)
  if (account) return say('OIDC.K8S_SUBJECT', serviceAccountText(account, condition.wanted))
  if (condition.wanted.some((pattern) => matches(pattern, subject, { wild, fold: true })))
    return say('OIDC.SUB_CASE', 'The subject differs from the policy only in case, and case counts.')
  const token = githubSubject(subject)
  const patterns = condition.wanted.flatMap((pattern) => githubSubject(pattern) ?? [])
  if (!token || patterns.length === 0) return say('OIDC.SUB_MISMATCH', 'The subject is none that the policy takes.')
  const immutable = immutableText(subject, token.isImmutable, condition.wanted, patterns[0]?.isImmutable ?? false)
  if (immutable !== undefined) return say('OIDC.SUB_IMMUTABLE', immutable)
  const sameRepository = patterns.filter(({ repository }) => matches(repository, token.repository, { wild }))
  const [other] = sameRepository
  if (other && sameRepository.every(({ kind }) => kind !== token.kind))
    return say(
      'OIDC.SUB_EVENT',
      `This token came from a ${KIND_WORDS[token.kind]}; the policy takes a ${KIND_WORDS[other.kind]}.`,
    )
  return say(
    'OIDC.SUB_MISMATCH',
    other ? 'The repository fits, what follows does not.' : 'The policy names another repository.',
  )
}

const KIND_WORDS = {
  branch: 'run on a branch',
  tag: 'run on a tag',
  pull_request: 'pull_request run',
  environment: 'run in an environment',
  other: 'run with a subject of its own form',
} as const

function serviceAccountText(
  account: { readonly namespace: string; readonly name: string },
  wanted: readonly string[],
): string {
  const [first] = wanted.flatMap((pattern) => serviceAccount(pattern) ?? [])
  if (first === undefined) return 'The policy wants no subject of the form `system:serviceaccount:<namespace>:<name>`.'
  const parts = [
    ...(first.namespace === account.namespace
      ? []
      : [`the namespace is \`${account.namespace}\`, wanted \`${first.namespace}\``]),
    ...(first.name === account.name ? [] : [`the service account is \`${account.name}\`, wanted \`${first.name}\``]),
  ]
  return `In the subject ${parts.join(', and ')}.`
}

/** One side has the form with numeric ids, the other has not. */
function immutableText(
  subject: string,
  isImmutable: boolean,
  wanted: readonly string[],
  policyIsImmutable: boolean,
): string | undefined {
  if (isImmutable === policyIsImmutable) return undefined
  if (isImmutable) {
    const fits = wanted.some((pattern) => matches(pattern, withoutIds(subject), { wild: true }))
    const more = fits ? ' Without the ids it would fit.' : ''
    return (
      'GitHub sent the immutable subject, with the numeric ids of owner and repository (new, renamed, transferred and opted-in ' +
      `repositories since 2026-07-15); the policy has the classic form.${more} Pin it: \`${subject}\`. ` +
      'A pattern such as `repo:OWNER@*/REPO@*:…` gives up the protection against a recycled name.'
    )
  }
  return 'GitHub sent the classic subject, without numeric ids; the policy wants the immutable form with ids (`OWNER@ID/REPO@ID`).'
}
