/** What a token of the lab is asked for, and what every kind of claims shares. */
import type { Chance } from '../../domain/chance.ts'

export type Claims = Readonly<Record<string, unknown>>

/** A wish that cannot be met; told to whoever asked. */
export class LabRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LabRefused'
  }
}

export interface GithubRun {
  readonly kind: 'github'
  /** `owner/name`. */
  readonly repo: string
  /** `refs/heads/main`; a bare name is a branch. */
  readonly ref?: string
  /** `push` when absent. */
  readonly event?: string
  readonly environment?: string
  readonly workflow?: string
  /** Reusable workflow: `owner/name/.github/workflows/deploy.yml@refs/heads/main`. */
  readonly jobWorkflowRef?: string
  readonly actor?: string
  readonly sha?: string
  readonly ownerId?: string
  readonly repositoryId?: string
  /** `classic`, `immutable`, or claim names as the repository's template lists them: `repo,context,job_workflow_ref`. */
  readonly subject?: string
}

export interface KubernetesPod {
  readonly kind: 'kubernetes'
  readonly namespace: string
  readonly serviceAccount: string
  readonly pod?: string
}

interface GenericToken {
  readonly kind: 'oidc'
}

export type LabSubject = GithubRun | KubernetesPod | GenericToken

export interface LabRequest {
  readonly subject: LabSubject
  /** `https://issuer.example`; may be left out while the lab has one issuer of the kind. */
  readonly issuer?: string
  readonly audience?: string
  /** Seconds from now; negative for a token that has ended. */
  readonly expiresInSeconds?: number
  /** Win over all that is made up. */
  readonly claims?: Claims
}

/** What making up claims takes from outside. */
export interface Moment {
  /** Seconds since 1970, wire time. */
  readonly now: number
  readonly chance: Chance
}
