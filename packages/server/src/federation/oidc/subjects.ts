/** What the subject of a token says, for people: which run of GitHub Actions, which service account of Kubernetes. */
import { plainText } from './claims.ts'
import type { Claims } from './token.ts'

type RunKind = 'branch' | 'tag' | 'pull_request' | 'environment' | 'other'

/** A subject of GitHub Actions, or a pattern for one: `repo:octo-org/app:ref:refs/heads/main`. */
export interface GithubSubject {
  readonly repository: string
  /** Names carry their numeric ids: `octo-org@1234/app@5678`, since 2026-07-15 for new, renamed and transferred repositories. */
  readonly isImmutable: boolean
  readonly kind: RunKind
  /** What follows the repository. */
  readonly context: string
}

/** GitHub Docs, "OpenID Connect reference", section on subject claims. */
export function githubSubject(text: string): GithubSubject | undefined {
  const match = /^repo:([^:]+)(?::(.*))?$/i.exec(text)
  if (!match) return undefined
  const [, repository = '', context = ''] = match
  return { repository, isImmutable: /@[\d*?]/.test(repository), kind: kindOf(context), context }
}

function kindOf(context: string): RunKind {
  if (context.startsWith('ref:refs/heads/')) return 'branch'
  if (context.startsWith('ref:refs/tags/')) return 'tag'
  if (context === 'pull_request') return 'pull_request'
  return context.startsWith('environment:') ? 'environment' : 'other'
}

/** The subject without the ids of the immutable form. */
export const withoutIds = (subject: string): string =>
  subject.replace(/^(repo:[^:]*)/, (repo) => repo.replace(/@\d+/g, ''))

export interface ServiceAccount {
  readonly namespace: string
  readonly name: string
}

/** `system:serviceaccount:<namespace>:<name>`. Kubernetes documentation, "Authenticating". */
export function serviceAccount(text: string): ServiceAccount | undefined {
  const match = /^system:serviceaccount:([^:]*):(.*)$/.exec(text)
  return match ? { namespace: match[1] ?? '', name: match[2] ?? '' } : undefined
}

/** What kind of run or workload a token came from, in a sentence; `undefined` where the claims do not tell. */
export function originOf(claims: Claims): string | undefined {
  const text = (name: string) => plainText(claims[name])
  const account = serviceAccount(text('sub') ?? '')
  if (account)
    return `The token is of the Kubernetes service account \`${account.name}\` in the namespace \`${account.namespace}\`.`
  const repository = text('repository')
  if (repository === undefined) return undefined
  const event = text('event_name')
  const workflow = text('workflow')
  const environment = text('environment')
  const words = [
    `The token came from a ${event ?? 'GitHub Actions'} run of \`${repository}\``,
    ...(text('ref') === undefined ? [] : [` on \`${text('ref')}\``]),
    ...(environment === undefined ? [] : [` in the environment \`${environment}\``]),
    ...(workflow === undefined ? [] : [`, workflow \`${workflow}\``]),
  ]
  return `${words.join('')}.`
}
