/** `understudy imds`: instances and where their metadata answers; new credentials now. */
import type { CommandBody } from './command.ts'
import { CommandFailure, UsageError, flag } from './command.ts'
import { adminClient, errorMessage } from './client.ts'
import { listAt, shown } from './answer.ts'
import { table } from './table.ts'

export const imds: CommandBody = async (input, terminal) => {
  const [verb, instance] = input.positionals
  if (verb === 'list' && instance !== undefined) throw new UsageError('`imds list` takes no instance.')
  const client = adminClient(input, terminal)
  const { status, body } =
    verb === 'list'
      ? await client.call('imds')
      : await client.call('imds/rotate', {
          method: 'POST',
          body: instance === undefined ? {} : { instanceId: instance },
        })
  if (status === 404) throw new CommandFailure(errorMessage(body) ?? `there is no instance \`${instance ?? ''}\`.`)
  const listed = listAt(body, 'instances')
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(listed, undefined, 2))
    return 0
  }
  const rows = listed.map((row) => [
    ...['instanceId', 'accountId', 'address', 'instanceProfile', 'roleName', 'httpTokens'].map((name) =>
      shown(row, name),
    ),
    shown(row, 'problem'),
  ])
  if (rows.length === 0) terminal.out('No instances. A seed file makes some (docs/seed.md).')
  else terminal.out(table(['instance', 'account', 'address', 'profile', 'role', 'tokens', 'problem'], rows))
  return 0
}
