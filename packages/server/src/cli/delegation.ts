/** `understudy delegation`: what AWS would publish to a partner's topic, which requests there are, and the end of an access. */
import { at, listAt, shown, textAt } from './answer.ts'
import { adminClient, errorMessage } from './client.ts'
import type { CommandBody, CommandInput, ExitCode, Terminal } from './command.ts'
import { CommandFailure, UsageError, flag, textOption } from './command.ts'

export const delegation: CommandBody = (input, terminal) => {
  const [verb, id] = input.positionals
  if (verb === 'notifications' && id === undefined) return notifications(input, terminal)
  if (verb === 'list' && id === undefined) return list(input, terminal)
  if (verb === 'revoke' && id !== undefined) return revoke(id, input, terminal)
  throw new UsageError('`delegation` takes `notifications`, `list`, or `revoke` with a request id.')
}

/** For people without the exchange tokens, which `--json` prints: a terminal keeps what it has shown. */
async function notifications(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const query = { channel: textOption(input, 'channel') }
  const { body } = await adminClient(input, terminal).call('delegation/notifications', { query })
  const messages = listAt(body, 'notifications')
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(messages, undefined, 2))
    return 0
  }
  for (const notice of messages) {
    const message: unknown = JSON.parse(textAt(notice, 'Message'))
    const token =
      at(message, 'ExchangeToken') === undefined ? '' : `  (the token: --json; it ends ${shown(message, 'ExpiresAt')})`
    terminal.out(
      `${textAt(notice, 'Timestamp')}  ${shown(message, 'Type')}  ${shown(message, 'State')}  ${shown(message, 'RequestId')}  ${shown(message, 'RequestorWorkflowId')}${token}`,
    )
  }
  return 0
}

async function list(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const { body } = await adminClient(input, terminal).call('delegation/requests')
  const requests = listAt(body, 'requests')
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(requests, undefined, 2))
    return 0
  }
  for (const row of requests) {
    const end = at(row, 'revokedAt') === undefined ? at(row, 'accessEnds') : `revoked ${shown(row, 'revokedAt')}`
    terminal.out(
      `${textAt(row, 'requestId')}  ${shown(row, 'state').padEnd(16)}  ${shown(row, 'requestor')} (${shown(row, 'requestorName')}) → ${shown(row, 'ownerAccount')}${typeof end === 'string' ? `  access: ${end}` : ''}`,
    )
  }
  return 0
}

async function revoke(id: string, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const path = `delegation/requests/${encodeURIComponent(id)}/revoke`
  const { status, body } = await adminClient(input, terminal).call(path, { method: 'POST', body: {} })
  if (status === 404) throw new CommandFailure(errorMessage(body) ?? `there is no delegation request \`${id}\`.`)
  terminal.out(flag(input, 'json') ? JSON.stringify(body, undefined, 2) : `The access of request ${id} has ended.`)
  return 0
}
