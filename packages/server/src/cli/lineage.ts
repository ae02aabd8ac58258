/** `understudy lineage`: the chain of a session, newest hop last, as it was assumed. */
import { at, listAt, shown } from './answer.ts'
import { adminClient, errorMessage } from './client.ts'
import type { CommandBody } from './command.ts'
import { CommandFailure, flag } from './command.ts'

export const lineage: CommandBody = async (input, terminal) => {
  const [accessKeyId = ''] = input.positionals
  const { status, body } = await adminClient(input, terminal).call(`lineage/${encodeURIComponent(accessKeyId)}`)
  if (status === 404) throw new CommandFailure(errorMessage(body) ?? `nothing is known of \`${accessKeyId}\`.`)
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(body, undefined, 2))
    return 0
  }
  const { began, unknownHops } = body as { readonly began?: unknown; readonly unknownHops?: number }
  if (began !== undefined) terminal.out(`${shown(began, 'arn')}  (key ${shown(began, 'accessKeyId')})`)
  if (unknownHops !== undefined)
    terminal.out(`  → … ${unknownHops} hop${unknownHops === 1 ? '' : 's'} not known here any more`)
  for (const hop of listAt(body, 'hops').toReversed()) for (const line of hopLines(hop)) terminal.out(line)
  return 0
}

function hopLines(hop: unknown): readonly string[] {
  const { tags, transitiveTagKeys, sessionPolicies, scopePolicies } = hop as {
    readonly tags: Readonly<Record<string, string>>
    readonly transitiveTagKeys: readonly string[]
    readonly sessionPolicies: readonly string[]
    readonly scopePolicies: readonly string[]
  }
  const detail = (name: string, text: string): readonly string[] =>
    text === '' ? [] : [`      ${name.padEnd(18)}${text}`]
  const pairs = Object.entries(tags).map(
    ([key, value]) => `${key}=${value}${transitiveTagKeys.includes(key) ? ' (transitive)' : ''}`,
  )
  return [
    `  → ${shown(hop, 'arn')}  (key ${shown(hop, 'accessKeyId')}, ${shown(hop, 'proof')})`,
    ...detail('proved by', [optional(hop, 'provedBy'), optional(hop, 'subject')].filter(Boolean).join(', ')),
    ...detail('lives', `${shown(hop, 'issuedAt')} to ${shown(hop, 'expiresAt')}`),
    ...detail('delegated by', delegation(hop)),
    ...detail('source identity', optional(hop, 'sourceIdentity')),
    ...detail('tags', pairs.join(', ')),
    ...detail('session policies', sessionPolicies.join(' ')),
    ...detail('scoped by', scopePolicies.join(' ')),
    ...detail('MFA', optional(hop, 'mfa')),
  ]
}

function delegation(hop: unknown): string {
  const by = at(hop, 'delegation')
  return by === undefined ? '' : `request ${shown(by, 'requestId')} of account ${shown(by, 'requestor')}`
}

function optional(from: unknown, name: string): string {
  const value = (from as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value : ''
}
