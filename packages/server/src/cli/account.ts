/** `understudy account create`: a new account with its administrator. */
import type { CommandBody } from './command.ts'
import { flag, textOption } from './command.ts'
import { adminClient } from './client.ts'
import { textAt } from './answer.ts'

export const account: CommandBody = async (input, terminal) => {
  const id = textOption(input, 'id')
  const name = textOption(input, 'name')
  const { body } = await adminClient(input, terminal).call('accounts', {
    method: 'POST',
    body: { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) },
  })
  if (flag(input, 'json')) {
    terminal.out(JSON.stringify(body, undefined, 2))
    return 0
  }
  terminal.out(`account            ${textAt(body, 'accountId')}`)
  terminal.out(`access key id      ${textAt(body, 'accessKeyId')}`)
  terminal.out(`secret access key  ${textAt(body, 'secretAccessKey')}`)
  terminal.out(`Use it in this shell: eval "$(understudy env --account ${textAt(body, 'accountId')})"`)
  return 0
}
