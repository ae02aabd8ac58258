/** `understudy export`: a seed file that makes the same accounts again. */
import type { CommandBody } from './command.ts'
import { CommandFailure, flag, textOption } from './command.ts'
import { adminClient, errorMessage } from './client.ts'
import { at, listAt } from './answer.ts'

export const exportCommand: CommandBody = async (input, terminal) => {
  const { status, body } = await adminClient(input, terminal).call('export', {
    query: { account: textOption(input, 'account') },
  })
  if (status === 404) throw new CommandFailure(errorMessage(body) ?? 'there is no such account.')
  const seed = at(body, 'seed')
  if (flag(input, 'json')) terminal.out(JSON.stringify(seed, undefined, 2))
  else {
    const { stringify } = await import('yaml')
    terminal.out(stringify(seed, { lineWidth: 120, compat: 'yaml-1.1' }).trimEnd())
  }
  for (const note of listAt(body, 'leftOut')) terminal.err(`left out: ${String(note)}`)
  return 0
}
