/** Reads what a token of the lab is asked for. */
import type { GithubRun, LabRequest, LabSubject } from '../../federation/lab/request.ts'
import { badRequest, onlyMembers, textMember } from './answers.ts'

type Body = Readonly<Record<string, unknown>>

const COMMON = ['kind', 'issuer', 'audience', 'expiresInSeconds', 'claims'] as const
const GITHUB = [
  'repo',
  'ref',
  'event',
  'environment',
  'workflow',
  'jobWorkflowRef',
  'actor',
  'sha',
  'ownerId',
  'repositoryId',
  'subject',
] as const

/** @throws AdminError 400 */
export function labRequest(body: Body): LabRequest {
  const issuer = textMember(body, 'issuer')
  const audience = textMember(body, 'audience')
  const { expiresInSeconds: life, claims } = body
  if (life !== undefined && !Number.isSafeInteger(life)) throw badRequest('`expiresInSeconds` must be a whole number.')
  if (claims !== undefined && (typeof claims !== 'object' || claims === null || Array.isArray(claims)))
    throw badRequest('`claims` must be an object.')
  return {
    subject: subjectOf(body),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    ...(life === undefined ? {} : { expiresInSeconds: Number(life) }),
    ...(claims === undefined ? {} : { claims: claims as Body }),
  }
}

function subjectOf(body: Body): LabSubject {
  const kind = textMember(body, 'kind')
  if (kind === 'github') {
    onlyMembers(body, ...COMMON, ...GITHUB)
    const texts = GITHUB.map((name) => [name, textMember(body, name)] as const).filter(
      ([, value]) => value !== undefined,
    )
    return { ...(Object.fromEntries(texts) as Omit<GithubRun, 'kind' | 'repo'>), kind, repo: needed(body, 'repo') }
  }
  if (kind === 'kubernetes') {
    onlyMembers(body, ...COMMON, 'namespace', 'serviceAccount', 'pod')
    const pod = textMember(body, 'pod')
    const names = { namespace: needed(body, 'namespace'), serviceAccount: needed(body, 'serviceAccount') }
    return { kind, ...names, ...(pod === undefined ? {} : { pod }) }
  }
  if (kind !== 'oidc') throw badRequest('`kind` must be `github`, `kubernetes` or `oidc`.')
  onlyMembers(body, ...COMMON)
  return { kind }
}

function needed(body: Body, name: string): string {
  const value = textMember(body, name)
  if (value === undefined) throw badRequest(`\`${name}\` is missing.`)
  return value
}
