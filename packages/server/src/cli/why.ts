/** `understudy why`: explains one decision of the server, by id, the last one, or from an encoded message. */
import type { Explanation } from '../services/admin/explanation.ts'
import type { AdminAnswer, AdminClient } from './client.ts'
import { adminClient, errorMessage } from './client.ts'
import { at, textAt } from './answer.ts'
import type { CommandBody, Terminal } from './command.ts'
import { CommandFailure, UsageError, flag } from './command.ts'

export const why: CommandBody = async (input, terminal) => {
  const [id] = input.positionals
  const client = adminClient(input, terminal)
  const { status, body } =
    id === '-' ? await fromMessage(client, terminal) : await client.call(`decisions/${encodeURIComponent(id ?? '')}`)
  if (status === 404) {
    terminal.err(`understudy: ${errorMessage(body) ?? 'there is no such decision.'}`)
    return 1
  }
  if (flag(input, 'encoded')) return printEncoded(client, body, terminal)
  if (flag(input, 'json')) terminal.out(JSON.stringify(body, undefined, 2))
  else await print(body, terminal)
  return 0
}

/** The message may be alone, or inside what a client printed around it. */
async function fromMessage(client: AdminClient, terminal: Terminal): Promise<AdminAnswer> {
  const text = await terminal.readInput()
  const [encoded] = text.match(/[A-Za-z0-9_-]{40,}/g)?.toSorted((a, b) => b.length - a.length) ?? []
  if (encoded === undefined) throw new UsageError('there is no encoded message on standard input.')
  return client.call('explain', { method: 'POST', body: { encodedMessage: encoded } })
}

async function printEncoded(client: AdminClient, body: unknown, terminal: Terminal): Promise<0 | 1> {
  const answer = await client.call(`decisions/${encodeURIComponent(textAt(body, 'decisionId'))}/encoded`)
  if (answer.status === 404) {
    terminal.err(`understudy: ${errorMessage(answer.body) ?? 'the decision has no encoded message.'}`)
    return 1
  }
  terminal.out(textAt(answer.body, 'encodedMessage'))
  return 0
}

async function print(body: unknown, terminal: Terminal): Promise<void> {
  if (at(body, 'layers') === undefined) {
    // The journal has forgotten the decision: the message itself is all that there is.
    terminal.out(JSON.stringify(body, undefined, 2))
    return
  }
  if (!isExplanation(body)) throw new CommandFailure('the server answered an explanation of another version.')
  const { explanationLines } = await import('./why-text.ts')
  for (const line of explanationLines(body, terminal)) terminal.out(line)
}

function isExplanation(body: unknown): body is Explanation {
  return (
    typeof at(body, 'decisionId') === 'string' &&
    ['layers', 'suggestions', 'questions', 'blocking'].every((name) => Array.isArray(at(body, name)))
  )
}
