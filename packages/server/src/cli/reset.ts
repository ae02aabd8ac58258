/** `understudy reset`: an ephemeral server as it was after its start. */
import type { CommandBody } from './command.ts'
import { flag } from './command.ts'
import { adminClient } from './client.ts'

export const reset: CommandBody = async (input, terminal) => {
  const { body } = await adminClient(input, terminal).call('reset', { method: 'POST', body: {} })
  terminal.out(flag(input, 'json') ? JSON.stringify(body) : 'The server is as it was after its start.')
  return 0
}
