/** `understudy token mint`: a token of the federation lab, or the variables of a job that asks for its own. */
import type { CommandBody, CommandInput, Terminal } from './command.ts'
import { CommandFailure, UsageError, flag, textOption } from './command.ts'
import { adminClient, errorMessage } from './client.ts'
import { durationMilliseconds } from './duration.ts'
import { at, textAt } from './answer.ts'

/** Option → member of the request. */
const KINDS: ReadonlyMap<string, readonly (readonly [option: string, member: string])[]> = new Map([
  [
    'github',
    [
      ['repo', 'repo'],
      ['ref', 'ref'],
      ['event', 'event'],
      ['environment', 'environment'],
      ['workflow', 'workflow'],
      ['job-workflow-ref', 'jobWorkflowRef'],
      ['actor', 'actor'],
      ['sha', 'sha'],
      ['owner-id', 'ownerId'],
      ['repository-id', 'repositoryId'],
      ['subject', 'subject'],
    ],
  ],
  [
    'kubernetes',
    [
      ['namespace', 'namespace'],
      ['service-account', 'serviceAccount'],
      ['pod', 'pod'],
    ],
  ],
  ['oidc', []],
])
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  github: ['repo'],
  kubernetes: ['namespace', 'service-account'],
}

export const token: CommandBody = async (input, terminal) => {
  const body = requestBody(input)
  if (flag(input, 'job')) return printJob(body, input, terminal)
  const client = adminClient(input, terminal)
  const { status, body: answer } = await client.call('lab/token', { method: 'POST', body })
  if (status === 404) throw new CommandFailure(errorMessage(answer) ?? 'this server has no lab.')
  terminal.out(flag(input, 'json') ? JSON.stringify(answer, undefined, 2) : textAt(answer, 'token'))
  return 0
}

const VARIABLES = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'] as const

/** Lines for a shell, as `env` prints them. */
async function printJob(body: object, input: CommandInput, terminal: Terminal): Promise<0> {
  const { body: answer } = await adminClient(input, terminal).call('lab/job', { method: 'POST', body })
  const variables = at(answer, 'variables')
  if (flag(input, 'json')) terminal.out(JSON.stringify(variables, undefined, 2))
  else for (const name of VARIABLES) terminal.out(`export ${name}='${textAt(variables, name)}'`)
  return 0
}

/** @throws UsageError */
function requestBody(input: CommandInput): object {
  const given = input.positionals[1] ?? ''
  const kind = given === 'k8s' ? 'kubernetes' : given
  const members = KINDS.get(kind)
  if (members === undefined) throw new UsageError(`\`token mint\` knows github, kubernetes and oidc, not \`${given}\`.`)
  for (const name of NEEDED[kind] ?? [])
    if (textOption(input, name) === undefined) throw new UsageError(`\`token mint ${kind}\` needs \`--${name}\`.`)
  for (const [other, options] of KINDS)
    for (const [name] of options)
      if (other !== kind && textOption(input, name) !== undefined)
        throw new UsageError(`\`--${name}\` belongs to \`token mint ${other}\`.`)
  if (flag(input, 'job') && kind !== 'github') throw new UsageError('`--job` belongs to `token mint github`.')
  const texts = members.flatMap(([option, member]) => {
    const value = textOption(input, option)
    return value === undefined ? [] : [[member, value] as const]
  })
  const life = textOption(input, 'expires')
  const issuer = textOption(input, 'issuer')
  // A job names the audience itself when it asks.
  const audience = textOption(input, 'audience') ?? (flag(input, 'job') ? undefined : 'sts.amazonaws.com')
  return {
    kind,
    ...Object.fromEntries(texts),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    ...(life === undefined ? {} : { expiresInSeconds: lifeSeconds(life) }),
    ...claimsOf(input),
  }
}

const lifeSeconds = (text: string): number => {
  const isPast = text.startsWith('-')
  const seconds = Math.floor(durationMilliseconds(isPast ? text.slice(1) : text) / 1000)
  return isPast ? -seconds : seconds
}

function claimsOf(input: CommandInput): { readonly claims?: Readonly<Record<string, unknown>> } {
  const given = input.values['claim']
  const list = Array.isArray(given) ? given.map(String) : []
  const claims: Record<string, unknown> = {}
  for (const text of list) {
    const at = text.indexOf('=')
    if (at <= 0) throw new UsageError(`\`--claim ${text}\` must be NAME=VALUE.`)
    claims[text.slice(0, at)] = jsonOrText(text.slice(at + 1))
  }
  const sub = textOption(input, 'sub')
  if (sub !== undefined) claims['sub'] = sub
  return Object.keys(claims).length === 0 ? {} : { claims }
}

/** `["a"]`, `{"a":1}`, `1`, `true` and `null` are what they look like; everything else is text. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
