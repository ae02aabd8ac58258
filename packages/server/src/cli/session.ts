/** `understudy session end`: credentials that have leaked stop working, one session's or all of an account's. */
import { listAt, numberAt, textAt } from './answer.ts'
import { adminClient, errorMessage } from './client.ts'
import type { CommandBody, CommandInput, ExitCode, Terminal } from './command.ts'
import { CommandFailure, UsageError, flag, textOption } from './command.ts'

export const session: CommandBody = (input, terminal) => {
  const [verb, accessKeyId] = input.positionals
  const account = textOption(input, 'account')
  if (verb !== 'end' || (accessKeyId === undefined) === (account === undefined))
    throw new UsageError('`session end` takes the access key id of a session, or `--account ID`.')
  return account === undefined ? endOne(accessKeyId ?? '', input, terminal) : endAll(account, input, terminal)
}

async function endOne(accessKeyId: string, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const body = await ended(`sessions/${encodeURIComponent(accessKeyId)}/end`, input, terminal)
  terminal.out(
    flag(input, 'json')
      ? JSON.stringify(body, undefined, 2)
      : `The session of ${textAt(body, 'accessKeyId')} has ended. Sessions that were assumed with it go on: \`understudy lineage\`.`,
  )
  return 0
}

async function endAll(account: string, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const body = await ended(`accounts/${encodeURIComponent(account)}/end-sessions`, input, terminal)
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(body, undefined, 2))
    return 0
  }
  terminal.out(
    `All sessions of account ${textAt(body, 'accountId')} have ended (generation ${numberAt(body, 'generation')}).`,
  )
  const instances = listAt(body, 'rotatedInstances')
  if (instances.length > 0) terminal.out(`Instances with new credentials: ${instances.join(' ')}`)
  const delegations = listAt(body, 'revokedDelegations')
  if (delegations.length > 0) terminal.out(`Delegations that were revoked: ${delegations.join(' ')}`)
  return 0
}

async function ended(path: string, input: CommandInput, terminal: Terminal): Promise<unknown> {
  const { status, body } = await adminClient(input, terminal).call(path, { method: 'POST', body: {} })
  if (status === 404 || status === 400) throw new CommandFailure(errorMessage(body) ?? `the server answered ${status}.`)
  return body
}
