/** Claims of a GitHub Actions job. GitHub Docs, "OpenID Connect reference". */
import { createHash } from 'node:crypto'
import { uuid } from '../../domain/chance.ts'
import { LabRefused } from './request.ts'
import type { Claims, GithubRun, Moment } from './request.ts'

/** How long such tokens live. */
const GITHUB_SECONDS = 900

/** @throws LabRefused for what is no repository or no subject template */
export function githubClaims(run: GithubRun, { now, chance }: Moment): Claims {
  const repository = /^([\w.-]+)\/([\w.-]+)$/.exec(run.repo)
  if (!repository) throw new LabRefused(`\`${run.repo}\` is no repository: write owner/name`)
  const [, owner = '', name = ''] = repository
  const event = run.event ?? 'push'
  const ref = fullRef(run.ref ?? (event === 'pull_request' ? 'refs/pull/1/merge' : 'refs/heads/main'))
  const workflow = run.workflow ?? 'ci'
  const workflowRef = `${run.repo}/.github/workflows/${workflow.replace(/\.ya?ml$/, '')}.yml@${ref}`
  const sha = run.sha ?? digest(`${run.repo} ${ref}`).toString('hex').slice(0, 40)
  const actor = run.actor ?? owner
  const claims: Claims = {
    jti: uuid(chance),
    ref,
    sha,
    repository: run.repo,
    repository_owner: owner,
    repository_id: run.repositoryId ?? numericId(run.repo),
    repository_owner_id: run.ownerId ?? numericId(owner),
    repository_visibility: 'private',
    run_id: numericId(`${run.repo} run`),
    run_number: '1',
    run_attempt: '1',
    runner_environment: 'github-hosted',
    actor,
    actor_id: numericId(actor),
    workflow,
    workflow_ref: workflowRef,
    workflow_sha: sha,
    job_workflow_ref: run.jobWorkflowRef ?? workflowRef,
    job_workflow_sha: sha,
    head_ref: event === 'pull_request' ? 'feature' : '',
    base_ref: event === 'pull_request' ? 'main' : '',
    event_name: event,
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: 'false',
    ...(run.environment === undefined ? {} : { environment: run.environment }),
    aud: `https://github.com/${owner}`,
    iat: now,
    nbf: now - GITHUB_SECONDS,
    exp: now + GITHUB_SECONDS,
  }
  return { ...claims, sub: subjectOf(run, { owner, name, claims }) }
}

const fullRef = (ref: string): string => (ref.startsWith('refs/') ? ref : `refs/heads/${ref}`)
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
/** The same name always has the same number. */
const numericId = (name: string): string => String((digest(name.toLowerCase()).readUInt32BE(0) % 900_000_000) + 1000)

interface Repository {
  readonly owner: string
  readonly name: string
  readonly claims: Claims
}

function subjectOf(run: GithubRun, { owner, name, claims }: Repository): string {
  const { subject = 'classic' } = run
  const context = contextOf(run, claims)
  if (subject === 'classic') return `repo:${owner}/${name}:${context}`
  if (subject === 'immutable')
    return `repo:${owner}@${claims['repository_owner_id']}/${name}@${claims['repository_id']}:${context}`
  return subject
    .split(',')
    .map((key) => templatePart(key.trim(), { context, repository: `${owner}/${name}`, claims }))
    .join(':')
}

function contextOf(run: GithubRun, claims: Claims): string {
  if (run.environment !== undefined) return `environment:${run.environment.replaceAll(':', '%3A')}`
  return claims['event_name'] === 'pull_request' ? 'pull_request' : `ref:${claims['ref']}`
}

function templatePart(
  key: string,
  from: { readonly context: string; readonly repository: string; readonly claims: Claims },
): string {
  if (key === 'repo') return `repo:${from.repository}`
  if (key === 'context') return from.context
  const value = from.claims[key]
  if (typeof value !== 'string')
    throw new LabRefused(`a subject is \`classic\`, \`immutable\`, or names of claims; \`${key}\` is none of them`)
  return `${key}:${value.replaceAll(':', '%3A')}`
}
